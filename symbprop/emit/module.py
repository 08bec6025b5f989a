"""A network and its gradient as the text of one Python module that imports NumPy and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.accuracy.computed import computed
from symbprop.calculus.dependence import needed
from symbprop.calculus.functions import Detach
from symbprop.calculus.index import Extent
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.emit.body import Body
from symbprop.emit.docstring import Heading, module_docstring
from symbprop.emit.initial import initial_values
from symbprop.emit.lines import WIDTH, Line
from symbprop.emit.literals import string, table
from symbprop.emit.missing import helper_source
from symbprop.emit.notes import Notes
from symbprop.emit.sizes import size
from symbprop.emit.templates import environment
from symbprop.emit.variables import size_names, variables
from symbprop.network.network import Network
from symbprop.schedule.cost import CostSheet, cost_sheet
from symbprop.schedule.plan import Plan
from symbprop.schedule.schedule import schedule


@dataclass(frozen=True, slots=True)
class Function:
    """One public function of the module, as finished text."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    docstring: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the module is written from: the network, its simplified gradient (or forward program), its heading."""

    network: Network
    forward: Program
    gradient: GradientProgram | None
    heading: Heading


def emit(compiled: Compiled) -> str:
    """The module's source. The same bytes for the same input, on every machine."""
    writer = _Writer(compiled)
    return writer.module()


