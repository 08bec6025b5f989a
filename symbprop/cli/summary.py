"""``summary``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from symbprop.calculus.printer import format_extent
from symbprop.cli.reading import read_spec
from symbprop.cli.sizes import read_sizes
from symbprop.emit.products import Planned
from symbprop.explain.summary import Row, program_counts, rows, total
from symbprop.language.source import Source, SourceError
from symbprop.pipeline import derive
from symbprop.schedule.cost import cost_sheet
from symbprop.schedule.machine import REFERENCE, Machine, read_machine
from symbprop.schedule.schedule import schedule
from symbprop.tuning.expected import Expected, expected, free_sizes, planned_products

COLUMNS = ("layer", "kind", "output shape", "parameters", "state", "multiply-adds", "memory (bytes)")
LEFT = 3  # columns of words; numbers stand to the right


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a summary estimates times: sizes, a dtype (empty: the network's), a file of constants;

    whether each tensor is shown, and each product of matrices.
    """

    batch: int = 32
    sizes: tuple[str, ...] = ()
    dtype: str = ""
    machine: Path | None = None
    tensors: bool = False
    products: bool = False


def run_summary(spec: str, asked: Asked, *, as_json: bool) -> None:
    """The layers, what they hold and cost, and what a gradient costs and takes."""
    description, _ = read_spec(spec)
    derived = derive(description)
    sizes = read_sizes(asked.batch, asked.sizes, free_sizes(derived))
    machine, dtype = _constants(asked.machine), asked.dtype or derived.network.dtype
    costs = expected(derived, sizes, machine, dtype)
    program = derived.forward if derived.gradient is None else derived.gradient.program
    results = derived.forward.outputs if derived.gradient is None else program.outputs
    sheet = cost_sheet(program, schedule(program, results), derived.gradient)
    found = rows(derived.network)
    parameters, states = program_counts(program)
    if as_json:
        counts = {"operations": format_extent(sheet.operations), "elements_moved": format_extent(sheet.moved)}
        table = [_plain(row) for row in found]
        report = {"layers": table, "parameters": parameters, "state": states, **counts}
        if asked.products:
            report["products"] = [
                {**asdict(each), "operations": each.operations} for each in planned_products(derived, sizes)
            ]
        report["estimate"] = {"sizes": sizes, "dtype": dtype, "constants": machine.source, **_estimated(costs)}
        json.dump(report, sys.stdout, indent=2)
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
    whole, at = costs.whole, ", ".join(f"{name} = {size}" for name, size in sizes.items())
    print(
        f"estimated{f' at {at}' if at else ''} in {dtype}, on {machine.source}, one thread: {1e6 * whole.seconds:.0f} µs, ",
        end="",
    )
    print(
        f"{whole.calls} calls, {1e-9 * whole.operations / whole.seconds:.1f} GFLOP/s, {costs.least:,} bytes alive at most"
    )
    if asked.tensors:
        print()
        _print_costs(costs)
    if asked.products:
        print()
        _print_products(planned_products(derived, sizes))


def _constants(path: Path | None) -> Machine:
    """The constants of the cost model, from a file if there is one. Raises ``SourceError`` for one that has none."""
    if path is None:
        return REFERENCE
    text = path.read_text(encoding="utf-8")
    try:
        return read_machine(text)
    except (ValueError, TypeError) as error:
        raise SourceError(
            str(error), Source(str(path), text).span(0), hint="symbprop doctor --calibrate writes one"
        ) from error


def _estimated(costs: Expected) -> dict[str, object]:
    whole = costs.whole
    rows = {**costs.tensors, "(call)": costs.entry}
    return {
        "seconds": whole.seconds,
        "calls": whole.calls,
        "operations": whole.operations,
        "products": whole.products,
        "bytes": whole.moved,
        "live_bytes": costs.least,
        "tensors": {name: asdict(cost) for name, cost in rows.items()},
    }


def _print_costs(costs: Expected) -> None:
    """A row for each tensor that is computed, and one for what a call costs besides."""
    seconds = costs.whole.seconds
    head = ("tensor", "operations", "bytes", "calls", "µs", "share")
    table = [head]
    for name, cost in {**costs.tensors, "(call)": costs.entry}.items():
        counts = (f"{cost.operations:,}", f"{cost.moved:,}", f"{cost.calls:,}")
        table.append((name, *counts, f"{1e6 * cost.seconds:.1f}", f"{100 * cost.seconds / seconds:.1f} %"))
    _print_table(table, range(len(head)), 1)


def _print_products(planned: Sequence[Planned]) -> None:
    """A row for each product: a stack of so many, so many times over, each of rows × length and length × columns."""
    head = ("product", "factors", "call", "pieces", "times", "stack", "rows", "length", "columns", "operations")
    table: list[tuple[str, ...]] = [head]
    for each in planned:
        sizes = (each.pieces, each.times, each.stack, each.rows, each.length, each.columns, each.operations)
        call = each.call.removeprefix("np.").lstrip("_")
        table.append((each.tensor, " ".join(each.factors), call, *(f"{size:,}" for size in sizes)))
    _print_table(table, range(len(head)), 3)


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
    _print_table(table, [i for i, name in enumerate(COLUMNS) if keep_state or name != "state"], LEFT)


def _print_table(table: Sequence[Sequence[str]], shown: Sequence[int], left: int) -> None:
    """The columns ``shown``, the first ``left`` of words."""
    widths = [max(len(cells[i]) for cells in table) for i in shown]
    for cells in table:
        texts = (
            f"{cells[i]:<{width}}" if i < left else f"{cells[i]:>{width}}"
            for i, width in zip(shown, widths, strict=True)
        )
        print("  ".join(texts).rstrip())
