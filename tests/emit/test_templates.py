"""What is kept of the templates is what they become, and what is out of date is made anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbprop.emit import templates
from symbprop.emit.templates import environment, folder, kept, made, made_with, write

NAMES = sorted(file.name for file in folder().glob("*.py.jinja"))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file to keep other things in, while no other environment is used."""
    file = tmp_path / "templates.tables"
    monkeypatch.setattr(templates, "KEPT", file)
    monkeypatch.setattr(templates, "kept", kept.__wrapped__)
    monkeypatch.setattr(templates, "environment", environment.__wrapped__)
    return file


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_what_the_template_becomes(name: str) -> None:
    assert tuple(kept().get(name, ())) == made(name), "run: python -m symbprop.emit.templates"


def test_nothing_else_is_kept() -> None:
    assert sorted(kept()) == NAMES


def test_another_text_is_compiled(fresh: Path) -> None:
    text = (folder() / "helper_into.py.jinja").read_text(encoding="utf-8")
    fresh.write_text(json.dumps([made_with(), {"helper_into.py.jinja": ["of another text", "raise SystemExit"]}]))
    assert templates.environment().get_template("helper_into.py.jinja").render() == text


def test_another_jinja_makes_it_anew(fresh: Path) -> None:
    digest, _ = made("helper_into.py.jinja")
    fresh.write_text(json.dumps([["another", ""], {"helper_into.py.jinja": [digest, "raise SystemExit"]}]))
    assert "def _into" in templates.environment().get_template("helper_into.py.jinja").render()


def test_writing_keeps_what_is_used(fresh: Path) -> None:
    write(fresh)
    assert sorted(templates.kept()) == NAMES
