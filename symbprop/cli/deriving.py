"""``derive``."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.cli.reading import is_file, read_formula, read_spec
from symbprop.explain.derive import derivation
from symbprop.language.source import SourceError, did_you_mean
from symbprop.pipeline import derive


def run_derive(spec: str, wrt: Sequence[str] | None, form: str, steps: bool, format: str) -> None:
    """Print the derivation of a description's or a formula's gradient."""
    description, _ = read_spec(spec) if is_file(spec) else read_formula(spec)
    derived = derive(description, free_sizes=True)
    if derived.gradient is None:
        if wrt:
            raise SourceError("there is no gradient: the description has no loss, or no parameters")
        print(derivation(derived.forward, None, form, steps, format), end="")
        return
    known = [*derived.gradient.gradients, *derived.gradient.zeros]
    for name in wrt or ():
        if name not in known:
            raise SourceError(f"there is no parameter '{name}'", hint=did_you_mean(name, known))
    print(derivation(derived.gradient, wrt or None, form, steps, format), end="")
