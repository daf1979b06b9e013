"""Stage 1's suite: what a client sees of a single Redis 7.0 server, over the wire only.

pytest tests/stage1_single_node                                          our server
pytest tests/stage1_single_node --target redis                           the real one: the control
pytest tests/stage1_single_node --target "./my-server --port {port}"     a student's, in any language
"""
