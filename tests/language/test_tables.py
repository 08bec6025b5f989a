"""The kept tables of the grammar are those of the grammar, and what is out of date is built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbprop.language import tables
from symbprop.language.tables import STARTS, build, made_from, parser_of

TEXTS = {
    "equations": "y[n, j] = sum(k, x[n, k] * W[k, j]) + b[j] else 0; z = -y^2 / (1 + exp(-y))",
    "expression": "where(x > 0 and not y < 1, 2 * x ^ 3, -1e-3)",
    "operation": "op f(x[..., k], g[k] = ones; epsilon = 1e-3):\n    y[..., k] = g[k] * x[..., k] / sqrt(epsilon)\n",
}


def test_the_kept_tables_are_of_this_grammar() -> None:
    (grammar, _), _ = json.loads(tables.KEPT.read_bytes().partition(b"\n")[0])
    assert grammar == made_from()[0], "run: python -m symbprop.language.tables"


@pytest.mark.parametrize("start", STARTS)
def test_what_is_loaded_parses_as_what_is_built(start: str) -> None:
    assert parser_of(start).parse(TEXTS[start]) == build(start).parse(TEXTS[start])


def test_tables_of_another_grammar_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "grammar.tables"
    kept.write_bytes(tables.KEPT.read_bytes().replace(made_from()[0].encode(), b"another grammar"))
    monkeypatch.setattr(tables, "KEPT", kept)
    tables._kept.cache_clear()
    tables.parser_of.cache_clear()
    try:
        assert tables._kept() is None
        assert parser_of("expression").parse(TEXTS["expression"]) == build("expression").parse(TEXTS["expression"])
    finally:
        tables._kept.cache_clear()
        tables.parser_of.cache_clear()


def test_writing_gives_tables_that_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEPT", tmp_path / "grammar.tables")
    tables.write(tables.KEPT)
    tables._kept.cache_clear()
    try:
        assert tables._kept() is not None
    finally:
        tables._kept.cache_clear()
