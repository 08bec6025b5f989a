"""The first lines of a public function: its arguments checked, and named as the body names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from symbprop.calculus.program import Tensor
from symbprop.emit.lines import WIDTH, Line
from symbprop.emit.literals import string


def opening(
    givens: Sequence[Tensor],
    tensors: Sequence[Tensor],
    names: Mapping[str, str],
    body: Sequence[str],
    sizes: Sequence[str],
    *,
    state: bool,
) -> list[str]:
    """``givens`` are what the function takes beside parameters and ``state``, ``tensors`` all of it, in order.

    Of the free ``sizes`` those are named that the body mentions.
    """
    given = "{" + ", ".join(f"{string(t.name)}: {names[t.name]}" for t in givens) + "}"
    arguments = ("params", given, *(("state",) if state else ()))
    lines = Line("dtype, arrays, sizes = ", "_arguments", arguments).render(4)
    arrays = [names[tensor.name] for tensor in tensors]
    unpack = ", ".join(arrays)
    if len(arrays) == 1:
        lines.append(f"    ({unpack},) = arrays")
    elif arrays and len(unpack) + 13 <= WIDTH:
        lines.append(f"    {unpack} = arrays")
    elif arrays:
        lines.extend(["    (", *(f"        {each}," for each in arrays), "    ) = arrays"])
    text = "\n".join(body)
    lines.extend(f'    {each} = sizes["{each}"]' for each in sizes if _mentions(text, each))
    return lines


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) is not None