class _Writer:
    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        gradient = compiled.gradient
        self.program = compiled.forward if gradient is None else gradient.program
        results = [*compiled.forward.outputs]
        if compiled.forward.loss is not None:
            results.append(compiled.forward.loss)
        if gradient is not None:
            results.extend(gradient.gradients.values())
        self.notes = Notes(self.program, compiled.forward.statements, results)
        self.helpers: set[str] = set()
        self._computed = computed(self.program)
        self._plans: dict[tuple[str, ...], Plan] = {}
        self.parameters = list(self.program.of(Role.PARAMETER))
        self.inputs = list(self.program.of(Role.INPUT))
        self.targets = list(self.program.of(Role.TARGET))

    def module(self) -> str:
        """The whole text."""
        functions = list(self._functions())
        initial, draws = initial_values(self.compiled.network.initializers, self.parameters)
        helpers = sorted(self.helpers | draws)
        return environment().get_template("module.py.jinja").render(
            docstring=module_docstring(self.compiled.heading, self.notes, self.program, self.compiled.gradient, self._cost()),
            name=string(self.compiled.network.name),
            version=string(self.compiled.heading.version),
            dtype=string(self.compiled.network.dtype),
            constants=self._constants(),
            sized=bool(size_names(self.program)) and self.compiled.forward.loss is not None,
            draws=bool(draws & {"truncated", "orthogonal"}) or any("rng" in line for line in initial),
            initial=initial,
            functions=functions,
            helpers=[helper_source(name) for name in helpers],
        )  # fmt: skip

    def _plan(self, results: Sequence[str]) -> Plan:
        key = tuple(results)
        if key not in self._plans:
            self._plans[key] = schedule(self._computed, key)
        return self._plans[key]

    def _cost(self) -> CostSheet:
        """The cost of the last public function."""
        forward, gradient = self.compiled.forward, self.compiled.gradient
        if gradient is not None and forward.loss is not None:
            results: tuple[str, ...] = (forward.loss, *dict.fromkeys(gradient.gradients.values()))
        else:
            results = forward.outputs
        return cost_sheet(self.program, self._plan(results), gradient)

    def _constants(self) -> list[tuple[str, str]]:
        shapes = "dict[str, tuple[int | str, ...]]"
        outputs = [self.program.tensors[name] for name in self.compiled.forward.outputs]
        gradient = self.compiled.gradient
        integers = {
            t.name: size(t.classes) for t in (*self.inputs, *self.targets) if t.integer and t.classes is not None
        }
        ranges = {t.name: repr(t.interval) for t in self.program.tensors.values() if t.interval is not None}
        formulas = {} if gradient is None else self.notes.gradient_formulas(gradient)
        zeros = {} if gradient is None else gradient.zeros
        detached = any(each.expr.has(Detach) for each in self.compiled.forward.statements)
        return [
            *([("DETACHED: bool", "= True  # the gradient treats part of the loss as constant")] if detached else []),
            (f"PARAMETERS: {shapes}", f"= {table(_shapes(self.parameters))}"),
            (f"INPUTS: {shapes}", f"= {table(_shapes(self.inputs))}"),
            (f"TARGETS: {shapes}", f"= {table(_shapes(self.targets))}"),
            (f"OUTPUTS: {shapes}", f"= {table(_shapes(outputs))}"),
            ("INTEGERS: dict[str, int]", f"= {table(integers)}"),
            ("RANGES: dict[str, tuple[float, float]]", f"= {table(ranges)}"),
            ("FORMULAS: dict[str, str]", f"= {table({k: string(v) for k, v in formulas.items()})}"),
            ("ZERO_GRADIENTS: dict[str, str]", f"= {table({k: string(v) for k, v in zeros.items()})}"),
        ]

    def _functions(self) -> list[Function]:
        network = self.compiled.forward
        found = [self._forward()]
        if network.loss is not None:
            found.append(self._loss())
        if self.compiled.gradient is not None:
            found.append(self._loss_and_grad(self.compiled.gradient))
        return found

    def _forward(self) -> Function:
        outputs = self.compiled.forward.outputs
        sources = {source for each in needed(self.program, outputs) for source in each.sources()}
        givens = self._givens() if any(t.name in sources for t in self.targets) else self.inputs
        body, names = self._body(outputs, givens)
        results = [self._owned(name, names, self._shared(outputs)) for name in outputs]
        lines = [*body, f"    return {', '.join(results)}"]
        returns = "np.ndarray" if len(outputs) == 1 else f"tuple[{', '.join(['np.ndarray'] * len(outputs))}]"
        what = "output" if len(outputs) == 1 else "outputs"
        shapes = "; ".join(f"{name} {self._shape(self.program.tensors[name])}" for name in outputs)
        return self._function("forward", givens, returns, f"The {what}: {shapes}.", lines)

    def _loss(self) -> Function:
        loss = self.compiled.forward.loss
        assert loss is not None
        body, names = self._body((loss,), self._givens())
        return self._function("loss", self._givens(), "float", "The loss.", [*body, f"    return {names[loss]}"])

    def _loss_and_grad(self, gradient: GradientProgram) -> Function:
        loss = self.compiled.forward.loss
        assert loss is not None
        results = (loss, *dict.fromkeys(gradient.gradients.values()))
        body, names = self._body(results, self._givens())
        shared = self._shared(results)
        entries = []
        seen: set[str] = set()
        for tensor in self.parameters:
            if tensor.name in gradient.gradients:
                bar = gradient.gradients[tensor.name]
                value = self._owned(bar, names, shared)
                if tensor.shape == ():
                    value = f"np.asarray({value})"
                seen.add(bar)
            else:
                value = f"np.zeros({names[tensor.name]}.shape, dtype)"
            entries.append((string(tensor.name), value))
        lines = [*body, *_dictionary("grads", entries), f"    return {names[loss]}, grads"]
        return self._function(
            "loss_and_grad", self._givens(), "tuple[float, dict[str, np.ndarray]]",
            "The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``.",
            lines, ("*", "cotangent: float = 1.0"),
        )  # fmt: skip

    def _givens(self) -> list[Tensor]:
        return [*self.inputs, *self.targets]

    def _shared(self, results: Sequence[str]) -> frozenset[str]:
        return self._plan(results).shared

    def _owned(self, name: str, names: Mapping[str, str], shared: frozenset[str]) -> str:
        """A result is the caller's to keep: one that is a view of an argument is copied."""
        return f"{names[name]}.copy()" if name in shared else names[name]

    def _shape(self, tensor: Tensor) -> str:
        return "[" + ", ".join(size(each) for each in tensor.shape) + "]"

    def _function(
        self,
        name: str,
        givens: Sequence[Tensor],
        returns: str,
        about: str,
        lines: Sequence[str],
        more: tuple[str, ...] = (),
    ) -> Function:
        names = variables(self.program)
        parameters = ("params: dict[str, np.ndarray]", *(f"{names[t.name]}: np.ndarray" for t in givens), *more)
        return Function(name, parameters, returns, f'    """{about}"""', tuple(lines))

    def _body(self, results: Sequence[str], givens: Sequence[Tensor]) -> tuple[list[str], Mapping[str, str]]:
        """The lines that check the arguments and run the plan of ``results``."""
        plan = self._plan(results)
        names = variables(self.program, [name for name in plan.tensors if name not in self.program.tensors])
        body = Body(plan, names, self.notes.cite, self.notes.explain)
        written = [row for line in body.write() for row in line.render(4)]
        self.helpers |= body.helpers
        opening = self._opening(givens, names, "\n".join(written))
        if self.compiled.forward.loss in results and size_names(self.program):
            opening.append("    _require_examples(sizes)")
        return [*opening, *written], names

    def _opening(self, givens: Sequence[Tensor], names: Mapping[str, str], text: str) -> list[str]:
        given = "{" + ", ".join(f"{string(t.name)}: {names[t.name]}" for t in givens) + "}"
        arrays = [names[t.name] for t in (*self.parameters, *givens)]
        lines = [
            row
            for line in (Line("dtype, arrays, sizes = ", "_arguments", ("params", given)),)
            for row in line.render(4)
        ]
        unpack = ", ".join(arrays)
        if len(arrays) == 1:
            lines.append(f"    ({unpack},) = arrays")
        elif len(unpack) + 13 <= WIDTH:
            lines.append(f"    {unpack} = arrays")
        elif arrays:
            lines.extend(["    (", *(f"        {each}," for each in arrays), "    ) = arrays"])
        used = [each for each in sorted(size_names(self.program)) if _mentions(text, each)]
        lines.extend(f'    {each} = sizes["{each}"]' for each in used)
        return lines


def _shapes(tensors: Sequence[Tensor]) -> dict[str, str]:
    return {t.name: _tuple(t.shape) for t in tensors}


def _tuple(shape: tuple[Extent, ...]) -> str:
    parts = [size(each) if isinstance(each, int) else string(size(each)) for each in shape]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _dictionary(name: str, entries: Sequence[tuple[str, str]]) -> list[str]:
    return [f"    {name} = {{", *(f"        {key}: {value}," for key, value in entries), "    }"]


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) is not None
