"""What each layer of a network holds and costs: parameters, state, multiply-adds, memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Add, Expr, Mul, Pow, preorder_traversal

from symbprop.calculus.index import Extent, extent, product
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import Statement
from symbprop.network.network import Network

LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Row:
    """One layer. ``multiply_adds`` and ``memory`` (bytes) are polynomials in the free sizes, of one forward pass."""

    layer: str
    kind: str
    shape: tuple[Extent, ...]
    parameters: int
    state: int
    multiply_adds: Extent
    memory: Extent


def rows(network: Network) -> list[Row]:
    """The layers in order, then the loss. Formulas are those of the description in training, before simplification.

    A layer's memory is that of its parameters and states and of everything it computes; a parameter that two layers
    share counts for the first.
    """
    program = network.program
    width = np.dtype(network.dtype).itemsize
    found, counted = [], set[str]()
    for label, kind, output, statements in _sections(network):
        read = {name for each in statements for name in each.sources()} - counted
        parameters = [t for t in program.of(Role.PARAMETER) if t.name in read]
        states = [t for t in program.of(Role.STATE) if t.name in read]
        counted |= read
        computed = [program.tensors[name] for name in dict.fromkeys(each.target.tensor for each in statements)]
        sizes = [product(tensor.shape) for tensor in (*parameters, *states, *computed)]
        found.append(
            Row(
                label,
                kind,
                program.tensors[output].shape,
                sum(int(product(tensor.shape)) for tensor in parameters),
                sum(int(product(tensor.shape)) for tensor in states),
                total([multiply_adds(each, later) for each, later in _with_order(statements)]),
                extent(width * total(sizes)),
            )
        )
    return found


def _sections(network: Network) -> Iterator[tuple[str, str, str, list[Statement]]]:
    """Each layer's statements: they end where its output is computed. What is left is the loss."""
    program = network.program
    last = {each.target.tensor: position for position, each in enumerate(program.statements)}
    start = 0
    for layer in network.layers:
        end = max(start, last.get(layer.output, -1) + 1)
        yield layer.label, layer.kind, layer.output, list(program.statements[start:end])
        start = end
    if program.loss is not None and start < len(program.statements):
        yield LOSS, LOSS, program.loss, list(program.statements[start:])


def _with_order(statements: Sequence[Statement]) -> Iterator[tuple[Statement, bool]]:
    """Each statement, and whether it adds to what another has begun."""
    begun: set[str] = set()
    for each in statements:
        yield each, each.target.tensor in begun
        begun.add(each.target.tensor)


def multiply_adds(each: Statement, later: bool = False) -> Extent:
    """How many multiply-adds a statement takes: at each point the larger number of its products and its sums.

    The sum over an index counts as one at each point, and so does adding to what another statement has begun (``later``).
    """
    nodes = [node for node in preorder_traversal(each.expr) if isinstance(node, Expr) and not node.is_number]
    products = sum(_products(node) for node in nodes)
    sums = sum(len(node.args) - 1 for node in nodes if isinstance(node, Add)) + bool(each.reduced) + later
    return extent(max(products, sums) * product(tuple(one.extent for one in each.domain)))


def _products(node: Expr) -> int:
    if isinstance(node, Mul):
        return len([each for each in node.args if each not in (1, -1)]) - 1
    if isinstance(node, Pow) and node.exp.is_Integer:
        return max(abs(int(node.exp)) - 1, 1)
    return 0


def total(sizes: Sequence[Extent]) -> Extent:
    """The sum of sizes, as a polynomial."""
    return extent(Add(*sizes))


def program_counts(program: Program) -> tuple[int, int]:
    """How many numbers are trained, and how many are kept as state."""
    parameters, states = (
        sum(int(product(tensor.shape)) for tensor in program.of(role)) for role in (Role.PARAMETER, Role.STATE)
    )
    return parameters, states
