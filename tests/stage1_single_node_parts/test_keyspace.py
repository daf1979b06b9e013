"""The keyspace by itself: values, deadlines, a clock that the test holds, and all who must hear of a change."""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stage1_single_node.errors import ReplyError
from stage1_single_node.keyspace import Keyspace


@pytest.fixture
def keyspace():
    keyspace = Keyspace(2, Random(0))
    keyspace.now = 1000
    return keyspace


@pytest.fixture
def db(keyspace):
    return keyspace.databases[0]


@pytest.fixture
def told(keyspace):
    """What observers hear: (database, key, class, event)."""
    told = []
    keyspace.observers.append(lambda database, key, kind, event: told.append((database.index, key, kind, event)))
    return told


# ── looking ──


def test_a_read_counts_as_hit_or_miss_and_remembers_the_access(keyspace, db):
    keyspace.second = 7
    db.put(b"k", b"v")
    keyspace.second = 8
    assert (db.read(b"k"), db.read(b"missing")) == (b"v", None)
    assert (keyspace.hits, keyspace.misses) == (1, 1)
    assert db.accessed == {b"k": 8}


def test_a_look_counts_but_is_no_access_and_a_peek_is_neither(keyspace, db):
    db.put(b"k", b"v")
    keyspace.second = 8
    assert (db.look(b"k"), db.look(b"missing")) == (b"v", None)
    assert (db.peek(b"k"), db.peek(b"missing")) == (b"v", None)
    assert (keyspace.hits, keyspace.misses) == (1, 1)
    assert db.accessed == {b"k": 0}


def test_an_empty_string_is_a_value(db):
    db.put(b"k", b"")
    assert db.read(b"k") == b"" and db.write(b"k") == b"" and db.delete(b"k")


def test_a_value_of_another_class_is_a_wrong_type(db):
    db.put(b"k", b"v")
    with pytest.raises(ReplyError, match="^WRONGTYPE "):
        db.read(b"k", dict)
    with pytest.raises(ReplyError, match="^WRONGTYPE "):
        db.write(b"k", dict)
    db.put(b"h", {})
    with pytest.raises(ReplyError, match="^WRONGTYPE "):
        db.read_string(b"h")
    with pytest.raises(ReplyError, match="^WRONGTYPE "):
        db.write_string(b"h")


def test_a_string_edited_in_place_is_read_as_bytes(db):
    db.put(b"k", bytearray(b"v"))
    assert type(db.read_string(b"k")) is bytes
    assert type(db.write_string(b"k")) is bytearray


def test_obtain_gives_what_is_there_or_puts_an_empty_one_in_place(db):
    made = db.obtain(b"h", dict)
    assert made == {} and db.data[b"h"] is made
    assert db.obtain(b"h", dict) is made


# ── deadlines ──


def test_a_key_lives_through_the_millisecond_of_its_deadline(keyspace, db):
    db.put(b"k", b"v")
    db.set_deadline(b"k", 1000)
    assert not db.has_expired(b"k") and db.read(b"k") == b"v"
    keyspace.now = 1001
    assert db.has_expired(b"k") and db.read(b"k") is None
    assert not db.data and not db.expires and not db.accessed
    assert keyspace.expired_keys == 1


@pytest.mark.parametrize("method", ["read", "look", "peek", "write"])
def test_whoever_looks_at_an_expired_key_removes_it_and_tells(keyspace, db, told, method):
    gone = []
    keyspace.on_expired = lambda database, key: gone.append((database.index, key))
    db.put(b"k", b"v")
    db.set_deadline(b"k", 999)
    told.clear()
    assert getattr(db, method)(b"k") is None
    assert told == [(0, b"k", "x", "expired")]
    assert gone == [(0, b"k")]


def test_a_server_that_may_not_expire_hides_the_key_and_keeps_it(keyspace, db):
    keyspace.may_expire = False
    db.put(b"k", b"v")
    db.set_deadline(b"k", 999)
    assert db.read(b"k") is None and db.write(b"k") is None
    assert db.data == {b"k": b"v"} and keyspace.expired_keys == 0


def test_putting_ends_a_time_to_live_and_replacing_keeps_it(db):
    for method in (db.replace, db.put):
        db.put(b"k", b"v")
        db.set_deadline(b"k", 5000)
        method(b"k", b"w")
        assert (b"k" in db.expires) is (method == db.replace)


