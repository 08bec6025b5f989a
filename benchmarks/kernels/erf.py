"""The coefficients of the error function's kernel, computed anew: ``python -m benchmarks.kernels.erf``.

erfc(x) = exp(−x²) / (1 + x W(x)) for x ≥ 0. W is smooth and nearly constant, from 2/√π at 0 to √π at infinity: Mills'
ratio, of which rational approximations with positive coefficients are known (DLMF 7.9 and 7.17). The quotient of least
weighted error is found by Lawson's iteration (Lawson 1961; Cody, Fraser & Hart 1968 use Remez'), linearised as by
Sanathanan and Koerner (1963), in 50 digits. The weight is what an error of W does to erfc and to erf, against what the
rounding of x alone may do to them; so W need not be known as well far out, and the degree is lower. Farther out than
the quotient reaches the continued fraction converges fast (DLMF 7.9.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
from mpmath import mpf

ROUNDS = 25
DIGITS = 50
KINDS = {"f": (3, 6), "d": (7, 5)}  # the degree of both polynomials, and how far they are to be used


@dataclass(frozen=True, slots=True)
class Quotient:
    """Coefficients from the highest power down, ``below`` without its leading 1, and the largest error:

    that of erfc, in half units in the last place of it and of x.
    """

    above: tuple[mpf, ...]
    below: tuple[mpf, ...]
    error: mpf


def smooth_part(x: mpf) -> mpf:
    """W(x) = (exp(−x²) / erfc(x) − 1) / x."""
    if x == 0:
        return 2 / mpmath.sqrt(mpmath.pi)
    return (1 / (mpmath.exp(x * x) * mpmath.erfc(x)) - 1) / x


def tolerance(x: mpf) -> mpf:
    """The relative error of W that moves erfc(x) by half of its last place and what half of the last place of x does; erf too."""
    main = mpmath.exp(-x * x)
    tail, slope = mpmath.erfc(x), 2 * x * main / mpmath.sqrt(mpmath.pi)
    moved = tail * (1 - tail / main)  # by a relative error of one
    unit = mpf(1) if tail > 0.5 else tail
    return (min(unit, 1 - tail) + slope) / moved


def fitted(degree: int, end: float) -> Quotient:
    """The quotient of two polynomials of this degree that is nearest to W on [0, end]."""
    with mpmath.workdps(DIGITS):
        count = 20 * degree
        last = mpf(end) / (end + 2)  # points are dense where W bends: x = 2 t / (1 − t)
        places = [last * (1 - mpmath.cos(mpmath.pi * (2 * n + 1) / (2 * count))) / 2 for n in range(count)]
        points = [2 * t / (1 - t) for t in places]
        truth = [smooth_part(x) for x in points]
        weights, bottoms = [1 / tolerance(x) for x in points], [mpf(1)] * count
        emphasis = [mpf(1)] * count
        best: Quotient | None = None
        for _ in range(ROUNDS):
            scales = [mpmath.sqrt(e) * w for e, w in zip(emphasis, weights, strict=True)]
            above, below = _least_squares(degree, points, truth, scales, bottoms)
            bottoms = [mpmath.polyval(below, x) for x in points]
            errors = [
                weight * abs(mpmath.polyval(above, x) / bottom / value - 1)
                for x, bottom, value, weight in zip(points, bottoms, truth, weights, strict=True)
            ]
            worst = max(errors)
            if best is None or worst < best.error:
                best = Quotient(tuple(above), tuple(below[1:]), worst)
            emphasis = [w * (e / worst + mpf("1e-4")) for w, e in zip(emphasis, errors, strict=True)]
            emphasis = [w * count / sum(emphasis) for w in emphasis]
        assert best is not None
        return best


def _least_squares(
    degree: int, points: list[mpf], truth: list[mpf], scales: list[mpf], bottoms: list[mpf]
) -> tuple[list[mpf], list[mpf]]:
    """Numerator and monic denominator whose scaled relative errors have the least squares."""
    rows, right = [], []
    for x, value, scale, bottom in zip(points, truth, scales, bottoms, strict=True):
        scale /= bottom * value
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
