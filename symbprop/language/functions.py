"""The functions built into the language, and how many arguments each takes."""

from __future__ import annotations

UNARY = (
    "exp log sqrt sin cos tan tanh sinh cosh asin acos atan asinh acosh atanh erf erfc abs sign log1p expm1 floor ceil detach"
).split()

BUILTINS: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(UNARY, (1, 1)),
    "pow": (2, 2),
    "where": (3, 3),
    "max": (2, None),
    "min": (2, None),
}

REDUCTIONS = ("sum", "mean", "prod", "max", "min", "argmax", "argmin")
