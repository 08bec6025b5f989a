"""What a list of printed equations computes, held against the interpreter of the statements they were printed from."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from explain.formula_reader import Elements, FormulaReader

from symbprop.calculus.index import Extent
from symbprop.calculus.interpreter import interpret
from symbprop.calculus.notation import TEXT
from symbprop.calculus.program import Program

EQUATION = re.compile(
    r"(?P<left>.*?) (?P<relation>\+?=) (?P<right>.*?)(?P<limits>(?:   \(\w < \w+\))*)(?P<runs>(?:   for \w+ = .+? … .+?)*)"
)


def assert_printed_is_computed(
    printed: Sequence[str],
    program: Program,
    values: Mapping[str, object],
    sizes: Mapping[str, int],
    *,
    only: Collection[str] | None = None,
    tolerance: float = 1e-12,
) -> None:
    """Every element of every computed tensor (or of those in ``only``), by the interpreter and by reading what was printed.

    An element that no equation gives is 0; ``=`` gives an element once, ``+=`` adds to it. The places of maxima are
    taken as the interpreter finds them.
    """
    expected = interpret(program, values, sizes)
    ranges = {r.index: _size(r.extent, sizes) for each in program.statements for r in each.domain}
    tensors = {TEXT.name(name): dict(elements) for name, elements in expected.items()}
    shapes = {TEXT.name(t.name): [_size(each, sizes) for each in t.shape] for t in program.tensors.values()}
    constants = {name: {(): float(size)} for name, size in sizes.items()}
    places_of_maxima = {TEXT.name(tensor.name) for tensor in program.tensors.values() if tensor.integer}
    found: dict[str, dict[tuple[int, ...], float]] = defaultdict(dict)
    for text in (part for line in printed for part in line.split("; ")):
        match = EQUATION.fullmatch(text)
        assert match is not None, text
        name, _, index = match["left"].partition("[")
        if name in places_of_maxima:
            continue
        coordinates = re.split(r",(?![^\[]*\])", index.removesuffix("]")) if index else []
        spans = dict(ranges)
        spans |= {c: size for c, size in zip(coordinates, shapes[name], strict=True) if c.isalpha()}
        stated = re.findall(r"   \((\w) < (\w+)\)", match["limits"])
        spans |= {one: int(size) if size.isdecimal() else sizes[size] for one, size in stated}
        known = {**tensors, **constants}
        for one, first, last in re.findall(r"   for (\w+) = (.+?) … (.+?)(?=   |$)", match["runs"]):
            spans[one] = 1 + int(max(FormulaReader(end, known, spans).whole()({}) for end in (first, last)))
        places = [FormulaReader(each, known, spans).whole() for each in coordinates]
        right = FormulaReader(match["right"], known, spans, shapes, [one for one, _ in stated]).whole()
        names = list(dict.fromkeys(re.findall(r"\b[a-z]'*(?![\w\[])", ",".join(coordinates))))
        for numbers in itertools.product(*(range(spans[each]) for each in names)):
            point = dict(zip(names, numbers, strict=True))
            element = tuple(int(place(point)) for place in places)
            assert match["relation"] == "+=" or element not in found[name], f"{text}: {element} is given twice"
            found[name][element] = found[name].get(element, 0.0) + right(point)
    for statement in program.statements:
        if TEXT.name(statement.target.tensor) in places_of_maxima:
            continue
        if only is not None and statement.target.tensor not in only:
            continue
        name = TEXT.name(statement.target.tensor)
        for element, value in expected[statement.target.tensor].items():
            printed_value = found[name].get(element, 0.0)
            close = printed_value == value or abs(printed_value - value) <= tolerance * max(1.0, abs(value))
            assert close, f"{name}{element}"  # −∞ is equal to itself, not close to it


def _size(extent: Extent, sizes: Mapping[str, int]) -> int:
    return extent if isinstance(extent, int) else int(extent.subs({s: sizes[s.name] for s in extent.free_symbols}))


def as_array(elements: Elements, shape: tuple[int, ...]) -> Any:
    """A matrix as it is, a vector as a column, a number as a number."""
    array = np.zeros(shape)
    for place, number in elements.items():
        array[place] = number
    return array.reshape(-1, 1) if len(shape) == 1 else array if shape else float(array)


def balanced(latex: str) -> bool:
    """Whether braces, \\left and \\right and environments close, and nothing has two sub- or superscripts in a row."""
    bare = re.sub(r"\\[\\{}#$%&_]", " ", latex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    environments = re.findall(r"\\begin\{(\w+)\}", bare) == re.findall(r"\\end\{(\w+)\}", bare)[::1]
    fences = len(re.findall(r"\\left\b", bare)) == len(re.findall(r"\\right\b", bare))
    specials = re.search(r"(?<!\\)[#$%]", bare) is None
    flat = bare
    while (shorter := re.sub(r"\{[^{}]*\}", "@", flat)) != flat:
        flat = shorter
    single = re.search(r"_(@|\w)_|\^(@|\w)\^", flat) is None
    return depth == 0 and environments and fences and specials and single
