"""Stage 1: a single Redis node, in memory. Start reading at README.md, then resp.py."""
