"""What lowering and error analysis both ask of the nodes of an expression, so that they see the same operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from math import comb
from typing import Any

from sympy import Add, Basic, Expr, Mul, Pow, S, Symbol

LONG = 24  # bits


@cache
def symbols_of(expression: Basic) -> frozenset[Symbol]:
    """``expression.free_symbols``, looked for once."""
    return frozenset(expression.free_symbols)


def ordered(terms: Sequence[Expr]) -> list[Expr]:
    """The arguments of a sum or product in an order that does not depend on hashes."""
    return list(terms if len(terms) < 2 else _ordered(tuple(terms)))


@cache
def _ordered(terms: tuple[Expr, ...]) -> tuple[Expr, ...]:
    kinds = [_kind(each) for each in terms]
    if None not in kinds and len(set(kinds)) == len(kinds):
        return tuple(terms[place] for place in sorted(range(len(terms)), key=lambda place: kinds[place] or ()))
    return tuple(sorted(terms, key=_sort_key))


def _kind(term: Expr) -> tuple[int, int, str] | None:
    """What SymPy's sort key begins with, and nothing else is needed for where no two terms are of one kind."""
    rest = term.as_coeff_Mul()[1]
    if rest.is_Pow:
        rest = rest.as_base_exp()[0]
    return None if rest is S.Exp1 else rest.class_key()


@lru_cache(maxsize=1 << 14)
def _sort_key(term: Expr) -> Any:
    """``term.sort_key()``, for which SymPy sorts what is in the term as well."""
    return term.sort_key()


@cache
def split_sign(term: Expr) -> tuple[int, Expr]:
    """A term as ±1 and the rest."""
    coefficient, _ = term.as_coeff_Mul()
    return (-1, -term) if coefficient.is_negative else (1, term)


@cache
def shared_number(total: Add) -> tuple[Expr, Expr]:
    """The number that all terms of a sum have, 2 in 2 a − 2 b, which SymPy multiplies out, and the rest; 1 if none."""
    common, rest = total.primitive()
    plain = all(abs(each.as_coeff_Mul()[0]) == 1 for each in rest.args)
    return (common, rest) if plain else (S.One, total)


@cache
def inverse(power: Pow) -> Expr:
    """1 / power, by the exponent alone."""
    return Pow(power.base, -power.exp)


def long_power_of_two(value: Expr) -> int | None:
    """K of an integer ±2ᵏ that is easier to read as a power; else ``None``."""
    whole = abs(int(value)) if value.is_Integer else 0
    power = whole.bit_length() - 1
    return power if power >= LONG and whole == 1 << power else None


def is_reciprocal(node: Basic) -> bool:
    """1 / xⁿ."""
    return isinstance(node, Pow) and bool(node.exp.is_Rational and node.exp.is_negative)


def distinct(expression: Basic) -> list[Basic]:
    """The distinct nodes of an expression, a node before what is in it alone. Written out, a tree may have a thousand times as many."""
    found: dict[Basic, None] = {}
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting.extend(reversed(node.args))
    return list(found)


def replaced(expression: Basic, applies: type | Callable[[Any], bool], make: Callable[..., Basic | None]) -> Any:
    """``expression.replace(applies, make)``, each distinct node looked at once, what is in it before it.

    ``make`` takes a node that ``applies``, or the arguments of one if that is a type.
    """
    if isinstance(applies, type):
        kind, of_arguments = applies, make
        return replaced(expression, lambda node: isinstance(node, kind), lambda node: of_arguments(*node.args))
    found: dict[Basic, Basic] = {}

    def walk(node: Basic) -> Basic:
        if node in found:
            return found[node]
        result = node
        if node.args:
            args = tuple(map(walk, node.args))
            if args != node.args:
                result = node.func(*args)
                # What collapsed to an argument that was replaced has had its turn.
                if any(result == old and old != new for old, new in zip(node.args, args, strict=True)):
                    found[node] = result
                    return result
        if applies(result):
            made = make(result)
            result = result if made is None else made
        found[node] = result
        return result

    return walk(expression)


def exchanged(expression: Expr, rule: Mapping[Basic, Basic]) -> Any:
    """``expression.xreplace(rule)``, each distinct node looked at once."""
    found: dict[Basic, Basic] = dict(rule)

    def walk(node: Basic) -> Basic:
        if node not in found:
            args = tuple(map(walk, node.args))
            same = all(old is new for old, new in zip(node.args, args, strict=True))
            found[node] = node if same else node.func(*args)
        return found[node]

    return walk(expression)


@lru_cache(maxsize=1 << 14)
def renamed(expression: Expr, names: tuple[tuple[Symbol, Expr], ...]) -> Any:
    """``expression.xreplace(dict(names))``; statements alike are renumbered alike."""
    return expression.xreplace(dict(names))


def disjoint_factors(product: Expr) -> list[Expr]:
    """The factors of a product, those together that have a symbol in common; numbers stand with the largest."""
    groups: list[tuple[set[Basic], list[Expr]]] = []
    for factor in Mul.make_args(product):
        symbols, factors = set(factor.free_symbols), [factor]
        touched = [each for each in groups if each[0] & symbols]
        for each in touched:
            groups.remove(each)
            symbols |= each[0]
            factors = [*each[1], *factors]
        groups.append((symbols, factors))
    moving = [Mul(*factors) for symbols, factors in groups if symbols]
    number = Mul(*(factor for symbols, factors in groups if not symbols for factor in factors))
    if not moving:
        return [number]
    largest = max(range(len(moving)), key=lambda place: tree_size(moving[place]))
    return [number * each if place == largest else each for place, each in enumerate(moving)]


@cache
def tree_size(expr: Basic) -> int:
    """The nodes of an expression written out as a tree; only up to what is of interest, since it may be astronomic."""
    return min(10**6, 1 + sum(map(tree_size, expr.args)))


@cache
def expanded_size(expr: Basic) -> int:
    """About how many terms multiplying an expression out makes, inside the arguments of functions too; up to 10⁶."""
    return min(10**6, max((_terms(expr), *map(expanded_size, expr.args))))


@cache
def _terms(expr: Basic) -> int:
    if isinstance(expr, Add):
        count = sum(map(_terms, expr.args))
    elif isinstance(expr, Mul):
        count = 1
        for each in expr.args:
            count *= _terms(each)
    elif isinstance(expr, Pow) and expr.exp.is_Integer:
        power = min(abs(int(expr.exp)), 32)
        count = comb(_terms(expr.base) + power - 1, power)
    else:
        count = 1
    return min(10**6, count)
