"""What a plain word of a description means: nothing, true or false, an exact number, or text.

The rules are YAML 1.2's core schema without its traps: ``no`` is text, ``010`` is refused because half of all readers
take it for eight, ``1e-3`` is a number and an exact one, and there is no NaN and no infinity.
"""

from __future__ import annotations

import re
from fractions import Fraction

from symbprop.language.source import SourceError, Span

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE](?P<exponent>[-+]?[0-9]+))?")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_LEADING_ZERO = re.compile(r"[-+]?0+[0-9][0-9.eE+-]*")
_OTHER_BASE = re.compile(r"[-+]?0[xob][0-9a-fA-F]+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:nan|inf)", re.IGNORECASE)

_LONGEST = 400
"""The most characters of a number: more than any float64 has digits, few enough to be read at once."""


def read_word(text: str, span: Span) -> bool | int | Fraction | str | None:
    """The value of an unquoted scalar.

    Raises SourceError for numbers that are ambiguous or have no finite float64.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise SourceError(
            f"{text} is not a number a description can hold", span, hint="quote it if it is meant as text"
        )
    if _OTHER_BASE.fullmatch(text):
        raise SourceError("numbers are written in decimal", span, hint="quote it if it is meant as text")
    if not _NUMBER.fullmatch(text):
        return text
    if _LEADING_ZERO.fullmatch(text):
        raise SourceError(
            "a number does not start with 0", span, hint="drop the zero, or quote it if it is meant as text"
        )
    return read_number(text, span)


def read_number(text: str, span: Span) -> int | Fraction:
    """The exact value of a decimal number; one without a point or an exponent is an int.

    >>> from symbprop.language.source import NOWHERE
    >>> read_number("1e-3", NOWHERE), read_number("64", NOWHERE)
    (Fraction(1, 1000), 64)
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise SourceError(f"'{text[:40]}' is not a number", span)
    if len(text) > _LONGEST:
        raise SourceError(f"a number of {len(text)} characters is too long", span, hint=f"at most {_LONGEST}")
    exponent = int(match["exponent"] or 0)
    # The exponent is looked at first: 1e999999999 must not be multiplied out to learn that it is too large.
    if abs(exponent) > 2 * _LONGEST and not any(digit in "123456789" for digit in re.split("[eE]", text)[0]):
        return Fraction(0)
    if exponent > 2 * _LONGEST:
        raise _too_large(span)
    if exponent < -2 * _LONGEST:
        raise _too_small(span)
    value = int(text) if _INTEGER.fullmatch(text) else Fraction(text)
    try:
        rounded = float(value)
    except OverflowError:
        raise _too_large(span) from None
    if rounded == 0 and value != 0:
        raise _too_small(span)
    return value


def _too_large(span: Span) -> SourceError:
    return SourceError("this number is too large for float64", span, hint="the largest is about 1.8e308")


def _too_small(span: Span) -> SourceError:
    return SourceError("this number is too small for float64 and would become 0", span, hint="write 0 if that is meant")
