"""The certificate: what was verified, how, and every figure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from symbprop.verify.complex_step import STEP, TOLERANCE

MARK = "Verified by "


@dataclass(frozen=True, slots=True)
class ParameterResult:
    """What the probes of one parameter found. Errors are relative to Σ|g·u|; NaN where no probe was conclusive.

    ``rounding`` is the measured part of the tolerance: how far rounding alone can move the gradient, relative to the same.
    """

    name: str
    shape: tuple[int, ...]
    error: float
    exact_error: float
    probes: int
    inconclusive: int
    rounding: float = 0.0
    wrong: tuple[str, ...] = ()
    reason_zero: str = ""
    always_zero: bool = False

    @property
    def passed(self) -> bool:
        """Right wherever a probe was conclusive, and conclusive at least once."""
        return not self.wrong and (self.inconclusive < self.probes or bool(self.reason_zero))


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """What the probes of a function beside the gradient found; ``error`` is relative to the largest entry."""

    name: str
    error: float
    probes: int
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Right at every probe, of which there was one at least."""
        return not self.wrong and self.probes > 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The outcome of a verification."""

    module: str
    parameters: tuple[ParameterResult, ...]
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    seed: int
    effort: str
    scales: tuple[float, ...]
    numpy: str
    functions: tuple[FunctionResult, ...] = ()

    @property
    def passed(self) -> bool:
        """No promise broken, every parameter and every function right."""
        return not self.failures and all(
            [each.passed for each in self.parameters] + [one.passed for one in self.functions]
        )

    @property
    def probes(self) -> int:
        return sum(each.probes for each in self.parameters) + sum(one.probes for one in self.functions)

    def to_json(self) -> dict[str, Any]:
        """The certificate as plain values; NaN becomes null."""
        plain = asdict(self)
        plain.update(passed=self.passed, digest=self.digest, step=STEP, tolerance=TOLERANCE)
        return json.loads(json.dumps(plain), parse_constant=lambda _: None)  # type: ignore[no-any-return]

    @property
    def digest(self) -> str:
        """Of the certificate's lines, as they are printed: the first 16 hexadecimal digits of their SHA-256."""
        return hashlib.sha256(f"{self.format()}\n".encode()).hexdigest()[:16]

    def format(self) -> str:
        """The certificate as a table of plain text."""
        verdict = "verified" if self.passed else "NOT VERIFIED"
        lines = [f"{self.module}: {verdict} ({self.probes} probes, seed {self.seed}, NumPy {self.numpy})"]
        width = max([len(each.name) for each in self.parameters] + [9])
        shapes = [" × ".join(map(str, each.shape)) or "scalar" for each in self.parameters]
        wide = max([len(shape) for shape in shapes] + [5])
        if self.parameters:
            lines.append(
                f"  {'parameter':<{width}}  {'shape':<{wide}}  complex step   worst of all     rounding  probes  inconclusive"
            )
        shown = list(zip(self.parameters, shapes, strict=True))
        hidden = max(0, len(shown) - 40)
        for each, shape in shown[: len(shown) - hidden] + [
            row for row in shown[len(shown) - hidden :] if not row[0].passed
        ]:
            row = f"  {each.name:<{width}}  {shape:<{wide}}  {_figure(each.exact_error):>12}   {_figure(each.error):>12}  {_figure(each.rounding):>11}"
            lines.append(f"{row}  {each.probes:>6}  {each.inconclusive:>12}{'' if each.passed else '  WRONG'}")
            lines.extend(f"      {sentence}" for sentence in each.wrong[:3])
            if each.reason_zero:
                lines.append(f"      its gradient is identically zero: {each.reason_zero}")
            elif each.always_zero:
                lines.append("      its gradient was zero at every probe: the loss does not seem to depend on it")
        if hidden:
            lines.append(f"  … and {hidden} more parameters")
        for one in self.functions:
            verdict = "right" if one.passed else "WRONG"
            lines.append(f"  {one.name}: {verdict} at {one.probes} probes, error {_figure(one.error)}")
            lines.extend(f"      {sentence}" for sentence in one.wrong[:3])
        lines.extend(f"  broken promise: {sentence}" for sentence in self.failures)
        lines.extend(f"  note: {sentence}" for sentence in self.notes)
        return "\n".join(lines)


def certified(text: str, certificate: Certificate) -> str:
    """A module's ``text`` with a line about its certificate under those about its origin."""
    head, line, rest = text.partition("\nTo change it, ")
    own, newline, rest = rest.partition("\n")
    if not newline:
        return text
    return (
        f"{head}{line}{own}\n{MARK}{certificate.probes} probes; the certificate is sha256 {certificate.digest}.\n{rest}"
    )


def certificate_named(documentation: str) -> str | None:
    """The digest of the certificate that a module's docstring names, if it names one."""
    found = re.search(rf"^{MARK}\d+ probes; the certificate is sha256 ([0-9a-f]{{16}})\.$", documentation, re.MULTILINE)
    return found[1] if found else None


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1e}"
