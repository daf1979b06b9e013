"""The tests. tests/stageN_x/ speak to a server over the wire alone and can be assigned; see their conftest.py."""
