"""The variable of each tensor in emitted code: its own name, unless Python or the module has taken it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable

from symbprop.calculus.program import Program, Role
from symbprop.schedule.plan import Plan

RESERVED = frozenset(
    ("np", "params", "grads", "dtype", "cotangent", "init", "forward", "loss", "loss_and_grad", "rng", "arrays", "seed", "sizes", "out", "microbatch", "map")
) | frozenset(
    ("NAME", "VERSION", "DETACHED", "DTYPE", "PARAMETERS", "INPUTS", "TARGETS", "OUTPUTS", "INTEGERS", "SMALLEST", "RANGES", "FORMULAS")
) | frozenset(("ZERO_GRADIENTS", "KeyError", "TypeError", "ValueError", "dict", "list", "tuple", "int", "str", "float",
               "any", "all", "isinstance", "zip", "enumerate", "len"))  # fmt: skip


def variables(program: Program, extra: Iterable[str] = (), reserved: Collection[str] = ()) -> dict[str, str]:
    """A distinct Python identifier for every tensor, also apart from the names of free sizes (``N``) and ``reserved``."""
    taken = set(RESERVED) | size_names(program) | set(reserved)
    names: dict[str, str] = {}
    for tensor in (*program.tensors, *extra):
        if tensor in program.tensors and _is_loss_seed(program, tensor):
            names[tensor] = "cotangent"
            continue
        wish = tensor
        while wish in taken or keyword.iskeyword(wish) or keyword.issoftkeyword(wish):
            wish += "_"
        taken.add(wish)
        names[tensor] = wish
    return names


def unused(wish: str, taken: set[str]) -> str:
    """``wish``, or the first of wish_2, wish_3, … that is not ``taken``; from now on it is."""
    names = (wish, *(f"{wish}_{count}" for count in range(2, len(taken) + 3)))
    name = next(each for each in names if each not in taken)
    taken.add(name)
    return name


def size_names(program: Program | Plan) -> set[str]:
    """The names of the sizes that are free at run time."""
    sizes = (size for tensor in program.tensors.values() for size in tensor.shape if not isinstance(size, int))
    return {symbol.name for size in sizes for symbol in size.free_symbols}


def _is_loss_seed(program: Program, tensor: str) -> bool:
    if program.loss is None or program.tensors[tensor].role is not Role.SEED or program.tensors[tensor].shape:
        return False
    return re.fullmatch(rf"{re.escape(program.loss)}_bar(_\d+)?", tensor) is not None
