"""A network and its gradient as the text of one Python module that imports NumPy and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.dependence import needed
from symbprop.calculus.least import least_sizes
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.requested import Requested
from symbprop.emit import outputs
from symbprop.emit.constants import constants
from symbprop.emit.course import Course
from symbprop.emit.docstring import Heading, module_docstring
from symbprop.emit.function import Function
from symbprop.emit.functions import RequestedFunction
from symbprop.emit.initial import initial_values
from symbprop.emit.literals import dictionary, string
from symbprop.emit.missing import helper_source
from symbprop.emit.modes import STATE, modes_of
from symbprop.emit.notes import FurtherNotes, Notes
from symbprop.emit.opening import opening
from symbprop.emit.parts import parts_of
from symbprop.emit.sizes import size
from symbprop.emit.templates import environment
from symbprop.emit.training import training_source
from symbprop.emit.variables import size_names, variables
from symbprop.emit.workspace import Workspace
from symbprop.network.network import Network
from symbprop.schedule.cost import CostSheet, cost_sheet


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the module is written from: the network, its simplified gradient (or forward program), its heading.

    ``inference`` is the program of a network that infers otherwise than it trains; ``functions`` are asked for too.
    Without ``workspace`` every call makes its arrays anew.
    """

    network: Network
    forward: Program
    gradient: GradientProgram | None
    heading: Heading
    inference: Program | None = None
    functions: tuple[Requested, ...] = ()
    workspace: bool = True


def emit(compiled: Compiled) -> str:
    """The module's source. The same bytes for the same input, on every machine."""
    writer = _Writer(compiled)
    return writer.module()


