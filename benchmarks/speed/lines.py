"""Which lines of an emitted module take the time: a clock is read after each statement of its gradient."""

from __future__ import annotations

import ast
import re
import time
from collections import Counter
from dataclasses import dataclass
from types import ModuleType

from benchmarks.speed.task import Emitted, Task, ours

CALLS = 30
SECONDS = 4.0  # no further call after this, but a few at least
NAME = "_speed_tick"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the module, and the least seconds that a call spent in it, over all its rounds of a loop."""

    number: int
    text: str
    seconds: float


class Ticker:
    """Seconds since the last tick, by line."""

    def __init__(self) -> None:
        self.spent: Counter[int] = Counter()
        self.last = time.perf_counter()

    def tick(self, line: int) -> None:
        """What passed belongs to ``line``."""
        now = time.perf_counter()
        self.spent[line] += now - self.last
        self.last = time.perf_counter()


class Instrument(ast.NodeTransformer):
    """A tick after each simple statement of one function, inside loops too."""

    def __init__(self, function: str) -> None:
        self.function = function

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.name == self.function:
            node.body = self._ticked(node.body)
        return node

    def _ticked(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in body:
            for field in ("body", "orelse"):
                inner = getattr(statement, field, None)
                if inner and not isinstance(statement, ast.FunctionDef):
                    setattr(statement, field, self._ticked(inner))
            found.append(statement)
            if not isinstance(statement, (ast.Return, ast.For, ast.While, ast.FunctionDef)):
                found.append(ast.parse(f"{NAME}({statement.lineno})").body[0])
        return found


def dearest(task: Task, made: Emitted) -> list[Line]:
    """The lines of the gradient, the dearest first."""
    tree = Instrument("vjp" if task.workload.pulled else "loss_and_grad").visit(ast.parse(made.text))
    module, ticker = ModuleType("instrumented"), Ticker()
    module.__dict__[NAME] = ticker.tick
    exec(compile(ast.fix_missing_locations(tree), "instrumented.py", "exec"), module.__dict__)
    contestant = ours(task, module)
    contestant.call()
    least: dict[int, float] = {}
    end = time.perf_counter() + SECONDS
    for turn in range(CALLS):
        if turn > 4 and time.perf_counter() > end:
            break
        ticker.spent.clear()
        ticker.last = time.perf_counter()
        contestant.call()
        for line, seconds in ticker.spent.items():
            least[line] = min(seconds, least.get(line, seconds))
    written = made.text.splitlines()
    lines = [Line(number, written[number - 1].strip(), seconds) for number, seconds in least.items()]
    return sorted(lines, key=lambda line: -line.seconds)


def shown(name: str, dtype: str, lines: list[Line], count: int = 12) -> str:
    """The dearest lines and the part of the whole that each takes; lines that differ by numbers alone are one."""
    whole = sum(line.seconds for line in lines)
    alike: dict[str, list[Line]] = {}
    for line in lines:
        alike.setdefault(re.sub(r"\d+", "#", line.text.partition("  #")[0]), []).append(line)
    sums = sorted(((sum(line.seconds for line in group), group) for group in alike.values()), key=lambda each: -each[0])
    text = [f"{name} {dtype}: {1e6 * whole:.0f} µs in {len(lines)} statements"]
    for seconds, group in sums[:count]:
        times = f" (and {len(group) - 1} like it)" if len(group) > 1 else ""
        text.append(
            f"{100 * seconds / whole:5.1f} % {1e6 * seconds:9.1f} µs  {group[0].number:4}: {group[0].text}{times}"
        )
    return "\n".join(text)
