"""``report``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from types import ModuleType

from symbprop.calculus.program import Role
from symbprop.cli.reading import read_spec
from symbprop.deliver import replacing
from symbprop.explain.report import Table, certificate_table, report
from symbprop.pipeline import Result, compile_description, title
from symbprop.sensitivity.analyse import analyse
from symbprop.sensitivity.measure import gradient_norms
from symbprop.verify.module import load_module, verify_module
from symbprop.verify.sampling import sample


def run_report(spec: str, output: Path) -> None:
    """Write the page of ``spec``: derived, emitted and verified now."""
    description, source = read_spec(spec)
    result = compile_description(description, source)
    tables = []
    if result.derived.gradient is not None:
        with tempfile.TemporaryDirectory() as folder:
            draft = Path(folder) / "draft.py"
            draft.write_text(result.source, encoding="utf-8")
            module = load_module(draft)
            tables.append(certificate_table(verify_module(module).to_json()))
            tables.extend(_gradient_flow(result, module))
    derived = result.derived
    program = derived.forward if derived.gradient is None else derived.gradient
    network = derived.network
    page = report(
        title(network), _facts(result), program, network.layers, result.source, tables, described=network.program
    )
    with replacing(output) as draft:
        draft.write_text(page, encoding="utf-8")
    print(f"wrote {output}")


def _gradient_flow(result: Result, module: ModuleType) -> Iterator[Table]:
    """Where gradients can vanish or explode: bounds of derivatives, gains of layers, norms at the start."""
    gradient, network = result.derived.gradient, result.derived.network
    if gradient is None:
        return
    point = sample(module, 0, 1.0)
    measured = () if point is None else gradient_norms(module, module.init(seed=0), point.data, network)
    found = analyse(gradient, network, measured)
    if found.activations:
        rows = tuple((each.layer, each.formula, each.exact, each.where, each.saturates) for each in found.activations)
        columns = ("activation", "derivative", "supremum of |f′|", "attained", "saturates")
        about = (
            "The largest size of each activation's derivative, found symbolically or enclosed by interval arithmetic."
        )
        yield Table("How gradients flow", columns, rows, (about,))
    if found.layers:
        flows = tuple(
            (each.layer, each.initializer, f"{each.gain:.3g}", f"{each.bound:.3g}", f"{each.cumulative:.3g}")
            for each in found.layers
        )
        about = "What a layer multiplies a gradient by at the start: expected (root mean square), at most, and from the loss to here."
        yield Table(
            "Gain of each layer", ("layer", "initialiser", "expected", "at most", "cumulative"), flows, (about,)
        )
    norms = tuple(
        (
            each.parameter,
            f"{each.norm:.3g}",
            f"{each.relative:.3g}" if isfinite(each.relative) else "–",
            "–" if each.predicted is None else f"{each.predicted:.3g}",
        )
        for each in found.measured
    )
    after = (*found.warnings, *found.advice)
    yield Table(
        "Gradient norms at the start", ("parameter", "norm", "of the parameter’s", "expected"), norms, (), after
    )


def _facts(result: Result) -> dict[str, str]:
    derived = result.derived
    whole = derived.forward if derived.gradient is None else derived.gradient.program
    count = 0
    for tensor in whole.of(Role.PARAMETER):
        size = 1
        for each in tensor.shape:
            size *= int(each) if isinstance(each, int) else 1
        count += size
    equations = len({each.target.tensor for each in whole.statements})
    seconds = sum(result.seconds.values())
    return {"parameters": f"{count:,}", "equations": str(equations), "derived and written in": f"{seconds:.2f} s"}
