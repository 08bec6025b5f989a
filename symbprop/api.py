"""The Python API: networks, their gradients as formulas, and compiled modules."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.notation import LATEX, TEXT
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.showing import html_of, latex_of
from symbprop.deliver import compile_to
from symbprop.explain import notebooks  # noqa: F401 (how programs show themselves)
from symbprop.explain.derive import derivation
from symbprop.explain.mathml import mathml
from symbprop.explain.matrix import matrix_form
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.network.asked import with_functions
from symbprop.network.description import Description
from symbprop.network.document import load_source
from symbprop.network.schema import make_description
from symbprop.pipeline import Derived, derive, read
from symbprop.verify.module import load_module


@dataclass(frozen=True, slots=True)
class Gradient:
    """The symbolic gradient of the loss with respect to one parameter. Shows itself as a formula in a notebook."""

    parameter: str
    equation: Equation | None
    program: Program
    reason: str = ""

    @property
    def text(self) -> str:
        """The formula in Unicode text, in index notation."""
        return (
            f"0 ({self.reason})"
            if self.equation is None
            else format_equation(self.equation, self.program.tensors, TEXT)
        )

    @property
    def latex(self) -> str:
        """The formula in LaTeX, in index notation."""
        return "0" if self.equation is None else format_equation(self.equation, self.program.tensors, LATEX)

    @property
    def matrix(self) -> str | None:
        """The formula in matrix notation, where it has one."""
        return None if self.equation is None else matrix_form(self.equation, self.program.tensors, TEXT)

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def _repr_html_(self) -> str:
        return f"<p>{mathml(self.latex)}</p>" if self.equation is not None else f"<p>{html.escape(self.text)}</p>"


class Network:
    """A network, from the fields of a description (those of the text form).

    >>> net = Network(
    ...     name="line", inputs={"x": {"shape": [3]}}, targets={"y": {"shape": [1]}},
    ...     layers=[{"dense": {"units": 1}}], loss="mean_squared_error",
    ... )
    >>> net.parameters
    {'W': (3, 1), 'b': (1,)}
    >>> print(net.gradient("W"))
    W̄[k,j] = Σₙ x[n,k] z̄[n,j]

    Raises ``SourceError`` for a field that does not exist, or that does not fit the others.
    """

    def __init__(self, **fields: Any) -> None:
        self._description: Description = make_description(fields, catalogue().operations)
        self._source = Source(f"{self._description.name}.py", repr(sorted(fields.items())))

    @classmethod
    def _of(cls, description: Description, source: Source) -> Network:
        made = cls.__new__(cls)
        made._description, made._source = description, source
        return made

    @property
    def name(self) -> str:
        return self._description.name

    @cached_property
    def _derived(self) -> Derived:
        return derive(self._description)

    @property
    def program(self) -> Program:
        """The forward and the backward statements."""
        derived = self._derived
        return derived.forward if derived.gradient is None else derived.gradient.program

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter."""
        return {t.name: tuple(int(size) for size in t.shape) for t in self.program.of(Role.PARAMETER)}

    def gradient(self, parameter: str) -> Gradient:
        """The gradient of the loss with respect to ``parameter``. Raises ``KeyError`` if there is no such parameter."""
        gradient = self._derived.gradient
        if gradient is None or parameter not in (*gradient.gradients, *gradient.zeros):
            raise KeyError(f"there is no gradient with respect to {parameter!r}")
        if parameter in gradient.zeros:
            return Gradient(parameter, None, gradient.program, gradient.zeros[parameter])
        bar = gradient.gradients[parameter]
        equation = next(each for each in number_equations(gradient.backward) if each.tensor == bar)
        return Gradient(parameter, equation, gradient.program)

    def derivation(
        self, wrt: str | Sequence[str] | None = None, form: str = "index", steps: bool = False, format: str = "text"
    ) -> str:
        """The derivation as :func:`symbprop.explain.derive.derivation` writes it."""
        derived = self._derived
        program = derived.forward if derived.gradient is None else derived.gradient
        return derivation(program, wrt, form, steps, format, described=derived.network.program)

    def _repr_latex_(self) -> str:
        return latex_of(self._shown) or ""

    def _repr_html_(self) -> str:
        """The forward and backward equations, drawn by the browser itself."""
        return html_of(self._shown) or ""

    @property
    def _shown(self) -> Program | GradientProgram:
        return self._derived.forward if self._derived.gradient is None else self._derived.gradient

    def __repr__(self) -> str:
        return f"<symbprop.Network {self.name!r} with parameters {self.parameters}>"


def load(path: str | Path) -> Network:
    """The network described in a YAML or JSON file. Raises ``SourceError`` with the place of what is wrong."""
    source = load_source(str(path))
    return Network._of(read(source), source)


def compile(network: Network, directory: str | Path | None = None, *, functions: Sequence[str] = ()) -> ModuleType:
    """The emitted module of ``network``, verified and imported; written to ``directory`` if one is given.

    ``functions`` are asked for beside those of the description: ``input_grad``, ``vjp``, ``jvp``, ``jacobian``, ``hvp``,
    ``hessian``, ``per_example_grad``.

    Raises ``SourceError`` if the description does not fit together, ``NotVerifiedError`` if the module is wrong.

    >>> module = compile(Network(name="bowl", formulas="L = 3*x^2 + 2*x*y + y^2"))
    >>> loss, grads = module.loss_and_grad({"x": 1.0, "y": 2.0})
    >>> float(loss), float(grads["x"]), float(grads["y"])
    (11.0, 10.0, 6.0)
    >>> module = compile(Network(name="bowl", formulas="L = 3*x^2 + 2*x*y + y^2"), functions=["hessian"])
    >>> float(module.hessian({"x": 1.0, "y": 2.0})["x"]["y"])
    2.0
    """
    description = with_functions(network._description, Source("functions", ", ".join(functions)))
    if directory is not None:
        return load_module(compile_to(description, network._source, directory)[1].path)
    with tempfile.TemporaryDirectory() as folder:
        return load_module(compile_to(description, network._source, folder)[1].path)
