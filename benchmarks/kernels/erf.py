"""The coefficients of the error function's kernel, computed anew: ``python -m benchmarks.kernels.erf``.

erfc(x) = exp(−x²) / (1 + x W(x)) for x ≥ 0. W is smooth and nearly constant, from 2/√π at 0 to √π at infinity: Mills'
ratio, of which rational approximations with positive coefficients are known (DLMF 7.9 and 7.17). The quotient of least
relative error is found by Lawson's iteration (Lawson 1961; Cody, Fraser & Hart 1968 use Remez'), linearised as by
Sanathanan and Koerner (1963), in 50 digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
from mpmath import mpf

ROUNDS = 25
DIGITS = 50
KINDS = {"f": (4, 9.5), "d": (10, 27.5)}  # the degree of both polynomials, and how far erfc is not 0


@dataclass(frozen=True, slots=True)
class Quotient:
    """Coefficients from the highest power down, ``below`` without its leading 1, and the largest relative error."""

    above: tuple[mpf, ...]
    below: tuple[mpf, ...]
    error: mpf


def smooth_part(x: mpf) -> mpf:
    """W(x) = (exp(−x²) / erfc(x) − 1) / x."""
    if x == 0:
        return 2 / mpmath.sqrt(mpmath.pi)
    return (1 / (mpmath.exp(x * x) * mpmath.erfc(x)) - 1) / x


def fitted(degree: int, end: float) -> Quotient:
    """The quotient of two polynomials of this degree that is nearest to W on [0, end]."""
    with mpmath.workdps(DIGITS):
        count = 20 * degree
        last = mpf(end) / (end + 2)  # points are dense where W bends: x = 2 t / (1 − t)
        places = [last * (1 - mpmath.cos(mpmath.pi * (2 * n + 1) / (2 * count))) / 2 for n in range(count)]
        points = [2 * t / (1 - t) for t in places]
        truth = [smooth_part(x) for x in points]
        weights, bottoms = [mpf(1)] * count, [mpf(1)] * count
        best: Quotient | None = None
        for _ in range(ROUNDS):
            above, below = _least_squares(degree, points, truth, weights, bottoms)
            bottoms = [mpmath.polyval(below, x) for x in points]
            errors = [
                abs(mpmath.polyval(above, x) / bottom / value - 1)
                for x, bottom, value in zip(points, bottoms, truth, strict=True)
            ]
            worst = max(errors)
            if best is None or worst < best.error:
                best = Quotient(tuple(above), tuple(below[1:]), worst)
            weights = [w * (e / worst + mpf("1e-4")) for w, e in zip(weights, errors, strict=True)]
            weights = [w * count / sum(weights) for w in weights]
        assert best is not None
        return best


def _least_squares(
    degree: int, points: list[mpf], truth: list[mpf], weights: list[mpf], bottoms: list[mpf]
) -> tuple[list[mpf], list[mpf]]:
    """Numerator and monic denominator whose weighted relative errors have the least squares."""
    rows, right = [], []
    for x, value, weight, bottom in zip(points, truth, weights, bottoms, strict=True):
        scale = mpmath.sqrt(weight) / (bottom * value)
        powers = [scale * x**k for k in range(degree, -1, -1)]
        rows.append([*powers, *(-value * each for each in powers[1:])])
        right.append(value * powers[0])
    matrix, vector = mpmath.matrix(rows), mpmath.matrix(right)
    solved = list(mpmath.lu_solve(matrix.T * matrix, matrix.T * vector))
    return solved[: degree + 1], [mpf(1), *solved[degree + 1 :]]


def main() -> None:
    """Print the coefficients as they stand in the template."""
    for kind, (degree, end) in KINDS.items():
        found = fitted(degree, end)
        print(f"# {kind}: to {mpmath.nstr(found.error, 3)}")
        for part in (found.above, found.below):
            print("(" + ", ".join(repr(float(each)) for each in part) + ")")


if __name__ == "__main__":
    main()
