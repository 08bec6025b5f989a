"""Every operation on sequences, alone in a small network made from its signature, passes verification and agrees with loops."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from library.test_verified import assert_right

from symbprop.language.scope import group_of, integer_names
from symbprop.language.syntax import Operation
from symbprop.library.catalogue import catalogue
from symbprop.network.arguments import data_arguments

CATEGORIES = ("normalization", "embedding", "attention", "gating", "shaping")
NAMES = [name for name in catalogue().operations if catalogue().category(name) in CATEGORIES]
SIZES = {"num_heads": 2, "key_dim": 3, "intermediate_dim": 3, "units": 2, "n": 3, "scale": 2, "groups": 2}
VOCABULARY = 4
LENGTHS = {"t": 3, "s": 3, "r": 3, "h": 2}  # of an index in a signature; any other runs over 4 features


def network(operation: Operation, *, optional: bool) -> str:
    """The operation between its inputs and a weighted sum; with ``optional``, given all that may be absent too."""
    integers = {each for equation in operation.equations for each in integer_names(equation)}
    inputs, roles = [], []
    for each in data_arguments(operation):
        if each.absent is not None and not optional:
            continue
        names = [getattr(getattr(c, "index", c), "name", "") for c in each.index]
        groups = [group_of(c) is not None for c in each.index]
        sizes = [3 if group else LENGTHS.get(name, 4) for name, group in zip(names, groups, strict=True)]
        batch = not groups[0]
        shape = sizes[1:] if batch or len(sizes) == 1 else sizes
        whole = each.name in integers or "mask" in each.name or each.name == "ids"
        kind = f", dtype: int, classes: {2 if 'mask' in each.name else VOCABULARY}" if whole else ""
        inputs.append(f"{each.name}_: {{shape: {shape}{kind}}}")
        roles.append(f"{each.name}: {each.name}_")
    sizes_of = {**SIZES, **dict.fromkeys(("input_dim", "vocabulary_size", "num_classes"), VOCABULARY)}
    sizes_of.update(output_dim=3, embedding_dim=3, sequence_length=3)
    declared = {each.name: each.default for each in operation.attributes}
    given = [name for name, default in declared.items() if default is None or name == "groups"]
    arguments = ", ".join(f"{name}: {sizes_of[name]}" for name in given)
    return (
        f"inputs: {{{', '.join(inputs)}}}\nnodes:\n"
        f"  a: {{{operation.name}: {{{arguments}}}, inputs: {{{', '.join(roles)}}}}}\n"
        "  f: {flatten: {}, inputs: [a]}\n  b: {dense: {units: 1, activation: tanh}, inputs: [f]}\n"
        "loss: {formula: 'L = mean((n, k), (b[n, k] - 1)^2)', inputs: [b]}\n"
    )


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_operation_on_sequences_passes_verification(
    name: str, optional: bool, compiled: Callable[..., ModuleType]
) -> None:
    operation = catalogue().operations[name]
    if optional and all(each.absent is None for each in data_arguments(operation)):
        pytest.skip("nothing of it may be absent")
    text = network(operation, optional=optional)
    assert_right(compiled(text), text)
