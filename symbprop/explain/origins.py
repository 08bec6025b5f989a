"""Which numbered equation a statement of an earlier form of the program is shown as."""

from __future__ import annotations

from collections.abc import Sequence

from symbprop.calculus.equations import Equation
from symbprop.calculus.statement import Statement


class Origins:
    """Numbers of forward equations by their statements; by tensor for a statement that was rewritten since."""

    def __init__(self, equations: Sequence[Equation]) -> None:
        self._by_statement = {each: equation.number for equation in equations for each in equation.statements}
        self._by_tensor: dict[str, int | None] = {}
        for equation in equations:
            # A tensor that several equations define has no one origin.
            self._by_tensor[equation.tensor] = None if equation.tensor in self._by_tensor else equation.number

    def number(self, source: Statement) -> int | None:
        """The number of the equation that ``source`` is, or became."""
        return self._by_statement.get(source, self._by_tensor.get(source.target.tensor))
