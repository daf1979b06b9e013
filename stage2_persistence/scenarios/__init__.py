"""What breaks in stage 2, each scenario an async function for every engine: see inject_failure.py."""
