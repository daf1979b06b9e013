"""Numbers as text: what Redis 7.0 accepts as a number, and how it writes one.

Three kinds, each with Redis's own strictness, which is not Python's (`int(b" 1_0")` is 10, `float(b"1e999")` is inf):

    integer       64-bit signed, in its one canonical spelling          parse_integer
    double        C's strtod; written with 17 significant digits        parse_float, format_float
    long double   the x87's 80 bits, of which 64 are the mantissa;      parse_long_double, add_long_doubles,
                  written with at most 17 decimals and no exponent      format_human

Integers are what INCR and its like take, doubles the scores of sorted sets, long doubles INCRBYFLOAT's numbers.
A Python float is a double, but nothing in Python is a long double: its values are held as exact fractions here and
rounded to 64 bits of mantissa wherever the x87 would have rounded. All parsers raise ValueError for what is no number.
"""

import math
import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

MIN_INTEGER = -(2**63)
MAX_INTEGER = 2**63 - 1

LongDouble = Fraction | float  # a float for the two infinities alone

MANTISSA_BITS = 64
MAX_EXPONENT = 16384  # all numbers are below 2**16384 …
MAX_SCALE = 16445  # … and multiples of 2**-16445
MAX_LONG_DOUBLE_CHARS = 5 * 1024  # Redis's buffer for one of them: a longer text is no number to it
DECIMALS = 17  # of a long double's text: few enough that 0.1 + 0.2 is written 0.3

# Possessive, so that a megabyte of digits with a letter behind it is refused in one pass.
_is_decimal = re.compile(rb"[-+]?(?:\d++\.?\d*+|\.\d++)(?:e[-+]?\d++)?", re.IGNORECASE).fullmatch
_is_hexadecimal = re.compile(
    rb"([-+]?)0x(?:([0-9a-f]++)\.?([0-9a-f]*+)|\.([0-9a-f]++))(?:p([-+]?\d++))?", re.IGNORECASE
).fullmatch
_is_infinity = re.compile(rb"[-+]?inf(?:inity)?", re.IGNORECASE).fullmatch
_is_zero = re.compile(rb"[-+]?[0.]++(?:e[-+]?\d++)?", re.IGNORECASE).fullmatch


def parse_integer(text: bytes) -> int:
    """A 64-bit integer in its canonical spelling: no plus, no spaces, no leading zeros, no -0."""
    if text.isdigit() and len(text) < 19 and (text[0] != 48 or len(text) == 1):  # most are; 48 is '0'
        return int(text)
    value = int(text)
    if b"%d" % value != text or not MIN_INTEGER <= value <= MAX_INTEGER:
        raise ValueError("not an integer or out of range")
    return value


def parse_float(text: bytes) -> float:
    """A double as C's strtod reads it, hexadecimal and inf included; nan, spaces, over- and underflow are refused."""
    if _is_decimal(text):
        value = float(text)
        if (value and -math.inf < value < math.inf) or _is_zero(text):
            return value
        raise ValueError("out of the range of a double")
    if _is_infinity(text):
        return float(text)
    return _nearest_double(_exact_hexadecimal(text))


def format_float(value: float) -> bytes:
    """A score's text. 17 digits tell any two doubles apart but are not the shortest ones: 3.3 → 3.2999999999999998."""
    return b"%.17g" % value


def parse_long_double(text: bytes) -> LongDouble:
    """A long double as C's strtold reads it, with the refusals of `parse_float`."""
    if len(text) >= MAX_LONG_DOUBLE_CHARS:
        raise ValueError("too long for a float")
    if _is_infinity(text):
        return float(text)
    exact = _exact_decimal(text) if _is_decimal(text) else _exact_hexadecimal(text)
    value = nearest_long_double(exact)
    if isinstance(value, float) or (value == 0 and exact != 0):
        raise ValueError("out of the range of a long double")
    return value


def add_long_doubles(left: LongDouble, right: LongDouble) -> Fraction:
    """The sum as the x87 rounds it. Raises OverflowError where Redis says that it would produce NaN or Infinity."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        total = nearest_long_double(left + right)
        if isinstance(total, Fraction):
            return total
    raise OverflowError("the sum is NaN or infinite")


def format_human(value: LongDouble) -> bytes:
    """A long double without exponent: 17 decimals, then without the trailing zeros. -0 is written 0."""
    if isinstance(value, float):
        return b"inf" if value > 0 else b"-inf"
    units = round(value * 10**DECIMALS)  # half to even, as printf rounds
    digits = str(Decimal(abs(units))).zfill(DECIMALS + 1)  # str(int) refuses more than 4300 digits, there may be 4933
    text = f"{digits[:-DECIMALS]}.{digits[-DECIMALS:]}".rstrip("0").rstrip(".")
    return f"-{text}".encode() if units < 0 else text.encode()


def _exact_decimal(text: bytes) -> Fraction:
    if _is_zero(text):
        return Fraction(0)
    try:
        value = Decimal(text.decode())
    except InvalidOperation:  # an exponent of more than 18 digits
        raise ValueError("out of the range of a long double") from None
    if abs(value.adjusted()) > 5000:  # do not compute 10**999999999 to learn that it is too much
        raise ValueError("out of the range of a long double")
    return Fraction(*value.as_integer_ratio())


def _exact_hexadecimal(text: bytes) -> Fraction:
    number = _is_hexadecimal(text)
    if number is None:
        raise ValueError("not a float")
    sign, whole, decimals, only_decimals, exponent = number.groups(b"")
    fraction = decimals + only_decimals
    mantissa = int(whole + fraction, 16)
    power = int(exponent or b"0")
    if abs(power) > 2**20 and mantissa:
        raise ValueError("out of the range of a long double")
    value = Fraction(mantissa) * Fraction(2) ** (power - 4 * len(fraction)) if mantissa else Fraction(0)
    return -value if sign == b"-" else value


def _nearest_double(exact: Fraction) -> float:
    try:
        value = float(exact)
    except OverflowError:
        raise ValueError("out of the range of a double") from None
    if value == 0 and exact != 0:
        raise ValueError("out of the range of a double")
    return value


def nearest_long_double(exact: Fraction) -> LongDouble:
    """The nearest number with 64 bits of mantissa, the even one of two equally near; infinity beyond the largest."""
    numerator, denominator = exact.as_integer_ratio()
    scale = min(MANTISSA_BITS - numerator.bit_length() + denominator.bit_length(), MAX_SCALE)
    mantissa = _scaled(numerator, denominator, scale)
    if mantissa.bit_length() > MANTISSA_BITS:  # lengths tell a ratio's size up to a factor of two, so one bit too many
        scale -= 1
        mantissa = _scaled(numerator, denominator, scale)
    if mantissa.bit_length() - scale > MAX_EXPONENT:
        return math.inf if mantissa > 0 else -math.inf
    return Fraction(mantissa, 1 << scale) if scale > 0 else Fraction(mantissa << -scale)


def _scaled(numerator: int, denominator: int, scale: int) -> int:
    """The ratio times 2**scale, rounded half to even."""
    if scale > 0:
        numerator <<= scale
    else:
        denominator <<= -scale
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient & 1))