class _Writer:
    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        gradient = compiled.gradient
        self.program = compiled.forward if gradient is None else gradient.program
        results = [*compiled.forward.results]
        if gradient is not None:
            results.extend(gradient.gradients.values())
        self.notes = Notes(self.program, compiled.forward.statements, results)
        inference = compiled.inference or compiled.forward
        self.whole = replace(self.program, tensors={**inference.tensors, **self.program.tensors})
        self.modes = modes_of(compiled.network, self.program)
        self.course = self.inference = Course(self.program, self.whole, self.notes, self.modes)
        self.further: Notes | None = None
        if compiled.inference is not None:
            self.further = FurtherNotes(compiled.inference, self.notes)
            self.inference = Course(compiled.inference, self.whole, self.further, self.modes)
        self.workspaces: list[Workspace] = []
        self.parts = parts_of(compiled.network.program, stateful=bool(self.modes.states))
        self.requested: list[RequestedFunction] = []
        for each in compiled.functions:
            earlier = [self.notes, *filter(None, [self.further]), *(one.notes for one in self.requested)]
            self.requested.append(RequestedFunction(each, self.modes, earlier, kept=compiled.workspace))
        self.parameters = list(self.program.of(Role.PARAMETER))
        self.inputs = list(self.program.of(Role.INPUT))
        self.targets = list(self.program.of(Role.TARGET))

    def module(self) -> str:
        """The whole text."""
        functions, gradient = list(self._functions()), self.compiled.gradient
        formulas = {} if gradient is None else self.notes.gradient_formulas(gradient)
        training, trained = self._training()
        initial, draws = initial_values(self.compiled.network.initializers, self.parameters)
        started, more = initial_values(self.compiled.network.initializers, self.modes.states)
        asked = set[str]().union(*(each.helpers for each in self.requested))
        lines = [line for each in functions for line in each.lines]
        asked |= {name for name, call in outputs.HELPERS.items() if any(call in line for line in lines)}
        helpers = sorted(self.course.helpers | self.inference.helpers | draws | more | trained | asked)
        return environment().get_template("module.py.jinja").render(
            docstring=module_docstring(
                self.compiled.heading, self.notes, self.program, self.compiled.gradient, self._cost(), self.further,
                {each.requested.name: each.notes for each in self.requested},
            ),
            name=string(self.compiled.network.name),
            version=string(self.compiled.heading.version),
            dtype=string(self.compiled.network.dtype),
            constants=constants(self.program, self.compiled.forward, gradient, self.modes, formulas),
            smallest=bool(least_sizes(self.program)),
            sized=any("_require_examples" in line for line in lines),
            fits="outputs" in asked,
            draws=bool(draws & {"truncated", "orthogonal"}) or any("rng" in line for line in initial),
            initial=initial,
            states=started,
            state_draws=any("rng" in line for line in started),
            functions=functions,
            workspaces=[each for each in self.workspaces if each.arrays],
            parts=self.parts,
            training=training,
            helpers=[helper_source(name) for name in helpers],
        )  # fmt: skip

    def _training(self) -> tuple[str, frozenset[str]]:
        """The functions that train, where the description has a part on training, and the helpers that they call."""
        if (part := self.compiled.network.training) is None or self.compiled.gradient is None:
            return "", frozenset()
        names, keywords = variables(self.whole, reserved=self.modes.reserved), self.modes.arguments([self.program])
        return training_source(part, self.parameters, self._givens(), names, keywords)

    def _cost(self) -> CostSheet:
        """The cost of the last public function."""
        forward, gradient = self.compiled.forward, self.compiled.gradient
        results = forward.outputs if gradient is None else self._gradient_results(gradient)
        return cost_sheet(self.program, self.course.plan(results), gradient)

    def _functions(self) -> list[Function]:
        network = self.compiled.forward
        found = [self._forward()]
        if network.loss is not None:
            found.append(self._loss())
        if self.compiled.gradient is not None:
            found.append(self._loss_and_grad(self.compiled.gradient))
        if self.inference.program.metrics:
            found.append(self._metrics(self.inference.program.metrics))
        found.extend(each.write(self.parameters, self.inputs, self.targets) for each in self.requested)
        self.workspaces.extend(each.workspace for each in self.requested)
        return found

    def _forward(self) -> Function:
        outputs = self.compiled.forward.outputs
        sources = {s for course in self._courses() for each in needed(course.program, outputs) for s in each.sources()}
        givens = self._givens() if any(t.name in sources for t in self.targets) else self.inputs
        returns = "np.ndarray" if len(outputs) == 1 else f"tuple[{', '.join(['np.ndarray'] * len(outputs))}]"
        what = "output" if len(outputs) == 1 else "outputs"
        shapes = "; ".join(f"{name} {self._shape(self.program.tensors[name])}" for name in outputs)
        about = f"The {what}: {shapes}."
        if self.modes.states:
            returns = f"{returns} | tuple[{returns}, {STATE}]"
            about = f"The {what}: {shapes}; with ``training`` the next state too."
        lines = self._by_mode(outputs, givens, self._output, [], state=True)
        return self._function("forward", givens, returns, about, lines, self._keywords(outputs))

    def _output(self, course: Course, results: Sequence[str], indent: int) -> list[str]:
        """The return of ``forward``."""
        names, outputs = course.names(results), self.compiled.forward.outputs
        values = ", ".join(self._owned(name, names, course.plan(results).shared) for name in outputs)
        pad = " " * indent
        if len(results) == len(outputs):
            return [f"{pad}return {values}"]
        state = self._state(course, results, indent)
        return [*state, f"{pad}return {values if len(outputs) == 1 else f'({values})'}, next_state"]

    def _state(self, course: Course, results: Sequence[str], indent: int) -> list[str]:
        entries = self.modes.next_state(course.program, course.plan(results), course.names(results))
        return dictionary("next_state", entries, indent)

    def _loss(self) -> Function:
        loss = self.compiled.forward.loss
        assert loss is not None

        def value(course: Course, results: Sequence[str], indent: int) -> list[str]:
            return [f"{' ' * indent}return {self._owned(loss, course.names(results), course.plan(results).shared)}"]

        lines = self._by_mode((loss,), self._givens(), value, self._required())
        return self._function("loss", self._givens(), "float", "The loss.", lines, self._keywords((loss,)))

    def _gradient_results(self, gradient: GradientProgram) -> tuple[str, ...]:
        loss, following = self.compiled.forward.loss, self.program.updates.values()
        assert loss is not None
        return (loss, *dict.fromkeys((*gradient.gradients.values(), *following)))

    def _loss_and_grad(self, gradient: GradientProgram) -> Function:
        results, course = self._gradient_results(gradient), self.course
        names, shared = course.names(results), course.plan(results).shared
        places = outputs.places(gradient.gradients) if self.compiled.workspace else {}
        buffers = course.buffers(results, places) if self.compiled.workspace else None
        body = course.lines(results, 4, buffers)
        written = set() if buffers is None else buffers.outputs.written
        owned = {bar: self._owned(bar, names, shared) for bar in gradient.gradients.values()}
        entries = outputs.entries(self.parameters, gradient.gradients, names, owned, shared, written)
        workspace = Workspace("loss_and_grad", buffers, sorted(size_names(self.program)))
        self.workspaces.append(workspace)
        body = [*workspace.borrowed(), *body, *workspace.returned(), *dictionary("grads", entries)]
        returned, returns = f"{self._owned(results[0], names, shared)}, grads", f"float, {STATE}"
        if self.modes.states:
            body += self._state(course, results, 4)
            returned, returns = f"{returned}, next_state", f"{returns}, {STATE}"
        parts = self.parts.sized(self.program, course.plan(results), self.compiled.network.dtype)
        body = [
            *parts.lines(self._givens(), names),
            *(outputs.checked(self._givens(), names) if entries else ()),
            *body,
        ]
        opened = self._opening(self._givens(), names, body, self._required())
        lines = [*parts.refusal(), *opened, *body, f"    return {returned}"]
        asked = ("cotangent: float = 1.0", outputs.ARGUMENT, *parts.arguments())
        keywords = (*self.modes.arguments([self.program]), *asked)
        about = ["The loss and its gradient, times ``cotangent``, with the keys and shapes of ``params``."]
        if self.modes.states:
            about = ["The loss and its gradient in training, and the next state."]
            about.append("The gradient is times ``cotangent``, with the keys and shapes of ``params``.")
        about = [*about, outputs.ABOUT, *parts.about()]
        return self._function(
            "loss_and_grad", self._givens(), f"tuple[{returns}]", "\n\n    ".join(about) + "\n    ", lines, keywords
        )

    def _metrics(self, metrics: Mapping[str, str]) -> Function:
        results = tuple(dict.fromkeys(metrics.values()))
        names = self.inference.names(results)
        entries = [(string(label), f"float({names[name]})") for label, name in metrics.items()]
        body = [*self.inference.lines(results, 4), *dictionary("values", entries)]
        lines = [*self._opening(self._givens(), names, body, self._required()), *body, "    return values"]
        keywords = self.modes.arguments([self.inference.program])
        return self._function("metrics", self._givens(), "dict[str, float]", "The metrics, by name.", lines, keywords)

    def _courses(self) -> list[Course]:
        return [self.course] if self.inference is self.course else [self.course, self.inference]

    def _keywords(self, results: Sequence[str]) -> tuple[str, ...]:
        programs = [course.program for course in self._courses()]
        return self.modes.arguments(programs, training=self.modes.differ)

    def _by_mode(
        self,
        results: Sequence[str],
        givens: Sequence[Tensor],
        ending: Callable[[Course, Sequence[str], int], list[str]],
        checks: Sequence[str],
        *,
        state: bool = False,
    ) -> list[str]:
        """The body of a function that trains or infers; with ``state`` training computes the next one too."""
        body: list[str] = []
        names = self.inference.names(results)
        if self.modes.differ:
            trained = (*results, *(self.program.updates.values() if state else ()))
            body += ["    if training:", *self.course.lines(trained, 8), *ending(self.course, trained, 8)]
        body += [*self.inference.lines(results, 4), *ending(self.inference, results, 4)]
        return [*self._opening(givens, names, body, checks), *body]

    def _required(self) -> list[str]:
        return ["    _require_examples(sizes)"] if size_names(self.program) else []

    def _givens(self) -> list[Tensor]:
        return [*self.inputs, *self.targets]

    def _owned(self, name: str, names: Mapping[str, str], shared: frozenset[str]) -> str:
        """A result is the caller's to keep: one that is a view of an argument is copied, a plain number gets its dtype."""
        if self.whole.tensors[name].shape != ():
            return f"{names[name]}.copy()" if name in shared else names[name]
        if name in shared:
            return f"{names[name]}[()]"
        made = [each for each in self.program.statements if each.target.tensor == name]
        constant = all(not each.reads and not each.expr.free_symbols for each in made)
        return f"dtype.type({names[name]})" if constant else names[name]

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
        names = variables(self.whole, reserved=self.modes.reserved)
        given = (f"{names[t.name]}: np.ndarray" for t in givens)
        parameters = ("params: dict[str, np.ndarray]", *given, *(("*", *more) if more else ()))
        return Function(name, parameters, returns, f'    """{about}"""', tuple(lines))

    def _opening(
        self, givens: Sequence[Tensor], names: Mapping[str, str], body: Sequence[str], checks: Sequence[str]
    ) -> list[str]:
        tensors = [*self.parameters, *givens, *self.modes.states]
        sizes = sorted(size_names(self.program))
        return [*opening(givens, tensors, names, body, sizes, state=bool(self.modes.states)), *checks]
