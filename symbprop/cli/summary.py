"""``summary``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from symbprop.calculus.printer import format_extent
from symbprop.cli.reading import read_spec
from symbprop.explain.summary import Row, program_counts, rows, total
from symbprop.pipeline import derive
from symbprop.schedule.cost import cost_sheet
from symbprop.schedule.schedule import schedule

COLUMNS = ("layer", "kind", "output shape", "parameters", "state", "multiply-adds", "memory (bytes)")
LEFT = 3  # columns of words; numbers stand to the right


def run_summary(spec: str, *, as_json: bool) -> None:
    """The layers, what they hold and cost, and what a gradient costs."""
    description, _ = read_spec(spec)
    derived = derive(description)
    program = derived.forward if derived.gradient is None else derived.gradient.program
    results = derived.forward.outputs if derived.gradient is None else program.outputs
    sheet = cost_sheet(program, schedule(program, results), derived.gradient)
    found = rows(derived.network)
    parameters, states = program_counts(program)
    if as_json:
        costs = {"operations": format_extent(sheet.operations), "elements_moved": format_extent(sheet.moved)}
        table = [_plain(row) for row in found]
        json.dump({"layers": table, "parameters": parameters, "state": states, **costs}, sys.stdout, indent=2)
        print()
        return
    _print([COLUMNS, *(_cells(row) for row in found)], keep_state=states > 0)
    adds, memory = (
        format_extent(total(sizes)) for sizes in zip(*((r.multiply_adds, r.memory) for r in found), strict=True)
    )
    kept = f", {states:,} numbers of state" if states else ""
    print(f"\n{parameters:,} parameters{kept}; one forward pass: {adds} multiply-adds, {memory} bytes")
    print(f"one gradient: {format_extent(sheet.operations)} floating-point operations, ", end="")
    print(f"{format_extent(sheet.moved)} array elements read or written, {format_extent(sheet.saved)} kept")


def _plain(row: Row) -> dict[str, object]:
    return {
        "layer": row.layer,
        "kind": row.kind,
        "shape": _shape(row),
        "parameters": row.parameters,
        "state": row.state,
        "multiply_adds": format_extent(row.multiply_adds),
        "memory": format_extent(row.memory),
    }


def _shape(row: Row) -> str:
    return "[" + ", ".join(map(format_extent, row.shape)) + "]"


def _cells(row: Row) -> tuple[str, ...]:
    counts = (f"{row.parameters:,}", f"{row.state:,}", format_extent(row.multiply_adds), format_extent(row.memory))
    return (row.layer, row.kind, _shape(row), *counts)


def _print(table: Sequence[Sequence[str]], *, keep_state: bool) -> None:
    shown = [i for i, name in enumerate(COLUMNS) if keep_state or name != "state"]
    widths = [max(len(cells[i]) for cells in table) for i in shown]
    for cells in table:
        texts = (
            f"{cells[i]:<{width}}" if i < LEFT else f"{cells[i]:>{width}}"
            for i, width in zip(shown, widths, strict=True)
        )
        print("  ".join(texts).rstrip())
