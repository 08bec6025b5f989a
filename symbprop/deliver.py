"""Handing a module over: audited, verified where it lies, then moved into place in one step. Half a file never exists."""

from __future__ import annotations

import ast
import contextlib
import os
import secrets
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from symbprop.faithful import Comparison, compare
from symbprop.language.source import Source
from symbprop.network.description import Description
from symbprop.network.naming import identifier
from symbprop.network.network import Network
from symbprop.pipeline import Result, compile_description
from symbprop.stillness import reasons_for_zero
from symbprop.verify.certificate import Certificate, certified
from symbprop.verify.effort import EFFORTS
from symbprop.verify.memory import require_memory
from symbprop.verify.module import load_module, verify_module

IMPORTED = {"numpy", *map(str.lower, sys.stdlib_module_names)}
CLOCK = 3600.0  # seconds that a file may be ahead of the clock before its time is taken for nonsense

FORBIDDEN = frozenset(
    (
        "eval",
        "exec",
        "compile",
        "open",
        "__import__",
        "getattr",
        "setattr",
        "delattr",
        "globals",
        "locals",
        "vars",
        "input",
    )
)


class AuditError(Exception):
    """The emitted text does something that no emitted module may do. Always a fault of symbprop."""


class NotVerifiedError(Exception):
    """A module's gradient does not agree with its own loss; ``certificate`` says where."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        super().__init__(certificate.format())


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a module lies now, and what was found of it (nothing, if it was not to be verified).

    ``comparison`` is that with the formulas, where the network was given.
    """

    path: Path
    certificate: Certificate | None
    comparison: Comparison | None = None

    def format(self) -> str:
        """The certificate, and the comparison under it; nothing of what was not verified."""
        found = (
            self.certificate.format() if self.certificate else "",
            self.comparison.describe() if self.comparison else "",
        )
        return "\n".join(filter(None, found))


def audit(text: str) -> None:
    """Raises ``AuditError`` unless ``text`` is Python that imports NumPy, and reaches for nothing beyond it."""
    tree = ast.parse(text)
    for name in _builtins(tree):
        if name in FORBIDDEN:
            raise AuditError(f"it names {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and [(each.name, each.asname) for each in node.names] != [("numpy", "np")]:
            raise AuditError("it imports more than NumPy")
        if isinstance(node, ast.ImportFrom):
            raise AuditError("it imports more than NumPy")
        if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
            raise AuditError(f"it reaches for {node.attr}")
        if isinstance(node, (ast.Global, ast.Nonlocal, ast.AsyncFunctionDef, ast.With)):
            raise AuditError(f"it holds a {type(node).__name__} statement")


def _builtins(tree: ast.Module) -> Iterator[str]:
    """The names that are read where nothing in their function binds them: globals and builtins."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        arguments = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        bound = arguments | {node.id for node in names if isinstance(node.ctx, ast.Store)}
        yield from (node.id for node in names if node.id not in bound)
    outside = [node for statement in tree.body if statement not in functions for node in ast.walk(statement)]
    yield from (node.id for node in outside if isinstance(node, ast.Name))


def deliver(
    name: str,
    text: str,
    directory: str | Path,
    *,
    verify: bool = True,
    seed: int = 0,
    effort: str = "normal",
    network: Network | None = None,
) -> Delivery:
    """Write ``text`` to ``directory/<name>.py`` once it is audited and verified, which its docstring then says.

    Raises ``NotVerifiedError`` (and leaves what was there as it was) if the module's gradient is wrong, or its loss or
    outputs are not those of ``network``; ``OSError`` if the file cannot be written.
    """
    audit(text)
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{module_name(name)}.py"
    with replacing(target) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
        certificate = comparison = None
        if verify:
            certificate, comparison = verified(load_module(draft), network, seed=seed, effort=effort)
            if not certificate.passed:
                raise NotVerifiedError(certificate)
            draft.write_text(certified(text, certificate), encoding="utf-8", newline="\n")
    return Delivery(target, certificate, comparison)


def verified(
    module: ModuleType, network: Network | None, *, seed: int, effort: str
) -> tuple[Certificate, Comparison | None]:
    """The certificate of a module, and how the loss and outputs of one that has passed compare with ``network``.

    Where they differ the certificate says so.
    """
    certificate = verify_module(module, seed=seed, effort=effort)
    if network is None or not certificate.passed:
        return certificate, None
    comparison = compare(module, network, EFFORTS[effort].interpreted, seed)
    return replace(certificate, failures=comparison.wrong), comparison


def compile_to(
    description: Description,
    source: Source,
    directory: str | Path,
    *,
    verify: bool = True,
    without: Collection[str] = (),
    effort: str = "normal",
    selfcheck: bool = False,
) -> tuple[Result, Delivery]:
    """Compile a description into ``directory``.

    A gradient that vanishes at every probe is no silent zero, and one of nothing but rounding is no gradient: a reason
    is looked for, and where one is found the module is made again with the reason in it. Raises as :func:`deliver` and
    the pipeline do.
    """
    result = compile_description(description, source, without=without, selfcheck=selfcheck)
    name = result.derived.network.name
    if verify:
        require_memory(result.derived.network.program, description.span)
    try:
        delivery = deliver(name, result.source, directory, verify=verify, effort=effort, network=result.derived.network)
        found = delivery.certificate.parameters if delivery.certificate else ()
        suspects = [each.name for each in found if each.always_zero and not each.reason_zero]
        zeros = reasons_for_zero(result.derived.network, suspects)
    except NotVerifiedError as error:
        wrong = [each.name for each in error.certificate.parameters if not each.passed or each.always_zero]
        zeros = reasons_for_zero(result.derived.network, wrong)
        if not zeros:
            raise
    if zeros:
        result = compile_description(description, source, without=without, zeros=zeros, selfcheck=selfcheck)
        delivery = deliver(name, result.source, directory, verify=verify, effort=effort, network=result.derived.network)
    return result, delivery


def module_name(name: str) -> str:
    """The name of the file: never one that NumPy would import instead of its own, from the folder where it lies.

    >>> module_name("hidden layer"), module_name("random"), module_name("numpy")
    ('hidden_layer', 'random_', 'numpy_')
    """
    made = identifier(name)
    return f"{made}_" if made.lower() in IMPORTED else made


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A draft beside ``target`` that becomes it when the block ends well, and vanishes when it does not.

    The new file's time of change is in another second than that of the old one, because that second and the size are
    all by which Python knows that what it compiled earlier is stale.
    """
    draft = target.with_name(f".{target.stem[:100]}-{secrets.token_hex(8)}{target.suffix}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
            with contextlib.suppress(OSError):
                now, old = os.fstat(written.fileno()).st_mtime, target.stat().st_mtime
                if int(now) <= int(old) < now + CLOCK:
                    os.utime(draft, (now, int(old) + 1))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
