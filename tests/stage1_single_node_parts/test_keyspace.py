"""Lazy expiry: who touches a key whose deadline has passed finds it gone, and the world hears of it once."""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stage1_single_node.keyspace import Database, Keyspace

KEYS = st.sampled_from([b"a", b"b", b"c"])


class KeysWithDeadlines(RuleBasedStateMachine):
    """One database beside a model: key → (value, deadline or None)."""

    def __init__(self) -> None:
        super().__init__()
        self.keyspace = Keyspace(1, Random(0))
        self.keyspace.now = 1000
        self.keyspace.on_expired = self.heard
        self.database = self.keyspace.databases[0]
        self.model: dict[bytes, tuple[bytes, int | None]] = {}
        self.expired: list[bytes] = []

    def heard(self, database: Database, key: bytes) -> None:
        _, deadline = self.model.pop(key)
        assert deadline is not None and deadline < self.keyspace.now
        self.expired.append(key)

    def alive(self, key: bytes) -> bytes | None:
        value, deadline = self.model.get(key, (None, None))
        return value if deadline is None or deadline >= self.keyspace.now else None

    @rule(milliseconds=st.integers(1, 20))
    def time_passes(self, milliseconds: int) -> None:
        self.keyspace.now += milliseconds

    @rule(key=KEYS, value=st.binary(max_size=2))
    def put(self, key: bytes, value: bytes) -> None:
        self.database.put(key, value)
        self.model[key] = (value, None)

    @rule(key=KEYS, milliseconds=st.integers(1, 30))
    def give_a_deadline(self, key: bytes, milliseconds: int) -> None:
        if self.database.write(key) is not None:
            deadline = self.keyspace.now + milliseconds
            self.database.set_deadline(key, deadline)
            self.model[key] = (self.model[key][0], deadline)

    @rule(key=KEYS, way=st.sampled_from(["read", "write", "look", "peek"]))
    def find(self, key: bytes, way: str) -> None:
        expected = self.alive(key)
        assert getattr(self.database, way)(key) == expected
        assert (key in self.database.data) == (expected is not None)

    @rule(key=KEYS)
    def delete(self, key: bytes) -> None:
        expected = self.alive(key) is not None
        assert self.database.delete(key) == expected
        self.model.pop(key, None)

    @rule()
    def the_expire_cycle_looks(self) -> None:
        for key in list(self.database.expires):
            self.database.is_gone(key)
        assert all(deadline is None or deadline >= self.keyspace.now for _, deadline in self.model.values())

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert self.database.data == {key: value for key, (value, _) in self.model.items()}
        assert self.database.expires == {key: deadline for key, (_, deadline) in self.model.items() if deadline}
        assert self.database.accessed.keys() <= self.database.data.keys()
        assert self.keyspace.expired_keys == len(self.expired)


TestKeysWithDeadlines = KeysWithDeadlines.TestCase
TestKeysWithDeadlines.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_server_that_may_not_expire_hides_the_key_and_can_still_delete_it() -> None:
    keyspace = Keyspace(1, Random(0))
    database = keyspace.databases[0]
    keyspace.now, keyspace.may_expire = 1000, False
    database.put(b"k", b"v")
    database.set_deadline(b"k", 500)

    assert database.read(b"k") is None
    assert b"k" in database.data
    assert database.delete(b"k")
    assert not database.expires


def test_a_value_put_over_an_expired_one_has_no_deadline() -> None:
    for may_expire in (True, False):
        keyspace = Keyspace(1, Random(0))
        database = keyspace.databases[0]
        keyspace.now, keyspace.may_expire = 1000, may_expire
        database.put(b"k", b"old")
        database.set_deadline(b"k", 500)

        database.put(b"k", b"new")

        assert database.read(b"k") == b"new"
        assert keyspace.expired_keys == may_expire
