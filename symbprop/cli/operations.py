"""``ops`` and ``schema``."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from symbprop.calculus.check import check
from symbprop.calculus.gradient import gradient
from symbprop.calculus.index import Access, Extent, Range, at, size_symbol
from symbprop.calculus.program import GradientProgram, Program, Role, Tensor
from symbprop.calculus.statement import Statement, read_symbol, statement
from symbprop.deliver import replacing
from symbprop.explain.derive import derivation
from symbprop.language.elaborate import Elaborated, elaborate
from symbprop.language.scope import group_of, integer_names
from symbprop.language.source import NOWHERE, SourceError
from symbprop.language.syntax import AttributeValue, Operation
from symbprop.library.catalogue import TRAINING, catalogue
from symbprop.network.axes import name_axes
from symbprop.network.schema import json_schema
from symbprop.simplify.passes import simplify_forward, simplify_gradient

SPATIAL = (3, 4, 3)  # the axes of an operation that is shown by itself


def run_ops(name: str | None, format: str, *, as_json: bool) -> None:
    """The library, or one operation of it."""
    library = catalogue()
    if name is None:
        if as_json:
            print(json.dumps({op: library.category(op) for op in library.operations}, indent=2))
            return
        category = ""
        for op, operation in library.operations.items():
            if library.category(op) != category:
                category = library.category(op)
                print(f"{category}:")
            print(f"  {op:<34}{operation.comment.splitlines()[0] if operation.comment else ''}")
        return
    operation = library.get(name, NOWHERE)
    if as_json:
        text = {
            "name": name,
            "category": library.category(name),
            "comment": operation.comment,
            "formula": _source(operation),
        }
        print(json.dumps(text, indent=2, ensure_ascii=False))
        return
    if format == "text":
        print(f"# {operation.comment}\n{_source(operation)}\n")
    described = program_of(operation)
    made = None if described is None else _gradient(described)
    if made is None:
        what = "It is a part of training" if library.category(name) in TRAINING else "It has no argument"
        print(f"{what}: there is nothing to differentiate.")
    else:
        print(derivation(made, steps=True, format=format, described=described), end="")


def _source(operation: Operation) -> str:
    """The lines of the library that define the operation."""
    lines = operation.span.source.text.split("\n")
    first = operation.span.line - 1
    last = first + 1
    while last < len(lines) and (lines[last].startswith(" ") or not lines[last].strip()):
        last += 1
    return "\n".join(lines[first:last]).rstrip()


def derived_gradient(operation: Operation) -> GradientProgram | None:
    """The gradient of an operation with respect to its real arguments, for any cotangent of its result."""
    described = program_of(operation)
    return None if described is None else _gradient(described)


def program_of(operation: Operation) -> Program | None:
    """An operation as a program: its real arguments are parameters, its result, weighted, is the loss."""
    if catalogue().categories.get(operation.name) in TRAINING:
        return None
    given: dict[str, Tensor] = {}
    for each in operation.arguments:
        if each.initializer or each.absent is not None:
            continue
        letters: list[Extent] = []
        for coordinate in each.index:
            if operation.axes and group_of(coordinate) is not None:
                letters.extend(SPATIAL[: operation.axes])  # how far a window reaches depends on numbers
            else:
                letters.append(size_symbol(_size_name(each.name, len(letters)) if letters else "N"))
        integer = any(each.name in integer_names(equation) for equation in operation.equations)
        given[each.name] = Tensor(each.name, tuple(letters), Role.PARAMETER, integer=integer, classes=None)
    made = _elaborated(operation, given)
    if made is None:
        return None
    tensors = {**{t.name: t for t in given.values()}, **{t.name: t for t in made.tensors}, **made.refined}
    return _with_cotangent(tensors, list(made.statements), made.results[-1])


def _elaborated(operation: Operation, given: dict[str, Tensor]) -> Elaborated | None:
    """The operation with every attribute that must be given at some value: a size, or a shape."""
    needed = [each.name for each in operation.attributes if each.default is None]
    values: tuple[AttributeValue, ...] = (Fraction(2 if operation.axes else 4), (Fraction(2), Fraction(3)))
    for value in values:
        try:
            attributes = dict.fromkeys(needed, value)
            return elaborate(operation, given, attributes, lambda local: local, catalogue().operations, free_sizes=True)
        except SourceError:
            continue
    return None


def _with_cotangent(tensors: dict[str, Tensor], statements: list[Statement], result: str) -> Program | None:
    loss = result
    if tensors[result].shape != ():
        loss, weight = "L", f"{result}_weight"
        tensors[weight] = Tensor(weight, tensors[result].shape, Role.TARGET)
        tensors[loss] = Tensor(loss, (), Role.VALUE)
        kept = [Range(f"i#{axis}", size) for axis, size in enumerate(tensors[result].shape)]
        index = tuple(at(each.index) for each in kept)
        reads = [Access(result, index), Access(weight, index)]
        statements.append(statement(Access(loss, ()), read_symbol(0) * read_symbol(1), reads, kept))
    program, _ = name_axes(check(Program(tensors, tuple(statements), (result,), loss)), size_symbol("N"))
    return program


def _gradient(program: Program) -> GradientProgram | None:
    wrt = [tensor.name for tensor in program.of(Role.PARAMETER) if not tensor.integer]
    return simplify_gradient(gradient(simplify_forward(program), wrt)) if wrt else None


def _size_name(argument: str, position: int) -> str:
    return f"K{position}" if argument else "K"


def run_schema(output: Path | None) -> None:
    """The JSON Schema of descriptions."""
    text = json.dumps(json_schema(catalogue().operations), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print(text, end="")
        return
    with replacing(output) as draft:
        draft.write_text(text, encoding="utf-8")
    print(f"wrote {output}")
