"""The chain rule written out: for each cotangent, the equations that its primal enters, and the derivative of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Add, Expr

from symbprop.calculus.equations import Equation, number_equations
from symbprop.calculus.expression_printer import split_sign
from symbprop.calculus.index import Access, at
from symbprop.calculus.notation import LATEX, Text
from symbprop.calculus.printer import (
    Term,
    alignment,
    deltas_of,
    format_access,
    format_equation,
    format_expression,
    format_sum,
    gathered,
    is_seed,
    leaves,
    left_side,
    reduced_indices,
)
from symbprop.calculus.program import GradientProgram
from symbprop.explain.formats import Kind, Line
from symbprop.explain.forms import distinct, equations, simplified
from symbprop.explain.origins import Origins
from symbprop.explain.paths import Path, chain_rule
from symbprop.explain.trace import Trace

LONGEST_PATH = 12  # tensors; a longer product of derivatives says nothing that the equations do not


class Steps:
    """The steps to each cotangent, as lines; ``origins`` are the numbers of the forward equations.

    ``trace`` holds the gradient as the chain rule gave it, and every later form of it.
    """

    def __init__(self, gradient: GradientProgram, trace: Trace, origins: Origins, notation: Text) -> None:
        self._gradient = gradient
        self._trace = trace
        self._paths = chain_rule(trace.raw if trace.raw is not None else gradient)
        self._origins = origins
        self._notation = notation
        self._told = {each.target.tensor for each in gradient.backward}
        self._told |= {each.cotangent for each in trace.moved.values() if each.sum in self._told}
        self._parameters = {bar: name for name, bar in gradient.gradients.items()}

    def of(self, cotangent: str) -> Iterator[Line]:
        """The steps to ``cotangent``, before them those to cotangents that the closed forms no longer have."""
        moved = self._trace.moved.get(cotangent)
        origin = cotangent if moved is None else moved.cotangent
        for name in self._untold(origin):
            yield from self._way(name, to_the_end=True)
        yield from self._way(origin, to_the_end=moved is not None)
        if moved is not None:
            yield Line(Kind.WORDS, "A factor leaves the sum, and the sum has a name of its own:")
            yield from equations([moved.scaled], self._gradient.program, self._notation)
            yield Line(Kind.WORDS, "with")

    def _way(self, cotangent: str, *, to_the_end: bool) -> Iterator[Line]:
        """The chain rule and each form; the last form is left to the equation unless told ``to_the_end``."""
        yield self._heading(cotangent)
        yield from self._rule(cotangent)
        forms = distinct(self._trace.forms(cotangent), self._notation)
        if len(forms) > 1 or to_the_end:
            yield from self._put_in(cotangent)
        for position, (before, after) in enumerate(itertools.pairwise(forms)):
            told = list(simplified(before, after, self._notation))
            result = list(equations(after.statements, after.stage.program, self._notation))
            if told[-len(result) :] == result:  # what was put in is all
                del told[-len(result) :]
            yield from told
            if to_the_end or position < len(forms) - 2:
                yield from result

    def _heading(self, cotangent: str) -> Line:
        if cotangent in self._parameters:
            return Line(
                Kind.PART, "The gradient with respect to", formula=self._notation.name(self._parameters[cotangent])
            )
        paths = self._paths.into.get(cotangent, ())
        if not paths:
            return Line(Kind.PART, "An intermediate value,", formula=self._notation.name(cotangent))
        return Line(Kind.PART, "The cotangent of", formula=self._notation.name(paths[0].read.tensor))

    def _put_in(self, cotangent: str) -> Iterator[Line]:
        """The cotangent as the rule gives it."""
        yield Line(Kind.WORDS, "Put in:")
        for equation in self._equations(cotangent):
            text = format_equation(equation, self._paths.tensors, self._notation)
            yield Line(Kind.STEP, text, tensor=cotangent)

    def _untold(self, cotangent: str) -> Sequence[str]:
        """The cotangents that ``cotangent`` needs and that have neither an equation nor been told, in order."""
        found: list[str] = []
        waiting = [cotangent]
        while waiting:
            for path in self._paths.into.get(waiting.pop(), ()):
                name = path.cotangent.tensor
                if name not in self._told and name in self._paths.into:
                    self._told.add(name)
                    found.append(name)
                    waiting.append(name)
        if len(found) < 2:
            return found
        order = {name: position for position, name in enumerate(self._paths.into)}
        return sorted(found, key=order.__getitem__)

    def _equations(self, cotangent: str) -> Sequence[Equation]:
        return number_equations([path.term for path in self._paths.into.get(cotangent, ())])

    def _rule(self, cotangent: str) -> Iterator[Line]:
        """``h̄[n,j] = Σₘ z̄2[n,m] ∂z2[n,m]/∂h[n,j]``, and then each derivative."""
        paths = {id(path.term): path for path in self._paths.into.get(cotangent, ())}
        if not paths:
            return
        yield Line(Kind.WORDS, _readers([self._origins.number(path.source) for path in paths.values()]))
        for equation in self._equations(cotangent):
            left = left_side(equation, self._paths.tensors)
            terms = [Term(1, self._product(paths[id(each)], left)) for each in equation.statements]
            relation = "+=" if equation.shares else "="
            rule = f"{format_access(left, self._notation)} {relation} {gathered(terms, self._notation)}"
            yield Line(Kind.STEP, rule)
        yield Line(Kind.WORDS, "with the derivative" if len(paths) == 1 else "with the derivatives")
        for path in paths.values():
            of = replace(path.linear, expr=path.local, reads=path.reads)
            inside = _inner(path)
            sign, local = split_sign(path.local) if inside else (1, path.local)
            value = format_expression(local, leaves(of, self._paths.tensors, self._notation), self._notation)
            if inside:
                value = format_sum(inside, _closed(value, local, self._notation), self._notation)
            value = value if sign > 0 else f"{self._notation.minus}{value}"
            quotient = _derivative(path.linear.target, path.read, self._notation)
            yield Line(Kind.STEP, f"{quotient} = {value}", self._origins.number(path.source))
        yield from self._constants(next(iter(paths.values())).read.tensor)

    def _constants(self, primal: str) -> Iterator[Line]:
        """The equations that read ``primal`` too and that the chain rule passes over."""
        for source in self._gradient.forward.statements:
            target = self._gradient.forward.tensors[source.target.tensor]
            number = self._origins.number(source)
            if target.constant and number is not None and any(read.tensor == primal for read in source.reads):
                words = f"Nothing comes from ({number}): the loss does not depend on the value of"
                yield Line(Kind.WORDS, words, formula=self._notation.name(target.name))

    def _product(self, path: Path, left: Access) -> str:
        """One term of the chain rule: cotangent times derivative, summed over what the left side does not have.

        What the forward equation itself sums over is part of the derivative, unless the read has the index.
        """
        notation = self._notation
        # The derivative may depend on fewer indices than the sum is over.
        whole = replace(path.term, domain=path.linear.domain)
        names = alignment(whole, left)
        moves = {old: at(new) for old, new in names.items()}
        factors = [_derivative(path.linear.target.substitute(moves), path.read.substitute(moves), notation)]
        if not is_seed(path.cotangent, self._paths.tensors):
            factors.insert(0, format_access(path.cotangent.substitute(moves), notation))
        factors += deltas_of(whole, left, names, notation)
        inside = {names[index] for index in _inner(path)}
        outside = [index for index in reduced_indices(whole, left, names) if index not in inside]
        return format_sum(outside, notation.product(factors), notation)


def _readers(numbers: Sequence[int | None]) -> str:
    """Which equations have a term in the chain rule."""
    known = [f"({number})" for number in dict.fromkeys(numbers) if number is not None]
    if not known:
        return "By the chain rule,"
    listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"
    return f"It is read in {listed}, so by the chain rule"


def _inner(path: Path) -> list[str]:
    """The indices that the forward equation sums over and that the read does not have."""
    outer = {*path.linear.target.indices(), *path.read.indices()}
    return [one.index for one in path.linear.domain if one.index not in outer]


def _closed(text: str, expression: Expr, notation: Text) -> str:
    return notation.parentheses(text) if isinstance(expression, Add) else text


def _derivative(of: Access, by: Access, notation: Text) -> str:
    """``∂z1[n,j]/∂W1[k,j]``."""
    return _ratio(format_access(of, notation), format_access(by, notation), notation)


def _ratio(above: str, below: str, notation: Text) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}" if notation is LATEX else f"∂{above}/∂{below}"


def chains(gradient: GradientProgram, parameters: Sequence[str], notation: Text) -> Iterator[str]:
    """``∂L/∂W = ∂L/∂a · ∂a/∂z · ∂z/∂W`` for each parameter from which one short path leads to the loss."""
    following: dict[str, dict[str, None]] = {}
    for paths in chain_rule(gradient).into.values():
        for path in paths:
            following.setdefault(path.read.tensor, {})[path.linear.target.tensor] = None
    loss = gradient.forward.loss
    for parameter in parameters:
        names = [parameter]
        while names[-1] != loss and len(names) < LONGEST_PATH and len(following.get(names[-1], ())) == 1:
            names.extend(following[names[-1]])
        if names[-1] == loss and len(names) > 2:
            shown = [notation.name(name) for name in names]
            factors = [_ratio(above, below, notation) for below, above in itertools.pairwise(shown)]
            times = r" \cdot " if notation is LATEX else " · "
            yield f"{_ratio(shown[-1], shown[0], notation)} = {times.join(reversed(factors))}"
