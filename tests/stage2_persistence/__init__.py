"""Stage 2's suite: what outlives a server. Over the wire and in the files of its directory, as Redis 7.0 keeps them.

pytest tests/stage2_persistence                                          our server
pytest tests/stage2_persistence --target redis                           the real one: the control
pytest tests/stage2_persistence --target "./my-server --port {port}"     anybody's
"""
