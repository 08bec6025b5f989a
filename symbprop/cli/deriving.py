"""``derive``."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.program import GradientProgram, Program
from symbprop.cli.numbers import values_at
from symbprop.cli.reading import is_file, read_formula, read_spec
from symbprop.explain.derive import derivation
from symbprop.explain.expand import TooLong
from symbprop.explain.numbers import evaluated
from symbprop.language.source import SourceError, did_you_mean
from symbprop.pipeline import derive


def run_derive(
    spec: str,
    wrt: Sequence[str] | None,
    form: str,
    steps: bool,
    format: str,
    *,
    expand: bool = False,
    at: str | None = None,
) -> None:
    """Print the derivation of a description's or a formula's gradient."""
    description, _ = read_spec(spec) if is_file(spec) else read_formula(spec)
    derived = derive(description, free_sizes=True)
    if derived.gradient is None and (wrt or expand):
        raise SourceError("there is no gradient: the description has no loss, or no parameters")
    known = [] if derived.gradient is None else [*derived.gradient.gradients, *derived.gradient.zeros]
    for name in wrt or ():
        if name not in known:
            raise SourceError(f"there is no parameter '{name}'", hint=did_you_mean(name, known))
    program: GradientProgram | Program = derived.forward if derived.gradient is None else derived.gradient
    values = None
    if at is not None:
        whole = program if isinstance(program, Program) else program.program
        try:
            values = evaluated(whole, *values_at(at, whole))
        except (ZeroDivisionError, ValueError, OverflowError) as error:
            raise SourceError(f"--at: the formulas have no value there: {error}") from None
    try:
        described = derived.network.program
        print(
            derivation(program, wrt or None, form, steps, format, expand=expand, values=values, described=described),
            end="",
        )
    except TooLong:
        raise SourceError(
            "written out, the gradient is longer than anybody reads",
            hint="leave --expand out, or choose one with --wrt",
        ) from None
