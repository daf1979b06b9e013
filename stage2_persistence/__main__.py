"""`python -m stage2_persistence [redis.conf] [--appendonly yes …]`: run the server of stage 2."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports below ends the process without a word

from stage1_single_node.running import main  # noqa: E402
from stage2_persistence.server import Server  # noqa: E402

if __name__ == "__main__":
    main(Server)
