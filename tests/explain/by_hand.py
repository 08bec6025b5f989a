"""Small programs written by hand, as the printer and the derivations meet them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from programs import A, access, gather, parameter
from sympy import Expr, exp, log, tanh

from symbprop.calculus.index import Access, Affine, Extent, Range, at, size_symbol
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, pointwise, statement

N = size_symbol("N")
SIZES: dict[str, Extent] = {"n": N, "k": 3, "j": 4, "m": 5}


def input_(name: str, *shape: Extent, classes: int | None = None) -> Tensor:
    return Tensor(name, shape, Role.INPUT, integer=classes is not None, classes=classes)


def value(name: str, *shape: Extent) -> Tensor:
    return Tensor(name, shape, Role.VALUE)


def summed(target: str | Access, expr: Expr, *reads: str | Access, **sizes: Extent) -> Statement:
    """``target += expr``, summed over every other index; the sizes of indices are those above, or given."""
    found = [access(each) if isinstance(each, str) else each for each in reads]
    place = access(target) if isinstance(target, str) else target
    extents = {**SIZES, **sizes}
    used = dict.fromkeys([*place.indices(), *(index for each in found for index in each.indices())])
    return statement(place, expr, found, [Range(index, extents[index]) for index in used])


def each(target: str | Access, expr: Expr, *reads: str | Access, **sizes: Extent) -> Statement:
    """``target = expr`` element by element."""
    found = [access(one) if isinstance(one, str) else one for one in reads]
    place = access(target) if isinstance(target, str) else target
    extents = {**SIZES, **sizes}
    used = dict.fromkeys(place.indices())
    return pointwise(place, expr, found, [Range(index, extents[index]) for index in used])


def maximum(target: str, read: Access, *, over: Mapping[str, Extent]) -> Statement:
    place = access(target)
    extents = {**SIZES, **over}
    used = dict.fromkeys([*place.indices(), *read.indices()])
    return statement(place, A[0], [read], [Range(index, extents[index]) for index in used], Reduction.MAX)


def made(tensors: list[Tensor], statements: list[Statement], loss: str | None = "L") -> Program:
    return Program({one.name: one for one in tensors}, tuple(statements), (), loss)


LABEL = gather("label", "n")


def classifier() -> Program:
    """Dense, tanh, dense, softmax and the cross-entropy with integer labels."""
    tensors = [
        input_("x", N, 3),
        input_("label", N, classes=5),
        *(parameter("W1", 3, 4), parameter("b1", 4), parameter("W2", 4, 5), parameter("b2", 5)),
        *(value("z1", N, 4), value("h", N, 4), value("z2", N, 5), value("s", N), value("p", N, 5), value("L")),
    ]
    statements = [
        summed("z1[n,j]", A[0] * A[1], "x[n,k]", "W1[k,j]"),
        each("z1[n,j]", A[0], "b1[j]"),
        each("h[n,j]", tanh(A[0]), "z1[n,j]"),
        summed("z2[n,m]", A[0] * A[1], "h[n,j]", "W2[j,m]"),
        each("z2[n,m]", A[0], "b2[m]"),
        summed("s[n]", exp(A[0]), "z2[n,m]"),
        each("p[n,m]", exp(A[0]) / A[1], "z2[n,m]", "s[n]"),
        summed("L", -log(A[0]) / N, Access("p", (at("n"), LABEL))),
    ]
    return made(tensors, statements)


def sequence() -> Program:
    """Embedding, convolution, maximum pooling, concatenation: every kind of index map."""
    shifted = Access("e", (at("n"), Affine((("s", 1), ("q", 1))), at("k")))
    window = Access("c", (at("n"), Affine((("r", 2), ("q", 1))), at("j")))
    tensors = [
        input_("ids", N, 7, classes=6),
        *(parameter("E", 6, 3), parameter("K", 2, 3, 4), parameter("w", 8)),
        *(value("e", N, 7, 3), value("c", N, 6, 4), value("g", N, 3, 4), value("y", N, 8), value("L")),
    ]
    statements = [
        each("e[n,t,k]", A[0], Access("E", (gather("ids", "n", "t"), at("k"))), t=7),
        summed("c[n,s,j]", A[0] * A[1], shifted, "K[q,k,j]", s=6, q=2),
        maximum("g[n,r,j]", window, over={"r": 3, "q": 2}),
        each("y[n,j]", A[0], Access("g", (at("n"), Affine((), 0), at("j")))),
        each(Access("y", (at("n"), Affine((("j", 1),), 4))), A[0] ** 2, Access("g", (at("n"), Affine((), 2), at("j")))),
        summed("L", A[0] * A[1] / N, "y[n,u]", "w[u]", u=8),
    ]
    return made(tensors, statements)


def products() -> Program:
    """A product over an axis, whose derivative is the product of the others."""
    tensors = [parameter("x", 4, 3), value("P", 4), value("L")]
    domain = [Range("j", 4), Range("k", 3)]
    product = statement(access("P[j]"), A[0], [access("x[j,k]")], domain, Reduction.PROD)
    return made(tensors, [product, summed("L", A[0] ** 2, "P[j]")])


def _length(size: Extent, sizes: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else int(size.subs({size_symbol(name): n for name, n in sizes.items()}))


def random_values(
    program: Program, sizes: Mapping[str, int], low: float = -1, high: float = 1, seed: int = 0
) -> dict[str, Any]:
    """Numbers for everything that is not computed, between ``low`` and ``high``; the loss's cotangent is 1."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for tensor in program.tensors.values():
        shape = tuple(_length(s, sizes) for s in tensor.shape)
        if tensor.integer:
            values[tensor.name] = rng.integers(0, _length(tensor.classes or 2, sizes), shape)
        elif tensor.role is not Role.VALUE:
            values[tensor.name] = rng.uniform(low, high, shape) if tensor.role is not Role.SEED else np.ones(shape)
    return values
