"""The library's text: read once, every entry with its source, every entry distinct."""

from __future__ import annotations

import re

import pytest

from symbprop.language.parser import Block
from symbprop.language.source import NOWHERE, SourceError
from symbprop.library import tables
from symbprop.library.catalogue import TRAINING, catalogue
from symbprop.library.tables import KeptBlock

NAMES = list(catalogue().operations)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_says_what_it_is(name: str) -> None:
    comment = catalogue().operations[name].comment
    assert len(comment) > 10
    assert not re.search(r"TODO|FIXME", comment)


def test_the_library_holds_what_a_first_network_needs() -> None:
    categories = dict.fromkeys(catalogue().categories.values(), 0)
    for name in NAMES:
        categories[catalogue().category(name)] += 1
    assert {"activations", "initializers", "layers", "losses", "penalties"} <= set(categories)
    assert {"metrics", "noise", "normalization_with_state"} <= set(categories)
    assert set(categories) >= TRAINING
    assert categories["activations"] >= 20
    assert categories["losses"] >= 14


def test_a_name_that_is_none_is_told_the_closest() -> None:
    with pytest.raises(SourceError) as caught:
        catalogue().get("sofmax", NOWHERE)
    assert "softmax" in caught.value.hint


def test_formulas_are_plain_mathematics() -> None:
    """Numerically safe forms are the compiler's to find, so no formula carries one."""
    for name in NAMES:
        lines = catalogue().operations[name].span.source.text
        assert "log1p" not in lines, name
        assert "expm1" not in lines, name


@pytest.mark.parametrize("kind", [KeptBlock, Block])
def test_an_operation_is_parsed_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    parsed = []
    whole = kind.parse
    monkeypatch.setattr(kind, "parse", lambda block: parsed.append(block.names) or whole(block))
    if kind is Block:
        monkeypatch.setattr(tables, "_kept", lambda sources: None)
    fresh = catalogue.__wrapped__()
    assert set(fresh.operations) == set(NAMES)
    assert "tanh" in fresh.operations
    assert parsed == []
    assert fresh.operations["conv2d"].axes == 2
    assert fresh.operations["conv3d"].axes == 3
    assert parsed == [("conv1d", "conv2d", "conv3d")]
