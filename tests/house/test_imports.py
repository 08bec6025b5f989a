"""Imports say how the house is built: each is at the top of its file, and together they have no cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

Modules = Mapping[str, ast.Module]


def may_import_lazily(module: str) -> bool:
    """The command line starts fast only if it imports late, and the package's own face must cost nothing."""
    return module == "symbprop" or module.split(".")[1].startswith("cli")


def imports(tree: ast.AST, package: str, known: Modules) -> Iterator[str]:
    """The modules of ``known`` that ``tree``, a file of ``package``, imports anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                if inner in known:
                    yield inner
                elif origin in known:
                    yield origin


def hidden_imports(tree: ast.Module) -> Iterator[int]:
    """The lines of imports that stand inside a function."""
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    for function in functions:
        yield from (node.lineno for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom)))


def graph(modules: Modules) -> dict[str, set[str]]:
    """Which modules each module imports; what the package's face imports lazily is not counted."""
    packages = {name.rpartition(".")[0] for name in modules}
    return {
        name: set(imports(tree, name if name in packages else name.rpartition(".")[0], modules)) - {name}
        for name, tree in modules.items()
        if name != "symbprop"
    }


def test_no_modules_import_each_other_in_a_circle(modules: Modules) -> None:
    try:
        TopologicalSorter(graph(modules)).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_no_import_is_hidden_inside_a_function(modules: Modules) -> None:
    held = {name: tree for name, tree in modules.items() if not may_import_lazily(name)}
    found = [f"{name}:{line}" for name, tree in held.items() for line in hidden_imports(tree)]
    assert not found, "\n".join(found)


def test_source_positions_need_nothing_else_of_symbprop(modules: Modules) -> None:
    assert graph(modules)["symbprop.language.source"] == set()


def test_the_graph_sees_every_form_of_import_and_the_hidden_ones() -> None:
    known = {name: ast.parse("") for name in ("symbprop", "symbprop.a", "symbprop.a.b", "symbprop.c")}
    text = "import symbprop.c\nfrom symbprop.a import b\nfrom symbprop.a import thing\ndef f():\n    from . import b"
    assert list(imports(ast.parse(text), "symbprop.a", known)) == [
        "symbprop.c",
        "symbprop.a.b",
        "symbprop.a",
        "symbprop.a.b",
    ]
    assert list(imports(ast.parse("from ..c import x"), "symbprop.a", known)) == ["symbprop.c"]
    assert list(hidden_imports(ast.parse(text))) == [5]
