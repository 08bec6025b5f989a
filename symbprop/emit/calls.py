"""What NumPy calls the functions of an expression, and which of them the module brings along."""

from __future__ import annotations

from sympy import Basic, Expr, S, erfc

from symbprop.accuracy.functions import erfc_and_gauss, scaled_erfc, scaled_gauss

UFUNCS = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
# The file that each is in.
HELPERS = {
    **dict.fromkeys(("erf", "erfc", "scaled_erfc", "erfc_and_gauss"), "erf"),
    "scaled_gauss": "gauss",
    "wide_exp": "exp",
    "tail_exp": "tail",
    "hypot": "hypot",
}
APART = ("erfc", "scaled_erfc", "erfc_and_gauss", "scaled_gauss")  # the helpers whose ``out`` must be no operand
WRITING = ("wide_exp", "tail_exp", *APART)  # those that write into ``out``, as NumPy's functions do
COMPARISONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal"}
INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
BINDING = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2}


def helper_call(node: Expr) -> tuple[str, tuple[Basic, ...]]:
    """The helper that computes a node, and the arguments that it is called with.

    For erfc(c x) and exp(−c² x²) they are x and the number c² with the sign of c: the square root stays inside, where
    nothing is rounded before it is used. The numbers in their scales come last.
    """
    match node:
        case erfc():
            return "_erfc", _with_numbers((), node.args[0], ())
        case scaled_erfc():
            number, scale = _apart(node.args[0])
            if scale == 1:
                return "_erfc", _with_numbers((), node.args[1], (number,))
            return "_scaled_erfc", _with_numbers((scale,), node.args[1], (number,))
        case scaled_gauss():
            number, scale = _apart(node.args[0])
            return "_scaled_gauss", _with_numbers((scale,), node.args[1], (number,))
        case erfc_and_gauss():
            number, scale = _apart(node.args[1])
            return "_erfc_and_gauss", _with_numbers((scale,), node.args[2], (node.args[0], number))
    return f"_{type(node).__name__}", node.args


def _apart(scale: Expr) -> tuple[Expr, Expr]:
    """The number in a product, and the rest."""
    number, rest = scale.as_independent(*scale.free_symbols, as_Add=False)
    return (number, rest) if scale.free_symbols else (scale, S.One)


def _with_numbers(scales: tuple[Expr, ...], argument: Expr, numbers: tuple[Expr, ...]) -> tuple[Basic, ...]:
    """``scales``, x, c² and other numbers, without those at the end that are 1."""
    factor, rest = _apart(argument)
    square = factor * abs(factor)
    if not square.is_Rational:
        square, rest = S.One, argument
    found = (square, *numbers)
    while found and found[-1] == 1:
        found = found[:-1]
    return (*scales, rest, *found)
