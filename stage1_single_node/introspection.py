"""What a server knows about itself: statistics, the slow log, MONITOR, INFO."""


class Statistics:
    """Counters since the start, or since CONFIG RESETSTAT."""

    def __init__(self, now_ms: int):
        self.started_ms = now_ms
        self.commands = 0
        self.fast_calls = self.fast_usec = 0
        self.input_bytes = self.output_bytes = 0
        self.connections = self.rejected_connections = self.output_limit_disconnections = 0

    def batch(self, commands: int, elapsed_us: int) -> None:
        """A read was processed: so many commands in so much time."""
        self.commands += commands
        self.fast_usec += elapsed_us

    def sample(self, server, now_ms: int) -> None:
        """Called by cron: instantaneous rates."""


class SlowLog:
    """The last commands that took longer than slowlog-log-slower-than."""

    def note(self, server, client, command, argv, elapsed_us) -> None:
        """Remember a command if it was slow."""


def feed_monitors(server, client, command, argv) -> None:
    """MONITOR: show a command to those who watch."""


def info(server) -> dict[str, dict[str, object]]:
    """The sections of INFO."""
    return {"Server": {"redis_version": "7.0.15"}}
