"""Mutants: every single change to the text of a backward pass that changes the gradient must be told from the truth."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pytest
from networks import ALL, point

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.module import verify_module

WIDE = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [5], range: [0, 1]}}
layers:
  - dense: {units: 5, activation: sigmoid, kernel_regularizer: l2}
  - dense: {units: 5, activation: relu}
  - dense: {units: 5, activation: sigmoid}
loss: binary_crossentropy
"""
NETS = {**ALL, "square": WIDE}


def emitted(text: str) -> str:
    source = Source("net.yaml", text)
    return compile_description(read(source), source).source


def loaded(text: str) -> ModuleType:
    module = types.ModuleType("mutant")
    exec(compile(text, "mutant", "exec"), module.__dict__)
    return module


def backward_of(tree: ast.Module) -> list[ast.stmt]:
    """The statements of ``loss_and_grad`` behind the one that computes the loss, without the return."""
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "loss_and_grad")
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Tuple)
    loss = ast.unparse(last.value.elts[0])
    ends = [
        i for i, each in enumerate(function.body[:-1])
        if any(isinstance(n, ast.Name) and n.id == loss and isinstance(n.ctx, ast.Store) for n in ast.walk(each))
    ]  # fmt: skip
    return function.body[ends[-1] + 1 : -1]


def overwrite_instead_of_accumulate(node: ast.AST) -> ast.AST | None:
    return ast.Assign([node.target], node.value) if isinstance(node, ast.AugAssign) else None


def term_missing(node: ast.AST) -> ast.AST | None:
    return ast.Pass() if isinstance(node, ast.AugAssign) else None


def sign_of_a_term_wrong(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.AugAssign):
        return None
    return ast.AugAssign(node.target, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.value)


def transpose_forgotten(node: ast.AST) -> ast.AST | None:
    return node.value if isinstance(node, ast.Attribute) and node.attr == "T" else None


