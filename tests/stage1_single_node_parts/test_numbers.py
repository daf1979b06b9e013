import math
import random
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures import numbers
from tests.wire import Connection, ReplyError

GOOD_AND_BAD_FLOATS = [
    b"1", b"+1", b"-0.5", b"1.", b".5", b"01", b"1E5", b"1e+5", b"0e9999", b"inf", b"+inf", b"-Infinity",
    b"0x10", b"0X1.8P-2", b"-0x.8", b"0x1p3", b"0x1e5", b"5e-324", b"3e-324", b"1.7976931348623158e308",
    b"0x1.fffffffffffff7p1023", b"0." + b"1" * 5000,
    b"", b"-", b".", b" 1", b"1 ", b"1\n", b"\t1", b"1\x00", b"1_0", b"\xd9\xa1", b"nan", b"-nan", b"nan(1)",
    b"infinit", b"1e", b"1e+", b"1d5", b"--1", b"+-1", b"0x", b"0x.", b"0xp1", b"0x1p", b"0xg", b"0b1",
    b"1e400", b"-1e400", b"1e-400", b"2e-324", b"1.7976931348623159e308", b"0x1p1024", b"0x1.fffffffffffff8p1023",
    b"0x1p-1075", b"0x1p99999999999", b"9" * 310, b"1e999999999999", b"1e-999999999999",
]  # fmt: skip
ONLY_LONG_DOUBLES = [
    b"1e400", b"1.1e4932", b"1.2e4932", b"1e4933", b"3e-4951", b"1e-4951", b"0x1p16383", b"0x1p16384", b"0x1p-16445",
    b"0x1p-16446", b"0x1.8p-16446", b"1" * 4900, b"1" * 5119, b"1" * 5120, b"0." + b"0" * 5000 + b"1e5000",
]  # fmt: skip


@given(st.integers(numbers.MIN_INTEGER, numbers.MAX_INTEGER))
def test_integers_of_64_bits_are_read_in_their_canonical_spelling(value: int) -> None:
    assert numbers.parse_integer(b"%d" % value) == value


@pytest.mark.parametrize(
    "text",
    [b"", b"-", b"+1", b" 1", b"1 ", b"01", b"-0", b"1_0", b"1.0", b"1\x00", b"9223372036854775808",
     b"-9223372036854775809", b"1" * 5000, b"0x1", b"\xd9\xa1"],
)  # fmt: skip
def test_other_spellings_of_integers_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        numbers.parse_integer(text)


@given(st.floats(allow_nan=False))
def test_a_double_survives_its_text(value: float) -> None:
    assert numbers.parse_float(numbers.format_float(value)) == value


def test_refusing_a_megabyte_of_digits_takes_no_time() -> None:
    for text in (b"1" * 1_000_000 + b"x", b"0x" + b"1" * 1_000_000 + b"x"):
        with pytest.raises(ValueError):
            numbers.parse_float(text)


@given(st.fractions(), st.integers(-16400, 16300))
def test_a_long_double_is_the_nearest_number_with_64_bits(fraction: Fraction, exponent: int) -> None:
    exact = fraction * Fraction(2) ** exponent
    rounded = numbers.nearest_long_double(exact)
    assert isinstance(rounded, Fraction)
    mantissa = abs(rounded.numerator) // (rounded.numerator & -rounded.numerator or 1)
    assert mantissa.bit_length() <= 64
    assert abs(exact - rounded) <= max(abs(exact) / 2**64, Fraction(1, 2**16446))


def test_sums_of_long_doubles_look_as_people_expect() -> None:
    assert increased(b"0.1", b"0.2") == b"0.3"
    assert increased(b"10.5", b"-10.5") == b"0"
    assert increased(b"-0", b"-0") == b"0"
    assert increased(b"5.0e3", b"2.0e2") == b"5200"


def test_sums_that_are_no_number_are_refused() -> None:
    for left, right in [(b"inf", b"-inf"), (b"1", b"inf"), (b"1e4932", b"1e4932")]:
        with pytest.raises(OverflowError):
            increased(left, right)


def test_infinities_have_names() -> None:
    assert numbers.format_human(math.inf) == numbers.format_float(math.inf) == b"inf"
    assert numbers.format_human(-math.inf) == numbers.format_float(-math.inf) == b"-inf"


def test_scores_are_read_and_written_as_by_the_real_server(oracle: Connection) -> None:
    dice = random.Random(17)
    texts = GOOD_AND_BAD_FLOATS + [repr(value).encode() for value in random_doubles(dice, 3000)]
    oracle("CONFIG", "SET", "zset-max-listpack-entries", "0")  # a listpack would turn -0 into 0

    for text in texts:
        _, reply = oracle.pipeline(("ZADD", text, text, "m"), ("ZSCORE", text, "m"))
        try:
            expected = numbers.format_float(numbers.parse_float(text))
        except ValueError:
            expected = None
        assert reply == expected, text


def test_integers_are_read_as_by_the_real_server(oracle: Connection) -> None:
    texts = [*GOOD_AND_BAD_FLOATS, b"0", b"-1", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808"]

    for text in texts:
        (reply,) = oracle.pipeline(("SETRANGE", b"key" + text, text, ""))  # an offset is an integer or an error
        try:
            numbers.parse_integer(text)
            refused = False
        except ValueError:
            refused = True
        assert (reply == ReplyError("ERR value is not an integer or out of range")) == refused, text


def test_sums_of_long_doubles_are_those_of_the_real_server(oracle: Connection) -> None:
    dice = random.Random(23)
    pairs = [(b"0.5", text) for text in GOOD_AND_BAD_FLOATS + ONLY_LONG_DOUBLES]
    pairs += [(text, b"0.5") for text in GOOD_AND_BAD_FLOATS + ONLY_LONG_DOUBLES]
    pairs += [(random_decimal(dice), random_decimal(dice)) for _ in range(3000)]

    for left, right in pairs:
        _, reply = oracle.pipeline(("SET", "k", left), ("INCRBYFLOAT", "k", right))
        try:
            expected = increased(left, right)
        except ValueError:
            expected = ReplyError("ERR value is not a valid float")
        except OverflowError:
            expected = ReplyError("ERR increment would produce NaN or Infinity")
        assert reply == expected, (left, right)


def increased(left: bytes, right: bytes) -> bytes:
    parse = numbers.parse_long_double
    return numbers.format_human(numbers.add_long_doubles(parse(left), parse(right)))


def random_doubles(dice: random.Random, count: int) -> list[float]:
    """Any bits, human decimals, and integers around the size where a double stops being exact."""
    values = []
    while len(values) < count:
        (any_bits,) = struct.unpack("<d", dice.randbytes(8))
        values += [] if math.isnan(any_bits) else [any_bits]
        values.append(round(dice.uniform(-1e6, 1e6), dice.randrange(18)))
        values.append(float(dice.randrange(-(2 ** dice.randrange(1, 70)), 2**70)))
    return values[:count]


def random_decimal(dice: random.Random) -> bytes:
    whole = dice.randrange(-(10 ** dice.randrange(1, 25)), 10**20)
    decimals = dice.randrange(10 ** dice.randrange(1, 25))
    return dice.choice([
        b"%.*f" % (dice.randrange(20), dice.uniform(-1e3, 1e3)),
        b"%d" % dice.randrange(-(2**63), 2**63),
        b"%d.%d" % (whole, decimals),
        b"%de%d" % (whole, dice.randrange(-40, 40)),
        b"0x%xp%d" % (dice.getrandbits(70), dice.randrange(-130, 130)),
    ])  # fmt: skip
