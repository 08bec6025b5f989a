"""Text that a user wrote, wherever it may stand, is never a part of the program: it is refused, or it is only a name."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import shutil
import subprocess
import sys
import types
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import point

from symbprop.deliver import audit
from symbprop.language.source import Source, SourceError
from symbprop.pipeline import compile_description, read

WORDS = (
    "lambda", "None", "np", "params", "arrays", "sizes", "dtype", "grads", "loss", "init", "_arguments", "PARAMETERS", "__class__",
    "match", "print", "dict", "N", "n", "t", "cotangent", "L", "L_bar", "W", "E", "pi", "exp", "Ω", "ﬁ", "ª",
)  # fmt: skip
TEXTS = (
    "x y", "a-b", "1st", "_", "'", '"', '"""', "\\", "\\n", "\\u0041", "#", "{{ 7*7 }}", "{% raw %}", "{# no #}", "%s", "$x$", "<b>",
    "x\nimport os", "x\rimport os", "x\u2028import os", "x\x0cimport os", "x\x00y", "\u202eabc", "\ufeff", "\U0001f600", "", " ",
    "os.system('x')", '"""\nimport os\n"""', "x = 1; y",
)  # fmt: skip
PLACES = ("name", "doc", "input", "target", "node", "parameter", "operation", "file")


def described(place: str, text: str) -> Source:
    """A description with ``text`` at one place, as JSON, where every string can be written."""
    names = {each: f"{each}s" for each in ("input", "target", "node", "output", "operation")} | {place: text}
    parameter = text if place == "parameter" else "slope"
    fields = {
        "name": text if place == "name" else "net",
        "doc": text if place == "doc" else "a network",
        "inputs": {names["input"]: {"shape": [3]}},
        "targets": {names["target"]: {"shape": [2]}},
        "operations": [f"op {names['operation']}(x[..., j], {parameter}[j] = ones):\n    y[..., j] = x[..., j] * {parameter}[j]"],
        "nodes": {
            names["node"]: {"dense": {"units": 2, "activation": "tanh"}, "inputs": [names["input"]]},
            names["output"]: {names["operation"]: {}, "inputs": [names["node"]]},
        },
        "loss": "mean_squared_error",
    }  # fmt: skip
    return Source(text if place == "file" else "net.json", json.dumps(fields))


@functools.cache
def emitted(place: str, text: str) -> str:
    source = described(place, text)
    return compile_description(read(source), source).source


def loaded(text: str) -> ModuleType:
    module = types.ModuleType("emitted")
    exec(compile(text, "emitted", "exec"), module.__dict__)
    return module


def shape_of(text: str) -> list[str]:
    """The kinds of all nodes of the syntax tree of what is computed, without names, texts and the order of operands."""
    tree = ast.parse(text)
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    return sorted(type(node).__name__ for each in functions for node in ast.walk(each))


def texts_for(place: str) -> tuple[str, ...]:
    """Words for what becomes a variable, everything else for all."""
    if place == "doc":
        return tuple(text for text in TEXTS if text.strip())
    return TEXTS if place in ("name", "doc", "file", "operation") else (*WORDS, *TEXTS)


PLAIN = {place: emitted(place, "plain") for place in PLACES}


def check(place: str, text: str) -> bool:
    """Whether ``text`` is accepted at ``place``; if so, nothing but a name has changed."""
    try:
        made = emitted(place, text)
    except SourceError as error:
        assert "\n" not in str(error).split("error: ")[0]
        return False
    audit(made)
    assert shape_of(made) == shape_of(PLAIN[place])
    module, plain = loaded(made), loaded(PLAIN[place])
    params, data = point(plain)
    loss, grads = plain.loss_and_grad(params, *data)
    renamed = dict(zip(module.PARAMETERS, params.values(), strict=True))
    other_loss, other = module.loss_and_grad(renamed, *data)
    assert loss == other_loss
    assert all(np.array_equal(a, b) for a, b in zip(grads.values(), other.values(), strict=True))
    assert set(vars(module)) == set(vars(plain))
    return True


@pytest.mark.parametrize("place", ["input", "target", "node"])
@pytest.mark.parametrize("text", ["input", "open", "eval", "vars", "compile"])
def test_a_builtin_that_no_module_may_call_is_a_name_like_any_other(text: str, place: str) -> None:
    assert check(place, text)


@pytest.mark.parametrize("place", PLACES)
def test_a_nasty_text_is_refused_or_a_name_and_nothing_else(place: str) -> None:
    accepted = [text for text in texts_for(place) if check(place, text)]
    assert len(accepted) >= {"parameter": 10, "operation": 0}.get(place, 15)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["name", "input", "target", "node", "file"]), st.text(max_size=12))
def test_any_text_is_refused_or_a_name_and_nothing_else(place: str, text: str) -> None:
    check(place, text)


@pytest.mark.parametrize("place", ["name", "input", "target", "node", "output", "parameter", "operation"])
def test_a_line_break_in_a_name_is_refused(place: str) -> None:
    for text in ("x\nimport os", "x\rimport os", "x\x00y"):
        with pytest.raises(SourceError):
            emitted(place, text)


def test_two_names_that_would_become_one_identifier_are_told_apart_or_refused() -> None:
    for other in ("a_b", "a-b", "a b "):
        fields: dict[str, Any] = {
            "inputs": {"a b": {"shape": [2]}, other: {"shape": [2]}},
            "layers": [{"subtract": {}}],
        }
        source = Source("net.json", json.dumps(fields))
        try:
            module = loaded(compile_description(read(source), source).source)
        except SourceError:
            continue
        assert len(set(module.INPUTS)) == 2


@pytest.mark.parametrize("text", [" ", "\n"])
def test_a_description_may_say_nothing(text: str) -> None:
    assert check("doc", text)


def misformatted(place: str, texts: Iterable[str], folder: Path) -> str:
    """What ``ruff format`` would change in the modules that have one of ``texts`` at ``place``."""
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    for number, text in enumerate(texts):
        with contextlib.suppress(SourceError):
            (folder / f"m{number}.py").write_text(emitted(place, text), encoding="utf-8", newline="\n")
    assert any(folder.iterdir())
    done = subprocess.run(
        [ruff, "format", "--isolated", "--diff", "."], cwd=folder, capture_output=True, encoding="utf-8"
    )
    return done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_modules_with_nasty_names_are_formatted_too(place: str, tmp_path: Path) -> None:
    texts = [text for text in texts_for(place) if text.strip(" \\") and '"' not in text and len(text) < 9]
    assert misformatted(place, texts, tmp_path) == ""


def test_a_long_name_of_a_layer_is_formatted_too(tmp_path: Path) -> None:
    assert misformatted("node", ["a_layer_of_the_encoder"], tmp_path) == ""


def test_a_quoted_name_is_formatted_too(tmp_path: Path) -> None:
    assert misformatted("name", ['say "yes"'], tmp_path) == ""
