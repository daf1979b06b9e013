"""Snapshots that were cut, changed or are none: the server says so and ends, and the file stays as it is."""

import pytest

from tests.stage2_persistence.payload import CHECKSUM_BYTES, snapshot
from tests.stage2_persistence.samples import make_samples

points = pytest.mark.points


@pytest.fixture(scope="module")
def good(module_node):
    """A snapshot of a value of every type and encoding."""
    make_samples(client := module_node.start())
    client("SAVE")
    return module_node.rdb.read_bytes()


@pytest.fixture
def refused(node):
    """refused(data) with this as the snapshot, the server ends, says something, and leaves the file alone."""

    def refused(data):
        here = node()
        here.rdb.write_bytes(data)
        log = here.refusal()
        assert here.rdb.read_bytes() == data
        return log

    return refused


@pytest.mark.parametrize("part", [0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
@points(1)
def test_a_snapshot_that_was_cut_ends_the_start(refused, good, part):
    refused(good[: int(part * len(good))])


@pytest.mark.parametrize("cut", [1, CHECKSUM_BYTES, CHECKSUM_BYTES + 1])
@points(1)
def test_a_snapshot_without_its_end_ends_the_start(refused, good, cut):
    refused(good[:-cut])


@points(2)
def test_a_wrong_checksum_ends_the_start(refused, good):
    assert "checksum" in refused(good[:-1] + bytes([good[-1] ^ 1]))


@points(1)
def test_a_changed_byte_is_noticed(refused):
    data = bytearray(snapshot(b"\xfe\x00\xfb\x01\x00\x00\x01k\x05value"))
    data[data.index(b"value")] ^= 1
    assert "checksum" in refused(bytes(data))


@points(1)
def test_nobody_looks_at_the_checksum_where_that_is_turned_off(node):
    here = node("--rdbchecksum", "no")
    here.rdb.write_bytes(snapshot(b"\xfe\x00\xfb\x01\x00\x00\x01k\x05value")[:-1] + b"?")
    assert here.start()("GET", "k") == b"value"


@pytest.mark.parametrize(
    "data", [b"", b"R", b"REDIS", b"RUBIS0010\xff" + bytes(8), b"REDISabcd", b"\x1f\x8b" + bytes(50)], ids=str
)
@points(1)
def test_what_is_no_snapshot_ends_the_start(refused, data):
    refused(data)


@pytest.mark.parametrize("version", [b"0000", b"0011", b"9999"])
@points(1)
def test_a_version_that_does_not_exist_yet_ends_the_start(refused, version):
    assert "handle RDB format version" in refused(snapshot(b"", version))


@pytest.mark.parametrize("version", [b"0005", b"0006", b"0007", b"0009", b"0010"])
@points(1)
def test_older_versions_are_loaded(node, version):
    here = node()
    here.rdb.write_bytes(snapshot(b"\xfe\x00\x00\x01k\x05value", version))
    assert here.start()("GET", "k") == b"value"


@pytest.mark.parametrize(
    "body",
    [
        b"\xfe\x00\x00\x01k\x81\x00\x00\x7f\xff\xff\xff\xff\xffvalue",
        b"\xfe\x00\x02\x01k\x81\x00\x00\x7f\xff\xff\xff\xff\xff\x01a",
        b"\xfe\x00\x00\x01k\xc4",
        b"\xfe\x00\x63\x01k",
        b"\xfe\x00\x00\x01k\xc3\x05\x40\x64\x01aa",
    ],
    ids=["string of terabytes", "set of billions", "no such encoding", "no such type", "compressed rubbish"],
)
@points(1)
def test_a_snapshot_that_lies_ends_the_start(refused, body):
    refused(snapshot(body))


@points(1)
def test_unknown_facts_about_the_file_are_skipped(node):
    here = node()
    here.rdb.write_bytes(snapshot(b"\xfa\x07unknown\x05thing\xfe\x00\x00\x01k\x05value"))
    assert here.start()("GET", "k") == b"value"


@points(1)
def test_a_temporary_file_that_a_crash_left_is_no_snapshot(node):
    here = node()
    client = here.start()
    client("SET", "k", "v")
    client("SAVE")
    (here.directory / "temp-12345.rdb").write_bytes(b"REDIS0010 half a")
    assert here.restart()("GET", "k") == b"v"