def test_putting_over_an_expired_key_lets_it_expire_first(keyspace, db, told):
    db.put(b"k", b"v")
    db.set_deadline(b"k", 999)
    told.clear()
    db.put(b"k", b"w")
    db.changed(b"k", "$", "set")
    assert [event for *_, event in told] == ["expired", "new", "set"]
    assert db.read(b"k") == b"w" and keyspace.expired_keys == 1


def test_deleting_an_expired_key_deletes_nothing_but_removes_it(keyspace, db):
    db.put(b"k", b"v")
    db.set_deadline(b"k", 999)
    assert not db.delete(b"k")
    assert not db.data and not db.expires and keyspace.expired_keys == 1


# ── telling ──


def test_a_change_is_counted_and_told(keyspace, db, told):
    db.put(b"k", b"v")
    db.changed(b"k", "$", "set")
    db.changed(b"k", "g", "expire", 0)
    assert keyspace.dirty == 1
    assert told == [(0, b"k", "n", "new"), (0, b"k", "$", "set"), (0, b"k", "g", "expire")]


def test_a_collection_that_lost_its_last_element_is_deleted_and_told(db, told):
    value = db.obtain(b"h", dict)
    told.clear()
    value[b"f"] = 1
    db.delete_if_empty(b"h", value)
    assert db.data and not told
    value.clear()
    db.delete_if_empty(b"h", value)
    assert not db.data and told == [(0, b"h", "g", "del")]


def test_a_miss_is_told_to_who_asked_for_misses(keyspace, db):
    missed = []
    keyspace.on_missed = lambda database, key: missed.append(key)
    db.read(b"a")
    db.look(b"b")
    db.peek(b"c")
    db.write(b"d")
    assert missed == [b"a", b"b"]


def test_a_new_key_that_somebody_waits_for_is_ready_once(keyspace, db):
    db.waiting[b"k"] = {"somebody": None}
    db.add(b"k", [])
    db.put(b"k", [])  # not new any more
    db.put(b"other", [])
    assert keyspace.ready == [(db, b"k")]


# ── watching ──


class Watcher:
    """A client that watches the keys, as WATCH does it."""

    def __init__(self, db, *keys):
        self.watch_broken = False
        for key in keys:
            db.watchers.setdefault(key, {})[self] = db.has_expired(key)


def test_a_change_breaks_the_watches_of_its_key_alone(db):
    client, other = Watcher(db, b"k"), Watcher(db, b"other")
    db.put(b"k", b"v")
    db.changed(b"k", "$", "set")
    assert (client.watch_broken, other.watch_broken) == (True, False)


def test_expiry_is_a_change(keyspace, db):
    db.put(b"k", b"v")
    db.set_deadline(b"k", 1000)
    client = Watcher(db, b"k")
    keyspace.now = 1001
    db.read(b"k")
    assert client.watch_broken


def test_the_removal_of_a_key_that_had_expired_before_is_no_change_and_its_return_is(db):
    db.put(b"k", b"v")
    db.set_deadline(b"k", 999)
    client = Watcher(db, b"k")
    db.read(b"k")
    assert not client.watch_broken
    db.put(b"k", b"v")
    db.changed(b"k", "$", "set")
    assert client.watch_broken


def test_flushing_breaks_the_watches_of_keys_that_were_there(db):
    db.put(b"here", b"v")
    db.put(b"expired", b"v")
    db.set_deadline(b"expired", 999)
    clients = [Watcher(db, key) for key in (b"here", b"expired", b"missing")]
    assert db.flush() == 2
    assert [client.watch_broken for client in clients] == [True, False, False]


PRESENT, EXPIRED, MISSING = "present", "expired", "missing"


@pytest.mark.parametrize("before", [PRESENT, EXPIRED, MISSING])
@pytest.mark.parametrize("after", [PRESENT, EXPIRED, MISSING])
def test_swapping_breaks_a_watch_unless_there_was_no_key_and_is_none(keyspace, before, after):
    one, other = keyspace.databases
    for database, state in ((one, before), (other, after)):
        if state != MISSING:
            database.put(b"k", b"v")
            database.set_deadline(b"k", 999 if state == EXPIRED else None)
    client = Watcher(one, b"k")
    keyspace.swap(0, 1)
    assert client.watch_broken is (PRESENT in (before, after))
    one.read(b"k")  # removes it if it is expired, which is no change to the watcher either
    assert client.watch_broken is (PRESENT in (before, after))


