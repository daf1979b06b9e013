"""The shape of the code, held by tests: rules.py says what is an offence, test_*.py that there is none, and that each
rule finds one that was planted for it."""
