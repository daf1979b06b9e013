"""DUMP's payloads: what goes in comes out, and whatever else a client sends is refused in one of two ways."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage2_persistence.opaque import Opaque
from stage2_persistence.payload import BadPayload, dump, restore
from stage2_persistence.rdb_format import checksum
from tests.stage2_persistence_parts.rdb_files import plain
from tests.stage2_persistence_parts.values import LIMITS, hash_of, values

# DUMP of 123 on Redis 7.0.15
REAL = bytes.fromhex("00c07b0a0048e253e1007a67b9")


def sealed(body: bytes, version: int = 10) -> bytes:
    """A footer that fits, around any bytes."""
    data = body + version.to_bytes(2, "little")
    return data + checksum(data).to_bytes(8, "little")


@given(values)
def test_a_value_comes_back(value):
    assert plain(restore(dump(value), LIMITS)) == plain(bytes(value) if isinstance(value, bytearray) else value)


def test_a_payload_is_that_of_the_real_server():
    assert dump(b"123") == REAL
    assert restore(REAL, LIMITS) == b"123"


def test_an_opaque_value_is_dumped_as_it_is():
    body = bytes(9)
    assert dump(Opaque(19, body, "stream")) == sealed(b"\x13" + body)


@pytest.mark.parametrize("payload", [b"", REAL[:-1], b"x" + REAL[1:], REAL[:-1] + b"x", sealed(REAL[:-10], 11)])
def test_a_bad_footer_is_told_apart_from_a_bad_body(payload):
    with pytest.raises(BadPayload):
        restore(payload, LIMITS)


def test_an_older_version_is_taken():
    assert restore(sealed(REAL[:-10], 6), LIMITS) == b"123"


def test_a_checksum_of_zero_means_unchecked():
    assert restore(REAL[:-8] + bytes(8), LIMITS) == b"123"


@pytest.mark.parametrize(
    "body",
    [
        b"",  # no type
        b"\x00",  # no string
        REAL[:-10] + b"\x00",  # something behind it
        b"\x01\x00",  # a list without elements
        b"\x04\x81" + b"\xff" * 8,  # a hash of 2**64 - 1 fields
        b"\x00\x81" + b"\xff" * 8,
        b"\xff",
        b"\x06\x05",  # a module's
    ],
)
def test_a_bad_body_is_refused(body):
    with pytest.raises(ValueError) as raised:
        restore(sealed(body), LIMITS)
    assert not isinstance(raised.value, BadPayload)


@given(st.binary(max_size=60))
def test_any_body_is_a_value_or_refused(body):
    try:
        restore(sealed(body), LIMITS)
    except ValueError:
        pass


@pytest.mark.parametrize("seed", range(4))
def test_changed_bodies_are_survived(seed):
    dice = Random(seed)
    sample = dump(hash_of({b"field %d" % n: b"value %d" % n * 9 for n in range(20)}), LIMITS)[:-10]
    for _ in range(500):
        body = bytearray(sample)
        for _ in range(dice.randrange(1, 4)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        try:
            restore(sealed(bytes(body)), LIMITS).check()
        except ValueError:
            pass
        except AttributeError:  # it became a string, which has no check
            assert body[0] == 0
