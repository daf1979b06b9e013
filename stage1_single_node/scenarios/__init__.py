"""What breaks in stage 1, each scenario an async function for every engine: see inject_failure.py."""
