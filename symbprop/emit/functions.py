"""The functions that a description asks for beside ``loss_and_grad``, written as that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbprop.calculus.dependence import needed
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.requested import Requested
from symbprop.emit.course import Course
from symbprop.emit.function import Function
from symbprop.emit.lines import Line
from symbprop.emit.literals import string
from symbprop.emit.modes import Modes
from symbprop.emit.notes import FurtherNotes, Notes
from symbprop.emit.opening import opening
from symbprop.emit.storage import shape_text
from symbprop.emit.variables import size_names
from symbprop.emit.workspace import Workspace
from symbprop.schedule.liveness import storage_roots

ARRAYS = "dict[str, np.ndarray]"
HELPER = "directions"


class RequestedFunction:
    """Writes one function. ``notes`` are its equations, ``helpers`` what its text needs once it is written.

    ``kept``: its arrays are kept from call to call, in a ``workspace``.
    """

    def __init__(self, requested: Requested, modes: Modes, earlier: Sequence[Notes], *, kept: bool = True) -> None:
        self.requested = requested
        self.kept = kept
        self.workspace = Workspace(requested.name)
        whole = requested.derivatives.program
        results = tuple(dict.fromkeys(each.tensor for each in requested.results if each.tensor is not None))
        loss = whole.loss if requested.of_loss else None
        self.program = replace(whole, outputs=results, loss=loss, updates={}, metrics={})
        self.notes = FurtherNotes(replace(self.program, loss=None), *earlier)
        reserved = {*requested.seeds, "directions", "results", requested.name}
        self.course = Course(self.program, self.program, self.notes, modes, reserved)
        self.modes = modes
        self.results = results

    @property
    def helpers(self) -> set[str]:
        """The helpers that the text needs, once it is written."""
        return self.course.helpers | ({HELPER} if self.requested.seeds else set())

    def write(self, parameters: Sequence[Tensor], inputs: Sequence[Tensor], targets: Sequence[Tensor]) -> Function:
        """The text. Targets are arguments where anything reads them."""
        names = self.course.names(self.results)
        read = self._read()
        needs_targets = self.requested.of_loss or any(each.name in read for each in targets)
        givens = [*inputs, *targets] if needs_targets else list(inputs)
        sizes = sorted(size_names(self.program))
        buffers = self.course.buffers(self.results) if self.kept else None
        lines = self.course.lines(self.results, 4, buffers)
        self.workspace = Workspace(self.requested.name, buffers, sizes)
        lines = [*self.workspace.borrowed(), *lines, *self.workspace.returned()]
        body = [*self._directions(names), *lines, *self._returned(names)]
        tensors = [*parameters, *givens, *self.modes.states]
        lines = opening(givens, tensors, names, body, sizes, state=bool(self.modes.states))
        if self.requested.of_loss and sizes:
            lines.append("    _require_examples(sizes)")
        keywords = self.modes.arguments([self.program])
        if self.requested.of_loss:
            keywords = (*keywords, "cotangent: float = 1.0")
        arguments = (
            f"params: {ARRAYS}",
            *(f"{names[each.name]}: np.ndarray" for each in givens),
            *(f"{each}: {ARRAYS}" for each in self.requested.seeds),
            *(("*", *keywords) if keywords else ()),
        )
        depth = max((len(each.keys) for each in self.requested.results), default=1)
        returns = ARRAYS
        for _ in range(depth - 1):
            returns = f"dict[str, {returns}]"
        about = f'    """{self.requested.about}"""'
        return Function(self.requested.name, arguments, returns, about, (*lines, *body))

    def _read(self) -> set[str]:
        """What the results are computed from, and they."""
        return {source for each in needed(self.program, self.results) for source in each.sources()}.union(self.results)

    def _directions(self, names: Mapping[str, str]) -> list[str]:
        """The tangents or cotangents that are given, under the names of the body."""
        rows: list[str] = []
        read = self._read()
        for argument, seeds in self.requested.seeds.items():
            rows.append("    shapes = {")
            rows += [
                f"        {string(key)}: {shape_text(self.program.tensors[tensor].shape)},"
                for key, tensor in seeds.items()
            ]
            rows.append("    }")
            made = ("_directions", (string(argument), argument, "shapes", "dtype"))
            rows += Line("directions = ", *made).render(4)
            rows += [
                f"    {names[tensor]} = directions[{string(key)}]" for key, tensor in seeds.items() if tensor in read
            ]
        return rows

    def _returned(self, names: Mapping[str, str]) -> list[str]:
        """The results, by their keys. They are the caller's to keep: nothing is handed out twice."""
        plan = self.course.plan(self.results)
        roots = storage_roots(plan.tensors, list(plan.steps))
        given = {name for name, tensor in self.program.tensors.items() if tensor.role is not Role.VALUE}
        taken: set[str] = set()
        rows, opened = ["    results = {"], ""
        for each in self.requested.results:
            if each.tensor is None:
                value = f"np.zeros({shape_text(each.shape)}, dtype)"
            else:
                root = roots[each.tensor]
                copied = root in taken or root in given or each.tensor in plan.shared
                taken.add(root)
                value = names[each.tensor]
                if each.order:
                    value = f"{value}.transpose({', '.join(map(str, each.order))})"
                value = f"{value}.copy()" if copied else value
                value = value if each.shape else f"np.asarray({value})"
            *outer, key = each.keys
            if outer and outer[0] != opened:
                rows += ["        },"] if opened else []
                rows.append(f"        {string(outer[0])}: {{")
                opened = outer[0]
            rows.append(f"{'    ' * (len(outer) + 2)}{string(key)}: {value},")
        rows += ["        },"] if opened else []
        return [*rows, "    }", "    return results"]
