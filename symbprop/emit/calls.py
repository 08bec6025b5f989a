"""What NumPy calls the functions of an expression, and which of them the module brings along."""

from __future__ import annotations

from sympy import Basic, Expr, erfc

from symbprop.accuracy.functions import scaled_erfc

UFUNCS = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
# The file that each is in.
HELPERS = {"erf": "erf", "erfc": "erf", "scaled_erfc": "erf", "wide_exp": "exp", "tail_exp": "tail", "hypot": "hypot"}
WRITING = ("wide_exp", "tail_exp")  # the helpers that write into ``out``, as NumPy's functions do
COMPARISONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal"}
INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
BINDING = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2}


def with_square(node: Expr) -> tuple[Basic, ...]:
    """The arguments that a helper is called with: beside x, for erfc(c x), the number c² with the sign of c.

    The square root stays inside, where nothing is rounded before it is used.
    """
    if isinstance(node, (erfc, scaled_erfc)):
        factor, rest = node.args[-1].as_independent(*node.args[-1].free_symbols, as_Add=False)
        if (factor**2).is_Rational and factor**2 != 1:
            return (*node.args[:-1], rest, factor * abs(factor))
    found: tuple[Basic, ...] = node.args
    return found