def test_swapping_serves_who_waits_in_either(keyspace):
    one, other = keyspace.databases
    one.put(b"a", [])
    other.put(b"b", [])
    other.waiting[b"a"] = one.waiting[b"b"] = {"somebody": None}
    one.waiting[b"c"] = {"somebody": None}
    keyspace.swap(0, 1)
    assert sorted((database.index, key) for database, key in keyspace.ready) == [(0, b"b"), (1, b"a")]


def test_swapping_a_database_with_itself_changes_no_key(keyspace, db):
    db.put(b"k", b"v")
    client = Watcher(db, b"k")
    keyspace.swap(0, 0)
    assert db.data == {b"k": b"v"} and not client.watch_broken


# ── all of it, against a model ──


class KeyspaceIsADictionaryWithDeadlines(RuleBasedStateMachine):
    """The model is a dictionary of (value, deadline); an expired key is one that is not there."""

    keys = st.sampled_from([b"a", b"b", b"c"])
    values = st.sampled_from([b"", b"1", b"2"])
    which = st.sampled_from([0, 1])

    def __init__(self):
        super().__init__()
        self.keyspace = Keyspace(2, Random(0))
        self.keyspace.now = 1000
        self.models = [{}, {}]

    def living(self, which, key):
        """The model's (value, deadline), or None."""
        found = self.models[which].get(key)
        return found if found and (found[1] is None or found[1] >= self.keyspace.now) else None

    @rule(milliseconds=st.integers(0, 30))
    def time_passes(self, milliseconds):
        self.keyspace.now += milliseconds

    @rule(which=which, key=keys, value=values)
    def put(self, which, key, value):
        self.keyspace.databases[which].put(key, value)
        self.models[which][key] = (value, None)

    @rule(which=which, key=keys, value=values)
    def replace(self, which, key, value):
        database = self.keyspace.databases[which]
        deadline = (self.living(which, key) or (None, None))[1]
        database.peek(key)  # as commands do, which look before they replace
        database.replace(key, value)
        self.models[which][key] = (value, deadline)

    @rule(which=which, key=keys, milliseconds=st.one_of(st.none(), st.integers(0, 20)))
    def set_deadline(self, which, key, milliseconds):
        database = self.keyspace.databases[which]
        if database.peek(key) is not None:
            deadline = None if milliseconds is None else self.keyspace.now + milliseconds
            database.set_deadline(key, deadline)
            self.models[which][key] = (self.models[which][key][0], deadline)

    @rule(which=which, key=keys)
    def delete(self, which, key):
        assert self.keyspace.databases[which].delete(key) is (self.living(which, key) is not None)
        self.models[which].pop(key, None)

    @rule(which=which, key=keys, method=st.sampled_from(["read", "look", "peek", "write"]))
    def look_at(self, which, key, method):
        found = self.living(which, key)
        assert getattr(self.keyspace.databases[which], method)(key) == (found and found[0])

    @rule(which=which)
    def flush(self, which):
        self.keyspace.databases[which].flush()
        self.models[which].clear()

    @rule()
    def swap(self):
        self.keyspace.swap(0, 1)
        self.models.reverse()

    @rule(which=which)
    def draw(self, which):
        database = self.keyspace.databases[which]
        drawn = database.keys.draw(self.keyspace.random)
        assert drawn in database.data if database.data else drawn is None

    @invariant()
    def only_keys_have_deadlines_and_access_times(self):
        for database in self.keyspace.databases:
            assert set(database.expires) <= set(database.data)
            assert set(database.accessed) <= set(database.data)

    @invariant()
    def nothing_that_lives_is_lost_and_nothing_else_is_seen(self):
        for which, database in enumerate(self.keyspace.databases):
            alive = {key: value for key, value in database.data.items() if not database.has_expired(key)}
            assert alive == {key: found[0] for key in self.models[which] if (found := self.living(which, key))}


TestKeyspaceIsADictionaryWithDeadlines = KeyspaceIsADictionaryWithDeadlines.TestCase
TestKeyspaceIsADictionaryWithDeadlines.settings = settings(max_examples=60, stateful_step_count=30)
