"""`python -m stage1_single_node [redis.conf] [--port 6379 …]`: run the server of stage 1."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports below ends the process without a word

from stage1_single_node.running import main  # noqa: E402
from stage1_single_node.server import Server  # noqa: E402

if __name__ == "__main__":
    main(Server)
