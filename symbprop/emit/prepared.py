"""What each step of a loop works on, as views that are made once with the workspace: ``z1[:, t]`` as ``z1_t``.

To take such a view costs a third of what a call on two thousand elements does, and a step takes a dozen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from symbprop.emit.buffers import Buffer, Buffers
from symbprop.emit.lines import WIDTH, Line
from symbprop.emit.loops import loop_range
from symbprop.emit.variables import unused
from symbprop.schedule.plan import Loop

BINDING = re.compile(r"(\w+(?:, \w+)*) = (.*)")
PART = re.compile(r"\b(\w+)\[([^\[\]]+)\]")
PIECE = re.compile(r"(\d*):(\d+|)")


@dataclass(frozen=True, slots=True)
class StepViews(Buffer):
    """A list of tuples with the views in ``shape``, one for each step; ``function`` says for which."""

    @property
    def text(self) -> str:
        """The comprehension, broken where ``ruff format`` would break it behind ``self.name =``."""
        each = self.shape[0] if len(self.shape) == 1 else f"({', '.join(self.shape)})"
        pad = " " * 8
        if len(f"{pad}self.{self.name} = [{each} {self.function}]") <= WIDTH:
            return f"[{each} {self.function}]"
        if len(f"{pad}    {each} {self.function}") <= WIDTH:
            return f"[\n{pad}    {each} {self.function}\n{pad}]"
        if len(f"{pad}    {each}") > WIDTH:
            rows = "".join(f"{pad}        {view},\n" for view in self.shape)
            each = f"(\n{rows}{pad}    )"
        return f"[\n{pad}    {each}\n{pad}    {self.function}\n{pad}]"


def prepared(
    lines: Sequence[Line], before: Sequence[Line], step: Loop, sizes: Collection[str], taken: set[str], buffers: Buffers
) -> tuple[list[Line], list[Line]]:
    """The head of a loop and its ``lines``, in which parts of arrays of the workspace that belong to a step have names.

    ``before`` are the lines that come before it, ``sizes`` the names of the free sizes; new names are added to ``taken``.
    """
    bound = {name for line in lines for name in _bound(line)}
    taken |= bound
    homes = {name: home for name, home in _homes(before, buffers.variable).items() if name not in bound}
    ranks = {each.name: len(each.shape) for each in buffers.made if each.order}
    number = step.index.name
    names: dict[str, str] = {}
    views: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        variable, inside = match[1], match[2]
        parts = inside.split(", ")
        mentioned = set(re.findall(r"[A-Za-z_]\w*", inside))
        singles = sum(":" not in part for part in parts)
        home = homes.get(variable, "")
        if number not in mentioned or not mentioned <= {number, *sizes} or singles >= ranks.get(home, 0):
            return match[0]
        view = f"self.{home}[{inside}]"
        if match[0] not in names:
            names[match[0]] = unused(_wish(variable, parts, number), taken)
            views[names[match[0]]] = view
        return names[match[0]]

    def renamed(line: Line) -> Line:
        head = PART.sub(named, line.head)
        if head != line.head and re.match(r"\w+ = ", head):  # what stood there was written into
            head = head.replace(" = ", "[...] = ", 1)
        return replace(
            line, head=head, arguments=tuple(PART.sub(named, each) for each in line.arguments),
            tail=PART.sub(named, line.tail),
        )  # fmt: skip

    made = [renamed(line) for line in lines]
    steps = loop_range(step)
    if not views:
        return [Line(f"for {number} in {steps}:")], made
    if any(re.search(rf"\b{number}\b", text) for line in made for text in (line.head, *line.arguments, line.tail)):
        views = {number: number, **views}
    function = f"for {number} in {steps}"
    wish = StepViews("steps_back" if step.reverse else "steps", tuple(views.values()), "", (), function)
    return _head(list(views), buffers.kept(wish)), made


def _head(names: Sequence[str], where: str) -> list[Line]:
    flat = f"for {', '.join(names)} in {where}:"
    if len(flat) + 4 <= WIDTH:
        return [Line(flat)]
    return [Line("for ("), *(Line(f"    {name},") for name in names), Line(f") in {where}:")]


def _bound(line: Line) -> list[str]:
    """The variables that a line gives another array."""
    if line.head.startswith("for "):
        return line.head.removeprefix("for ").partition(" in ")[0].strip("()").split(", ")
    if line.head.startswith(" "):  # in the head of a loop that has a line for each
        return [line.head.strip(" ,")]
    match = BINDING.match(line.head + " ")
    return match[1].split(", ") if match else []


def _homes(lines: Sequence[Line], workspace: str) -> Mapping[str, str]:
    """The array of the workspace that each variable is, after ``lines``."""
    found: dict[str, str] = {}
    for line in lines:
        names = _bound(line)
        given = [each.removeprefix("out=") for each in line.arguments if each.startswith("out=")]
        text = line.head.partition(" = ")[2] if not line.call else given[0] if given else ""
        home = text.removeprefix(f"{workspace}.") if text.startswith(f"{workspace}.") else found.get(text, "")
        for name in names:
            found.pop(name, None)
        if len(names) == 1 and home.isidentifier():
            found[names[0]] = home
    return found


def _wish(variable: str, parts: Sequence[str], number: str) -> str:
    """``h_t`` for ``h[:, t]``, ``h_next`` for ``h[:, t + 1]``, ``z_t_3`` for the third of the pieces of ``z[:, t]``."""
    place = next(part for part in parts if re.search(rf"\b{number}\b", part))
    name = f"{variable}_{ {number: number, f'{number} + 1': 'next'}.get(place, f'at_{number}') }"
    for part in parts:
        match = PIECE.fullmatch(part)
        if match and (match[1] or match[2]):
            start, stop = int(match[1] or 0), int(match[2] or 0)
            name += f"_{start // (stop - start) + 1}" if stop else "_last"
    return name
