"""CLIENT PAUSE: commands wait instead of being refused, so that nobody notices a planned change of roles but by time.

While a pause lasts, a command that it concerns is postponed: it waits with all that its connection sends after it, and
runs first when the pause is over. Pauses have purposes (the command CLIENT PAUSE is one; later stages have others), and
what is in force is the strictest that has not run out. The data stands still meanwhile: no key is expired or evicted.
Source: pauseClients and blockPostponeClient in Redis 7.0's networking.c and blocked.c.
"""

import asyncio

from stage1_single_node.blocking import LONGEST_TIMER_SECONDS, Blocked
from stage1_single_node.command import ANY, FLAGS, WRITE, Command
from stage1_single_node.resp import NO_REPLY

BY_COMMAND = "CLIENT PAUSE"  # the purpose of a pause that a client asked for
CHANGES = WRITE | FLAGS["may_replicate"]  # what a pause of writes concerns: PUBLISH too reaches the replicas


class Pause:
    """What is postponed on a server just now, and the clients that it makes wait, in order of arrival."""

    def __init__(self, server):
        self.server = server
        self.flags = 0  # commands with one of these flags wait
        self._ends: dict[str, tuple[int, int]] = {}  # by purpose: unix time in ms, flags
        self._waiting: dict = {}  # clients
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, purpose: str, until_ms: int, everything: bool) -> None:
        """Pause all commands, or those that change data; a pause in force for this purpose can only be extended."""
        ends, flags = self._ends.get(purpose, (0, 0))
        self._ends[purpose] = max(ends, until_ms), flags | CHANGES | (ANY if everything else 0)
        self._update()

    def end(self, purpose: str) -> None:
        """The purpose is served; what no other one holds back goes on."""
        self._ends.pop(purpose, None)
        self._update()

    def _update(self) -> None:
        now_ms = self.server.clock.unix_ms()
        self._ends = {purpose: end for purpose, end in self._ends.items() if end[0] > now_ms}
        before, self.flags = self.flags, 0
        for _, flags in self._ends.values():
            self.flags |= flags
        self.server.set_gate("pause", self.flags | FLAGS["skip_slowlog"] if self.flags else 0)  # EXEC has that flag
        self.server.keyspace.may_expire = self.server.may_expire()
        if self._timer:
            self._timer.cancel()
        if self._ends:
            seconds = (min(until_ms for until_ms, _ in self._ends.values()) - now_ms) / 1000
            self._timer = asyncio.get_running_loop().call_later(min(seconds, LONGEST_TIMER_SECONDS), self._update)
        if self.flags != before:
            self._resume()

    def concerns(self, client, command: Command) -> bool:
        """Must this command wait? Replicas never do: they only report how far they are."""
        flags = command.flags
        if command.name == "exec":
            for queued, _ in client.queue or ():
                flags |= queued.flags
        return bool(flags & self.flags) and client.kind != "replica"

    def postpone(self, client, argv: list[bytes]) -> object:
        """The command waits, and its client with it."""
        client.pending.append(argv)
        client.blocked = Postponed()
        self._waiting[client] = None
        return NO_REPLY

    def _resume(self) -> None:
        """Everybody tries again, in order; whom a pause still concerns is postponed again."""
        waiting, self._waiting = self._waiting, {}
        for client in waiting:
            if isinstance(client.blocked, Postponed):
                client.blocked = None
                asyncio.get_running_loop().call_soon(client.resume)


class Postponed(Blocked):
    """The client waits for the end of a pause, not for a key; CLIENT UNBLOCK does not concern it."""

    def __init__(self):
        super().__init__([], None, None, None)
