"""The kept operations are those that the library's text says, and what is out of date is parsed."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import pytest

from symbprop.language.parser import Block
from symbprop.language.source import Source
from symbprop.language.syntax import Operation
from symbprop.library import tables
from symbprop.library.catalogue import catalogue
from symbprop.library.tables import KeptBlock, blocks, made_from, sources


def parsed() -> dict[str, Operation]:
    return {each.name: each for _, block in tables._texts(sources()) for each in block.parse()}


def test_the_kept_operations_are_of_this_library_and_this_parser() -> None:
    assert all(isinstance(each, KeptBlock) for _, each in blocks(sources())), "run: python -m symbprop.library.tables"


def test_what_is_kept_is_what_is_parsed() -> None:
    """To the last span, and in types too: 1 is not true."""
    kept, fresh = dict(catalogue().operations), parsed()
    assert list(kept) == list(fresh)
    for name, each in fresh.items():
        assert kept[name] == each
        assert repr(kept[name]) == repr(each)


def test_operations_of_another_library_are_not_used() -> None:
    other = {
        **sources(),
        "activations": Source("activations.sym", "# Twice\nop twice(x[...]):\n    y[...] = 2 * x[...]\n"),
    }
    assert made_from(other) != made_from(sources())
    found = list(blocks(other))
    assert all(isinstance(each, Block) for _, each in found)
    assert [each.names for stem, each in found if stem == "activations"] == [("twice",)]


def test_writing_gives_operations_that_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEPT", tmp_path / "operations.tables")
    tables.write(tables.KEPT)
    assert all(isinstance(each, KeptBlock) for _, each in blocks(sources()))


def test_nothing_but_a_syntax_tree_is_read() -> None:
    source = Source("activations.sym", "")
    for written in (pickle.dumps(print, 4), pickle.dumps(Path(), 4)):
        with pytest.raises(KeyError):
            tables._Reader(io.BytesIO(written), source).load()
