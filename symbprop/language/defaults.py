"""What stands for the attributes and the data that a use of an operation does not give."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symbprop.calculus.program import Tensor
from symbprop.language.syntax import AttributeValue, Operation


def attribute_values(operation: Operation, given: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Every attribute's value; a default may name another attribute, as in ``value_dim = key_dim``.

    In an operation on one, two or three axes, ``axes`` is their number.
    """
    values = {each.name: each.default for each in operation.attributes if each.default is not None}
    values.update(given)
    for each in operation.attributes:
        if each.name not in given and isinstance(each.default, str) and each.default in values:
            values[each.name] = values[each.default]
    if operation.axes:
        values.setdefault("axes", Fraction(operation.axes))
    return values


def in_place_of_absent(operation: Operation, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Arguments that were not given and stand for another one's data, as in ``key[n, s, k] = value``."""
    found: dict[str, Tensor] = {}
    for each in operation.arguments:
        if isinstance(each.absent, str) and each.name not in given:
            found[each.name] = found.get(each.absent) or given[each.absent]
    return found
