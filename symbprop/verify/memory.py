"""Whether a module can be run at all on this machine: told from the shapes, in exact integers, before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import prod

from symbprop.calculus.index import Extent
from symbprop.calculus.program import Program, Role
from symbprop.language.source import SourceError, Span

FREE = 3  # the least that a size free at run time is in a verification
ELEMENT = 8  # bytes


def require_memory(program: Program, span: Span) -> None:
    """Raises ``SourceError`` if parameters, their gradients and the largest other tensor alone exceed the memory."""
    parameters = list(program.of(Role.PARAMETER))
    others = [tensor for tensor in program.tensors.values() if tensor.role is not Role.PARAMETER]
    needed = 2 * sum(_elements(tensor.shape) for tensor in parameters)
    needed = ELEMENT * (needed + max((_elements(tensor.shape) for tensor in others), default=0))
    there = physical_memory()
    if there is not None and needed > there:
        largest = max(program.tensors.values(), key=lambda tensor: _elements(tensor.shape))
        shape = ", ".join(map(str, largest.shape))
        raise SourceError(
            f"verifying takes at least {in_words(needed)}, and there are {in_words(there)}: {largest.name} has shape [{shape}]",
            span,
            hint="make it smaller, or write it unverified with --no-verify",
        )


def _elements(shape: Iterable[Extent]) -> int:
    return prod(size if isinstance(size, int) else FREE for size in shape)


def physical_memory() -> int | None:
    """The bytes of memory that this machine has, where it tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def in_words(size: int) -> str:
    """A number of bytes as people write it.

    >>> in_words(1536), in_words(480_000_000_000)
    ('1.5 kB', '447.0 GB')
    """
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:.1f} {units[0]}"
