"""Names of tensors: short where they are unique, numbered by layer where they are not, safe as identifiers always."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from symbprop.calculus.notation import NEXT
from symbprop.calculus.program import Program
from symbprop.calculus.statement import Statement


def identifier(text: str) -> str:
    """``text`` where it is an identifier already, else one made from it.

    >>> identifier("z"), identifier("hidden layer"), identifier("lambda"), identifier("1st")
    ('z', 'hidden_layer', 'lambda_', 'v1st')
    """
    normal = unicodedata.normalize("NFKC", text)
    kept = "".join(c if c == "_" or ("a" + c).isidentifier() else "_" for c in normal).strip("_") or "v"
    if not kept[0].isidentifier():
        kept = f"v{kept}"
    return f"{kept}_" if keyword.iskeyword(kept) or keyword.issoftkeyword(kept) else kept


class Wishes:
    """Provisional names, made final together: ``W`` if there is one W, ``W1`` and ``W2`` if there are two."""

    def __init__(self, fixed: Iterable[str]) -> None:
        self._fixed = list(fixed)
        self._wishes: dict[str, tuple[str, str]] = {}
        self._operation = 0

    def next_operation(self) -> None:
        """From here on names are those of another operation: they do not depend on how many there were before."""
        self._operation += 1

    def add(self, local: str, block: str) -> str:
        """A provisional name for ``local`` in layer ``block`` (a number, or a name of the user's)."""
        name, count = f"{self._operation}@{local}", 1
        while name in self._wishes:
            count += 1
            name = f"{self._operation}.{count}@{local}"
        self._wishes[name] = (identifier(local) if local else "", block)
        return name

    def of(self, name: str) -> tuple[str, str] | None:
        """The local name and the layer that a provisional name was made from."""
        return self._wishes.get(name)

    def final(self, settled: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """Every provisional name's final one, in order of making. Those that are ``settled`` keep theirs."""
        counts: dict[str, int] = {}
        for local, block in self._wishes.values():
            if block.isdigit() or not block:
                counts[local] = counts.get(local, 0) + 1
        taken = {*self._fixed, *settled.values()}
        names: dict[str, str] = dict(settled)
        for provisional, (local, block) in self._wishes.items():
            if provisional in settled:
                continue
            stem = local.removesuffix(NEXT)
            ending = local[len(stem) :]  # last in every name, so that it is printed as a prime
            if block and not block.isdigit():
                wish = f"{stem}_{identifier(block)}{ending}" if local else identifier(block)
            else:
                wish = local if counts[local] == 1 else f"{stem}{block}{ending}"
            names[provisional] = _free(wish, taken)
            taken.add(names[provisional])
        return names


def _free(wish: str, taken: set[str]) -> str:
    name, count = wish, 1
    while name in taken:
        count += 1
        name = f"{wish}_{count}"
    return name


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """The program with tensors renamed."""

    def new(name: str) -> str:
        return names.get(name, name)

    tensors = {new(name): replace(tensor, name=new(name)) for name, tensor in program.tensors.items()}
    statements = tuple(_rename(each, new) for each in program.statements)
    loss = None if program.loss is None else new(program.loss)
    updates = {new(state): new(following) for state, following in program.updates.items()}
    metrics = {label: new(name) for label, name in program.metrics.items()}
    return Program(tensors, statements, tuple(new(each) for each in program.outputs), loss, updates, metrics)


def _rename(each: Statement, new: Callable[[str], str]) -> Statement:
    reads = tuple(access.retarget(new) for access in each.reads)
    return replace(each, target=each.target.retarget(new), reads=reads)
