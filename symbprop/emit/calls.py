"""What NumPy calls the functions of an expression, and which of them the module brings along."""

from __future__ import annotations

UFUNCS = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
# The file that each is in.
HELPERS = {"erf": "erf", "erfc": "erf", "scaled_erfc": "erf", "wide_exp": "exp", "tail_exp": "tail", "hypot": "hypot"}
COMPARISONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal"}
INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
BINDING = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2}
