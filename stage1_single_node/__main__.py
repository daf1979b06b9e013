"""`python -m stage1_single_node [redis.conf] [--port 6379 …]`: run the server of stage 1."""

from stage1_single_node.running import main
from stage1_single_node.server import Server

if __name__ == "__main__":
    main(Server)
