"""Stage 2: a single Redis node, and a disk. Start reading at README.md, then disk.py."""
