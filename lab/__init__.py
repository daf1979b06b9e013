"""The laboratory: it starts servers, loads them, breaks them and judges what they kept.

The servers know nothing of it, and it imports no stage: programs are started by name.
"""
