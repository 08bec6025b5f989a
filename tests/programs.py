"""Programs written by hand, and random polynomial ones, for the tests of the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from sympy import Expr

from symbprop.calculus.index import Access, Affine, Range, at
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, read_symbol, statement

A = [read_symbol(position) for position in range(4)]
EXACT = Arithmetic(rational=Fraction, functions={}, power=lambda base, exponent: base ** int(exponent))


def parameter(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, Role.PARAMETER)


def value(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, Role.VALUE)


def access(text: str) -> Access:
    """``x[i,j]``, every coordinate a bare index."""
    name, _, inside = text.partition("[")
    return Access(name, tuple(at(index) for index in inside.rstrip("]").split(",") if index))


def program(tensors: Sequence[Tensor], statements: Sequence[Statement], loss: str = "L") -> Program:
    return Program({each.name: each for each in tensors}, tuple(statements), (), loss)


def sums(target: str, expr: Expr, reads: Sequence[str | Access], sizes: Mapping[str, int], **more: Any) -> Statement:
    """``target += expr`` over all indices in ``sizes``."""
    found = [access(each) if isinstance(each, str) else each for each in reads]
    return statement(access(target), expr, found, [Range(i, n) for i, n in sizes.items()], **more)


def point(source: Program, seed: int = 0) -> dict[str, Any]:
    """Small fractions for everything that is not computed."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for tensor in source.tensors.values():
        if tensor.role is not Role.VALUE:
            shape = tuple(int(size) for size in tensor.shape)
            raw = rng.integers(0, tensor.classes or 3, shape) if tensor.integer else rng.integers(-6, 7, shape)
            values[tensor.name] = _exact(raw, tensor.integer)
    return values


def _exact(raw: Any, integer: bool) -> Any:
    if np.ndim(raw) == 0:
        return int(raw) if integer else Fraction(int(raw), 2)
    return [_exact(each, integer) for each in raw]


def run(source: Program, values: Mapping[str, Any]) -> dict[str, dict[tuple[int, ...], Any]]:
    return interpret(source, values, {}, EXACT)


SIZES = {"i": 2, "j": 3, "k": 2}


@st.composite
def polynomial_programs(draw: st.DrawFn) -> Program:
    """Chains of sums, products, maxima and shifted reads of polynomials over small tensors."""
    names = ["i", "j", "k"]
    tensors = [parameter("p", 2, 3), parameter("q", 3), parameter("r", 2, 2)]
    layout = {"p": ("i", "j"), "q": ("j",), "r": ("i", "k")}
    statements: list[Statement] = []
    for number in range(draw(st.integers(1, 3))):
        chosen = draw(st.lists(st.sampled_from(sorted(layout)), min_size=1, max_size=3))
        reads = [Access(name, tuple(at(index) for index in layout[name])) for name in chosen]
        used = [index for index in names if any(index in set(read.indices()) for read in reads)]
        kept = draw(st.lists(st.sampled_from(used), unique=True, max_size=2)) if used else []
        expr = draw(st.sampled_from(range(1, 4)))
        body: Expr = expr
        for position in range(len(reads)):
            body = body * A[position] ** draw(st.integers(1, 2)) + draw(st.integers(-1, 1))
        reduction = draw(st.sampled_from([Reduction.SUM, Reduction.SUM, Reduction.MAX, Reduction.MIN, Reduction.PROD]))
        name = f"v{number}"
        target = Access(name, tuple(at(index) for index in kept))
        made = statement(target, body, reads, [Range(index, SIZES[index]) for index in used], reduction)
        tensors.append(value(name, *(SIZES[index] for index in kept)))
        layout[name] = tuple(kept)
        statements.append(made)
    last = statements[-1].target.tensor
    index = layout[last]
    statements.append(
        statement(
            Access("L", ()), A[0] ** 2, [Access(last, tuple(map(at, index)))], [Range(i, SIZES[i]) for i in index]
        )
    )
    tensors.append(value("L"))
    return program(tensors, statements)


def gather(tensor: str, *index: str) -> Affine:
    return Affine(((access(f"{tensor}[{','.join(index)}]"), 1),))
