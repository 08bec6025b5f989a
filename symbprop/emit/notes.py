"""Equation numbers, and what a line of code says about the equation that it computes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Expr

from symbprop.accuracy.functions import written_out
from symbprop.calculus.dependence import needed
from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.nodes import tree_size
from symbprop.calculus.notation import LATEX, TEXT
from symbprop.calculus.printer import format_equation, format_expression
from symbprop.calculus.program import GradientProgram, Program
from symbprop.calculus.statement import Statement, index_symbol, read_symbol
from symbprop.schedule.plan import Map
from symbprop.simplify.rescale import SUFFIX

COTANGENT = re.compile(rf"_(bar|{SUFFIX})\d*$")  # what the name of a tensor has behind it
LONGEST = 40  # nodes of an expression that is written out behind a line


class Notes:
    """The equations of a program, forward ones first, and the number of each statement's."""

    def __init__(self, program: Program, forward: Sequence[Statement], results: Sequence[str]) -> None:
        self.program = program
        wanted = {id(each) for each in needed(program, results)}
        first = {id(each) for each in forward}
        kept = [each for each in program.statements if id(each) in wanted]
        self.forward = number_equations([each for each in kept if id(each) in first])
        backward = [each for each in kept if id(each) not in first]
        self.backward = number_equations(backward, len(self.forward) + 1)
        self._forward = {each.tensor for each in self.forward}
        self._numbers: dict[int, int] = {}
        self._of_tensor: dict[str, list[int]] = {}
        for equation in (*self.forward, *self.backward):
            self._of_tensor.setdefault(equation.tensor, []).append(equation.number)
            for each in equation.statements:
                self._numbers[id(each)] = equation.number

    def cite(self, position: int) -> str:
        """``(7)``, for the statement at ``position`` of the program."""
        number = self._numbers.get(id(self.program.statements[position]))
        return "" if number is None else f"({number})"

    def explain(self, step: Map, expr: Expr) -> str:
        """A subexpression by the names of what it reads, ``1 − h²``; nothing where that would be long."""
        if tree_size(expr) > LONGEST:
            return ""
        table = {read_symbol(p): TEXT.name(access.tensor) for p, access in enumerate(step.reads)}
        table.update({index_symbol(p): each.index for p, each in enumerate(step.domain)})
        return format_expression(written_out(expr), lambda symbol: table.get(symbol, symbol.name))

    def origin(self, equation: Equation, seed: str) -> tuple[int, ...]:
        """The forward equations whose derivative a backward equation is: those of the cotangents it reads,

        also where a cotangent has left a factor to its readers (``s_sum``).
        """
        reads = [access.tensor for each in equation.statements for access in each.reads]
        found: list[int] = []
        for name in dict.fromkeys(reads):
            if name == seed and self.program.loss is not None:
                found.extend(self._of_tensor.get(self.program.loss, ()))
            elif name not in self._forward:
                found.extend(self._of_tensor.get(COTANGENT.sub("", name), ()))
        return tuple(dict.fromkeys(found))

    def gradient_formulas(self, gradient: GradientProgram) -> Mapping[str, str]:
        """The LaTeX of each parameter's gradient."""
        by_tensor = {equation.tensor: equation for equation in self.backward}
        return {
            name: format_equation(by_tensor[bar], self.program.tensors, LATEX)
            for name, bar in gradient.gradients.items()
            if bar in by_tensor
        }


class FurtherNotes(Notes):
    """The equations of a program that is computed beside another: equal ones keep their number, new ones follow on."""

    def __init__(self, program: Program, *earlier: Notes) -> None:
        self.program = program
        self.backward, self._forward = (), set()
        self._numbers: dict[int, int] = {}
        self._of_tensor: dict[str, list[int]] = {}
        known = {each.statements: each.number for notes in earlier for each in (*notes.forward, *notes.backward)}
        count, new = max(known.values(), default=0), []
        for equation in number_equations(needed(program, program.results)):
            number = known.get(equation.statements)
            if number is None:
                count += 1
                number = count
                new.append(replace(equation, number=number))
            self._of_tensor.setdefault(equation.tensor, []).append(number)
            self._numbers.update((id(each), number) for each in equation.statements)
        self.forward = tuple(new)
