"""Ours and the real Redis side by side: the same commands, the same tools, the same answers.

pytest tests/interoperability --target redis       compares the real server with itself: the control of the comparison
"""