def constant_off_in_the_fifth_digit(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and node.value:
        return ast.Constant(node.value * 1.00001)
    return None


def constant_doubled(node: ast.AST) -> ast.AST | None:
    """Also moves axes, slices and exponents by one or more."""
    return ast.Constant(node.value * 2) if isinstance(node, ast.Constant) and type(node.value) is int else None


def batch_size_forgotten(node: ast.AST) -> ast.AST | None:
    return ast.Constant(1) if isinstance(node, ast.Name) and node.id == "N" else None


def cotangent_forgotten(node: ast.AST) -> ast.AST | None:
    return ast.Constant(1) if isinstance(node, ast.Name) and node.id == "cotangent" else None


SWAPS = {
    "greater": "less", "greater_equal": "greater", "less": "greater", "multiply": "add", "subtract": "add",
    "add": "subtract", "divide": "multiply", "maximum": "minimum", "sum": "max", "exp": "expm1", "equal": "not_equal",
}  # fmt: skip


def other_function(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
        other = SWAPS.get(node.attr)
        return ast.Attribute(node.value, other, node.ctx) if other else None
    return None


def operands_swapped(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call) and len(node.args) == 2 and ast.unparse(node.func) in ("np.subtract", "np.divide"):
        return ast.Call(node.func, node.args[::-1], node.keywords)
    return None


def is_product(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "dot"


def single_precision_inside(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call) and (is_product(node) or ast.unparse(node.func) in ("np.matmul", "np.multiply")):
        if any(each.arg == "out" for each in node.keywords):
            return None
        narrow = ast.parse(
            "x.astype(np.complex64 if dtype.kind == 'c' else np.float32).astype(dtype)", mode="eval"
        ).body
        assert isinstance(narrow, ast.Call)
        narrow.func.value.func.value = node  # type: ignore[attr-defined]
        return narrow
    return None


def sum_over_all_but_the_last_example(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.sum" and node.args:
        short = ast.Subscript(node.args[0], ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None), ast.Load())
        return ast.Call(node.func, [short, *node.args[1:]], node.keywords)
    if isinstance(node, ast.Call) and is_product(node) and ast.unparse(node.func.value).startswith("work.ones"):
        tail = ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None)
        ones, summed = (ast.Subscript(each, tail, ast.Load()) for each in (node.func.value, node.args[0]))
        return ast.Call(ast.Attribute(ones, "dot", ast.Load()), [summed], node.keywords)
    return None


def last_statement_lost(node: ast.AST) -> ast.AST | None:
    """The right side read one statement earlier: what a variable held before it was written."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.keywords:
        first = node.value.keywords[0]
        return ast.Assign(node.targets, first.value) if first.arg == "out" else None
    return None


KINDS: tuple[Callable[[ast.AST], ast.AST | None], ...] = (
    overwrite_instead_of_accumulate, term_missing, sign_of_a_term_wrong, transpose_forgotten, constant_off_in_the_fifth_digit,
    constant_doubled, batch_size_forgotten, cotangent_forgotten, other_function, operands_swapped, single_precision_inside,
    sum_over_all_but_the_last_example, last_statement_lost,
)  # fmt: skip
MOST = 7  # mutants of one kind in one network


class Replace(ast.NodeTransformer):
    """Puts ``new`` where ``old`` stands."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants(text: str, kind: Callable[[ast.AST], ast.AST | None]) -> Iterator[tuple[str, str]]:
    """What was changed, and the text with the change, for each place where ``kind`` applies (evenly chosen if many)."""
    tree = ast.parse(text)
    places = [n for each in backward_of(tree) for n in ast.walk(each)]
    fits = [number for number, node in enumerate(places) if kind(copy.deepcopy(node)) is not None]
    for number in fits[:: -(-len(fits) // MOST) or 1]:
        fresh = ast.parse(text)
        old = [n for each in backward_of(fresh) for n in ast.walk(each)][number]
        before = ast.unparse(old)
        new = kind(old)
        assert new is not None
        Replace(old, new).visit(fresh)
        ast.fix_missing_locations(fresh)
        yield before, ast.unparse(fresh)


def gradients(module: ModuleType, seed: int, cotangent: float) -> dict[str, np.ndarray]:
    params, data = point(module, seed)
    with np.errstate(all="ignore"):
        return dict(module.loss_and_grad(params, *data, cotangent=cotangent)[1])


def differs(honest: ModuleType, mutant: ModuleType) -> bool | None:
    """Whether a mutant's gradient is wrong by more than rounding; ``None`` if it does not even run."""
    for seed in range(3):
        for cotangent in (1.0, 3.0):
            truth = gradients(honest, seed, cotangent)
            try:
                found = gradients(mutant, seed, cotangent)
            except Exception:
                return None
            for name, value in truth.items():
                got = found[name]
                if (
                    got is None
                    or got.shape != value.shape
                    or np.abs(got - value).max(initial=0) > 1e-9 * np.abs(value).max(initial=0)
                ):
                    return True
    return False


@pytest.mark.parametrize("net", NETS)
def test_every_mutant_of_a_backward_pass_is_caught(net: str) -> None:
    text = emitted(NETS[net])
    honest = loaded(text)
    caught: dict[str, int] = {}
    for kind in KINDS:
        for place, changed in mutants(text, kind):
            mutant = loaded(changed)
            wrong = differs(honest, mutant)
            if wrong is False:
                continue  # the same program in other words
            certificate = verify_module(mutant, effort="quick")
            assert not certificate.passed, f"{kind.__name__} at {place} was let through\n{certificate.format()}"
            caught[kind.__name__] = caught.get(kind.__name__, 0) + 1
    assert sum(caught.values()) >= (5 if net == "bare" else 20), caught


def test_the_mutants_are_of_many_kinds() -> None:
    """Else the test above would say little: each kind applies somewhere."""
    texts = [emitted(each) for each in NETS.values()]
    assert all(any(True for text in texts for _ in mutants(text, kind)) for kind in KINDS)
