"""Matrix notation, recognised by which indices the factors of an equation share. Rows are examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Mul, Pow, S, Symbol

from symbprop.calculus.equations import Equation
from symbprop.calculus.expression_printer import ATOM, ExpressionWriter, join_terms, split_sign
from symbprop.calculus.index import Access
from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.calculus.program import Role, Tensor
from symbprop.calculus.statement import Reduction, Statement, read_symbol


def matrix_form(equation: Equation, tensors: Mapping[str, Tensor], notation: Text = TEXT) -> str | None:
    """``W̄2 = hᵀ z̄2``, or ``None`` where the equation has no honest matrix form."""
    first = equation.statements[0]
    axes = _bare(first.target)
    if axes is None or len(axes) > 2:
        return None
    terms: list[tuple[int, str]] = []
    for each in equation.statements:
        term = _term(each, axes, tensors, notation)
        if term is None:
            return None
        terms.append(term)
    return f"{notation.name(equation.tensor)} = {join_terms(terms, notation)}"


def _bare(access: Access) -> list[str] | None:
    names = [coordinate.bare for coordinate in access.index]
    return [str(name) for name in names] if None not in names and len(set(names)) == len(names) else None


def _term(
    each: Statement, axes: Sequence[str], tensors: Mapping[str, Tensor], notation: Text
) -> tuple[int, str] | None:
    if each.reduction is not Reduction.SUM:
        return None
    seeds = {
        read_symbol(p): S.One
        for p, access in enumerate(each.reads)
        if tensors[access.tensor].role is Role.SEED and not access.index
    }
    sign, expr = split_sign(each.expr.xreplace(seeds))
    if _bare(each.target) is None:
        return _one_hot(each, sign, expr, notation)
    own = _bare(each.target)
    if own != list(axes):
        return None
    body = _reduced(each, expr, axes, notation) if each.reduced else _element_wise(each, expr, axes, notation)
    return None if body is None else (sign, body)


def _one_hot(each: Statement, sign: int, expr: Expr, notation: Text) -> tuple[int, str] | None:
    """A scatter into z̄[n, label[n]] adds the one-hot matrix of the labels."""
    gathers = [coordinate.gather for coordinate in each.target.index if coordinate.gather is not None]
    if each.reads and any(symbol in expr.free_symbols for symbol, _ in each.read_positions()):
        return None
    if len(each.target.index) != 2 or len(gathers) != 1 or each.target.index[0].bare is None:
        return None
    matrix = notation.call("onehot", [notation.name(gathers[0].tensor)])
    numerator, denominator = expr.as_numer_denom()
    writer = ExpressionWriter(lambda symbol: symbol.name, notation)
    above = matrix if numerator == 1 else f"{writer.write(numerator, 2)} {matrix}"
    return sign, above if denominator == 1 else notation.fraction(above, writer.write(denominator, ATOM))


def _element_wise(each: Statement, expr: Expr, axes: Sequence[str], notation: Text) -> str | None:
    """Reads over all axes stand as they are, a row vector is repeated down the rows, a column along them."""
    table: dict[Symbol, str] = {}
    for symbol, access in each.read_positions():
        if symbol not in expr.free_symbols:
            continue
        names = _bare(access)
        if names is None:
            return None
        text = notation.name(access.tensor)
        if names == list(axes) or not names:
            table[symbol] = text
        elif len(axes) == 2 and names == [axes[1]]:
            table[symbol] = _ones(notation) + " " + _transposed(text, notation)
        elif len(axes) == 2 and names == [axes[0]]:
            table[symbol] = text + " " + _transposed(_ones(notation), notation)
        elif names == list(reversed(axes)):
            table[symbol] = _transposed(text, notation)
        else:
            return None
    outer = _outer_product(each, expr, axes, notation)
    if outer is not None:
        return outer
    writer = _Hadamard(lambda symbol: table.get(symbol, symbol.name), notation, len(axes) > 0)
    return writer.write(expr, 1)


def _outer_product(each: Statement, expr: Expr, axes: Sequence[str], notation: Text) -> str | None:
    """A column times a row, with a constant before it: x yᵀ."""
    coefficient, rest = _scalars(each, expr)
    positions = dict(each.read_positions())
    factors = [rest.base, rest.base] if isinstance(rest, Pow) and rest.exp == 2 else [*Mul.make_args(rest)]
    if len(axes) != 2 or len(factors) != 2 or not all(factor in positions for factor in factors):
        return None
    by_axis = {tuple(_bare(positions[factor]) or ()): notation.name(positions[factor].tensor) for factor in factors}
    if (axes[0],) not in by_axis or (axes[1],) not in by_axis:
        return None
    body = f"{by_axis[(axes[0],)]} {_transposed(by_axis[(axes[1],)], notation)}"
    return _scaled(coefficient, body, notation)


def _scaled(coefficient: Expr, body: str, notation: Text) -> str:
    """A constant times something, over its denominator."""
    numerator, denominator = coefficient.as_numer_denom()
    writer = ExpressionWriter(lambda symbol: symbol.name, notation)
    above = body if numerator == 1 else f"{writer.write(numerator, 2)} {body}"
    return above if denominator == 1 else notation.fraction(above, writer.write(denominator, ATOM))


class _Hadamard(ExpressionWriter):
    """Products of arrays are element by element."""

    def __init__(self, leaf, notation: Text, arrays: bool) -> None:  # type: ignore[no-untyped-def]
        super().__init__(leaf, notation)
        self._times = (r" \odot " if notation is LATEX else " ⊙ ") if arrays else notation.times

    def _factors(self, node: Expr) -> str:
        if not isinstance(node, Mul):
            return self.write(node, 2)
        numbers = [each for each in node.args if each.is_number or _is_size(each)]
        arrays = [each for each in node.args if each not in numbers]
        product = self._times.join(self.write(each, 2) for each in sorted(arrays, key=lambda each: each.sort_key()))
        return " ".join([*(self.write(each, 2) for each in numbers), product]).strip()


def _is_size(expr: Expr) -> bool:
    return all(symbol.is_positive for symbol in expr.free_symbols)


def _reduced(each: Statement, expr: Expr, axes: Sequence[str], notation: Text) -> str | None:
    """A sum over one index of one read, or of a product of two; or a sum over everything."""
    coefficient, rest = _scalars(each, expr)
    factors = [*Mul.make_args(rest)]
    if len(factors) == 1 and isinstance(rest, Pow) and rest.exp == 2 and isinstance(rest.base, Symbol):
        factors = [rest.base, rest.base]
    positions = dict(each.read_positions())
    if not all(factor in positions for factor in factors) or not 1 <= len(factors) <= 2:
        return None
    reads = [positions[factor] for factor in factors]
    body = _sum_of_one(reads[0], axes, notation) if len(reads) == 1 else _sum_of_two(reads[0], reads[1], axes, notation)
    if body is None:
        return None
    return _scaled(coefficient, body, notation)


def _scalars(each: Statement, expr: Expr) -> tuple[Expr, Expr]:
    reads = {symbol for symbol, _ in each.read_positions()}
    scalars = [factor for factor in Mul.make_args(expr) if not factor.free_symbols & reads]
    arrays = [factor for factor in Mul.make_args(expr) if factor.free_symbols & reads]
    return Mul(*scalars), Mul(*arrays)


def _sum_of_one(read: Access, axes: Sequence[str], notation: Text) -> str | None:
    names = _bare(read)
    if names is None:
        return None
    name, ones = notation.name(read.tensor), _ones(notation)
    if len(names) == 2 and list(axes) == [names[1]]:
        return f"{_transposed(name, notation)} {ones}"
    if len(names) == 2 and list(axes) == [names[0]]:
        return f"{name} {ones}"
    if not axes:
        left = f"{_transposed(ones, notation)} {name}"
        return left if len(names) == 1 else f"{left} {ones}" if len(names) == 2 else None
    return None


def _sum_of_two(left: Access, right: Access, axes: Sequence[str], notation: Text) -> str | None:
    mine, theirs = _bare(left), _bare(right)
    if mine is None or theirs is None or max(len(mine), len(theirs)) > 2:
        return None
    a, b = notation.name(left.tensor), notation.name(right.tensor)
    if not axes and mine == theirs:
        return _square(a, notation) if a == b else _inner(a, b, notation)
    shared = [index for index in mine if index in theirs and index not in axes]
    if len(shared) != 1:
        return None
    if axes and axes[0] in theirs and axes[0] not in mine:
        mine, theirs, a, b = theirs, mine, b, a
    rows = [index for index in mine if index not in shared]
    columns = [index for index in theirs if index not in shared]
    if [*rows, *columns] != list(axes) or set(rows) & set(columns):
        return None
    first = a if mine[-1] == shared[0] else _transposed(a, notation)
    second = b if theirs[0] == shared[0] else _transposed(b, notation)
    if not rows and columns:  # a row vector times a matrix, as a column
        return f"{b if theirs[-1] == shared[0] else _transposed(b, notation)} {a}"
    return f"{first} {second}"


def _transposed(text: str, notation: Text) -> str:
    return f"{{{text}}}^{{\\top}}" if notation is LATEX else f"{text}ᵀ"


def _ones(notation: Text) -> str:
    return r"\mathbf{1}" if notation is LATEX else "𝟏"


def _square(text: str, notation: Text) -> str:
    return rf"\left\|{text}\right\|^{{2}}" if notation is LATEX else f"‖{text}‖²"


def _inner(a: str, b: str, notation: Text) -> str:
    return rf"\left\langle {a}, {b} \right\rangle" if notation is LATEX else f"⟨{a}, {b}⟩"
