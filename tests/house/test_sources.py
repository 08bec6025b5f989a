"""What holds of every file: small, named after its idea, safe, and free of special cases."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from symbprop.language.functions import BUILTINS, REDUCTIONS
from symbprop.language.syntax import Draw

LONGEST_FILE = 300
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "base", "helpers", "misc"}
EXECUTES_TEXT = {"sympify", "parse_expr", "lambdify"}
EXECUTES_CODE = {"eval", "exec", "__import__"}
PATH_OF_ONE_MACHINE = re.compile(r"(?<![\w.~/])/(?:work|home|root|Users)/\w")

Modules = Mapping[str, ast.Module]


def executions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where ``tree`` names a function that executes what it is given, called or not.

    ``S("text")`` is SymPy's short name of sympify. A method may be called eval, as SymPy's functions have one.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in EXECUTES_TEXT | EXECUTES_CODE:
                yield node.lineno, name
            case ast.Attribute(attr=name) | ast.alias(name=name) if name in EXECUTES_TEXT:
                yield node.lineno, name
            case ast.Call(func=ast.Name(id="S") | ast.Attribute(attr="S")):
                yield node.lineno, "S"


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string literal with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_nothing_executes_text(modules: Modules) -> None:
    found = [f"{name}:{line}: {what}" for name, tree in modules.items() for line, what in executions(tree)]
    assert not found, "\n".join(found)


def test_an_execution_is_seen_in_every_disguise() -> None:
    seen = "eval(t)\nrun = exec\nsympy.sympify(t)\nfrom sympy import parse_expr as p\nS(t)\nsympy.S(t)"
    assert [line for line, _ in sorted(executions(ast.parse(seen)))] == [1, 2, 3, 4, 5, 6]
    assert not list(executions(ast.parse("S.One\nclass F:\n    def eval(cls, x): ...")))


def test_a_file_is_named_after_what_it_holds(root: Path, files: list[Path]) -> None:
    found = [str(path.relative_to(root)) for path in files if path.stem in NAMES_THAT_SAY_NOTHING]
    assert not found, "\n".join(found)


def test_python_files_are_small(root: Path, files: list[Path]) -> None:
    written = [path for path in files if path.suffix == ".py" and root / "generated" not in path.parents]
    lengths = [(len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(root)) for path in written]
    found = [f"{path}: {length} lines" for length, path in lengths if length > LONGEST_FILE]
    assert not found, "\n".join(found)


def test_no_file_knows_the_machine_it_was_written_on(root: Path, files: list[Path]) -> None:
    found: list[str] = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # not text
        place = path.relative_to(root)
        found.extend(f"{place}:{number}" for number, line in enumerate(lines, 1) if PATH_OF_ONE_MACHINE.search(line))
    assert not found, "\n".join(found)


def test_no_operation_of_the_library_is_named_in_the_code(root: Path, modules: Modules) -> None:
    """The shape of a statement decides what becomes of it, never the name of the layer it came from.

    Words that mean something else too are let pass: the language's own functions, its random draws, and the functions
    of NumPy, which the emitter has to name.
    """
    library = (root / "symbprop" / "library").glob("*.sym")
    operations = {
        name for path in library for name in re.findall(r"^op (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(operations) > 20, "the library was not found"
    ambiguous = {*BUILTINS, *REDUCTIONS, *(draw.value for draw in Draw), *dir(np)}
    special = operations - ambiguous
    found = [
        f"{name}:{line}: {text}" for name, tree in modules.items() for line, text in texts(tree) if text in special
    ]
    assert not found, "\n".join(found)
