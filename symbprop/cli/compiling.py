"""``compile``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from symbprop.accuracy.computed import doubtful
from symbprop.accuracy.fast import FAST
from symbprop.calculus.program import Program
from symbprop.cli.faults import CheckFailed
from symbprop.cli.reading import read_spec
from symbprop.deliver import Delivery, NotVerifiedError, compile_to
from symbprop.emit.workspace import WORKSPACE
from symbprop.explain.derive import derivation
from symbprop.language.source import Source, SourceError, did_you_mean
from symbprop.network.asked import with_functions
from symbprop.network.description import Description
from symbprop.pipeline import Derived, Result
from symbprop.simplify.passes import BACKWARD, FORWARD

LONGEST = 80  # equations; a longer derivation is left to the file


def run_compile(
    spec: str,
    output: Path,
    *,
    verify: bool,
    without: list[str],
    functions: str,
    as_json: bool,
    effort: str = "normal",
    selfcheck: bool = False,
) -> None:
    """Compile ``spec`` into ``output`` and report."""
    for name in without:
        if name not in (known := (*FORWARD, *BACKWARD, WORKSPACE)):
            raise SourceError(f"there is no pass '{name}'", hint=did_you_mean(name, known))
    description, source = read_spec(spec)
    description = with_functions(description, Source("--functions", functions))
    result, delivery = hand_over(
        description, source, output, verify=verify, without=without, effort=effort, selfcheck=selfcheck
    )
    fast = result.derived.network.accuracy == FAST
    for name, error in ({} if fast else doubtful(whole_program(result.derived))).items():
        print(f"warning: {name}: {_loss_of_digits(error)} somewhere, whatever form it is given", file=sys.stderr)
    if as_json:
        print(json.dumps(_report(result, delivery), indent=2, ensure_ascii=False))
        return
    print(shown_derivation(result.derived))
    if delivery.certificate is not None:
        print(delivery.format())
    stages = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in result.seconds.items())
    print(f"\nwrote {delivery.path} ({stages})")


def whole_program(derived: Derived) -> Program:
    """The whole program: the gradient's where there is one."""
    return derived.forward if derived.gradient is None else derived.gradient.program


def _loss_of_digits(error: float) -> str:
    """A bound on an error in mixed ulps (docs/accuracy.md) in words."""
    if math.isinf(error):
        return "it overflows or is not a number"
    bound = f"{error:.0f}" if error < 1000 else f"10^{math.ceil(math.log10(error))}"
    return f"its error is up to {bound} units in the last place"


def hand_over(
    description: Description,
    source: Source,
    output: Path,
    *,
    verify: bool = True,
    without: Collection[str] = (),
    effort: str = "normal",
    selfcheck: bool = False,
) -> tuple[Result, Delivery]:
    """The module in its place, or the certificate that says why not."""
    try:
        return compile_to(
            description, source, output, verify=verify, without=without, effort=effort, selfcheck=selfcheck
        )
    except NotVerifiedError as error:
        raise CheckFailed(error.certificate.format()) from error


def shown_derivation(derived: Derived) -> str:
    """The equations, if they are few enough to read."""
    statements = len(derived.forward.statements) + (0 if derived.gradient is None else len(derived.gradient.backward))
    if statements > LONGEST:
        return f"{statements} equations; they stand in the module\n"
    return derivation(derived.forward if derived.gradient is None else derived.gradient)


def _report(result: Result, delivery: Delivery) -> dict[str, Any]:
    certificate = delivery.certificate
    return {
        "path": str(delivery.path),
        "seconds": dict(result.seconds),
        "certificate": None if certificate is None else certificate.to_json(),
        "formulas": None if delivery.comparison is None else asdict(delivery.comparison),
        "zero_gradients": dict(result.derived.gradient.zeros) if result.derived.gradient else {},
    }
