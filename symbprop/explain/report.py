"""One page for one network: the flow, each layer's equations and derivation, the certificate, the source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from symbprop.calculus.program import GradientProgram, Program
from symbprop.emit.templates import folder
from symbprop.explain.flow import drawing
from symbprop.explain.formats import MATH_FONTS, html_rows
from symbprop.explain.mathml import mathml
from symbprop.explain.sections import sections
from symbprop.network.network import Layer

CITED = re.compile(r"# \((\d+)\)")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page: a heading, sentences before and after it, the names of its columns, its rows."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the emitted file and the equation it cites."""

    number: int
    text: str
    equation: str


def report(
    title: str,
    facts: Mapping[str, str],
    program: GradientProgram | Program,
    layers: Sequence[Layer],
    source: str,
    tables: Sequence[Table] = (),
    described: Program | None = None,
) -> str:
    """The page, complete in one file: no network, no other file is needed to read it.

    ``facts`` are the summary's figures; ``tables`` the certificate, the accuracy of the kernels, the flow of gradients.
    """
    parts, nodes = sections(program, layers, described)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            title=title, facts=dict(facts), sections=parts, flow=Markup(drawing(nodes, f"The layers of {title}")),  # noqa: S704
            math=lambda latex: Markup(mathml(latex)),  # noqa: S704 (escaped by the translator)
            rows=lambda steps: Markup("\n".join(html_rows(steps, "h4"))),  # noqa: S704 (escaped by the formatter)
            math_fonts=Markup(MATH_FONTS),  # noqa: S704 (a constant)
            tables=tables, lines=_lines(source),
        )
    )  # fmt: skip


def certificate_table(certificate: Mapping[str, Any]) -> Table:
    """The table of a certificate, from its JSON."""
    rows = tuple(
        (
            each["name"], " × ".join(map(str, each["shape"])) or "scalar", _figure(each["exact_error"]), _figure(each["error"]),
            _figure(each["rounding"]), str(each["probes"]), str(each["inconclusive"]), "right" if not each["wrong"] else "WRONG",
        )
        for each in certificate["parameters"]
    )  # fmt: skip
    verdict = "Every probe agreed" if certificate["passed"] else "NOT VERIFIED"
    before = (
        f"{verdict}: seed {certificate['seed']}, NumPy {certificate['numpy']}. Errors are relative to Σ |g·u|; the complex step is "
        f"{certificate['step']:.0e}.",
    )
    columns = ("parameter", "shape", "complex step", "worst of all", "rounding", "probes", "inconclusive", "verdict")
    return Table("Verification", columns, rows, before, (*certificate["failures"], *certificate["notes"]))


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1e}"


def _lines(source: str) -> list[SourceLine]:
    """The source from its first definition on; the docstring's equations stand in the page already."""
    rows = source.splitlines()
    start = next((number for number, row in enumerate(rows) if row.startswith("import numpy")), 0)
    found = []
    for number, row in enumerate(rows[start:], start + 1):
        cited = CITED.search(row)
        found.append(SourceLine(number, row, cited[1] if cited else ""))
    return found


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
