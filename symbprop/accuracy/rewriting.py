"""Rewritings that each mend one weakness, by the shape of an expression alone. All are identities."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Add, Basic, Expr, Integer, Mul, Poly, Pow, Rational, S, Symbol, exp, log, sqrt, tanh
from sympy.codegen.cfunctions import expm1, hypot, log1p

from symbprop.accuracy.functions import scaled_gauss, wide_exp
from symbprop.calculus.algebra import expand, together
from symbprop.calculus.functions import Held, Select, absolute, larger, smaller
from symbprop.calculus.nodes import distinct, exchanged, replaced

Rewriting = Callable[[Expr], Expr]
FARTHEST = Integer(2) ** 100  # in range of single precision too
FAR = Integer(40)  # exp(−x²/2) is 0 in float64 from here on


def small_arguments(expression: Expr) -> Expr:
    """exp(u) − 1 as expm1(u) and log(1 + u) as log1p(u)."""
    expression = replaced(expression, _is_log_of_one_plus, lambda node: log1p(node.args[0] - 1, evaluate=False))
    return replaced(expression, _is_less_one, _with_expm1)


def _is_log_of_one_plus(node: Basic) -> bool:
    return isinstance(node, log) and isinstance(node.args[0], Add) and S.One in node.args[0].args


def _is_less_one(node: Basic) -> bool:
    return isinstance(node, Add) and any(isinstance(_exponential(each), exp) for each in node.args)


def _exponential(term: Expr) -> Expr | None:
    """The exponential of a term c·exp(u)."""
    found = [each for each in Mul.make_args(term) if isinstance(each, exp)]
    return found[0] if len(found) == 1 else None


def _with_expm1(node: Add) -> Expr:
    """c·exp(u) − c + rest as c·expm1(u) + rest."""
    terms = list(node.args)
    for each in node.args:
        exponential = _exponential(each)
        if exponential is None:
            continue
        factor = each / exponential
        if -factor in terms:
            terms.remove(each)
            terms.remove(-factor)
            terms.append(factor * expm1(exponential.args[0], evaluate=False))
    return Add(*terms)


def logistic_by_tanh(expression: Expr) -> Expr:
    """1/(1 + exp(u)) as 1/2 − tanh(u/2)/2: one function that cannot overflow."""

    def is_logistic(node: Basic) -> bool:
        return isinstance(node, Pow) and node.exp == -1 and _exponent_beside_one(node.base) is not None

    def by_tanh(node: Pow) -> Expr:
        half: Expr = _exponent_beside_one(node.base) / 2  # type: ignore[operator]
        if half.could_extract_minus_sign():
            return Rational(1, 2) + tanh(-half, evaluate=False) / 2
        return Rational(1, 2) - tanh(half, evaluate=False) / 2

    return replaced(expression, is_logistic, by_tanh)


def _exponent_beside_one(base: Expr) -> Expr | None:
    """U of 1 + exp(u)."""
    if isinstance(base, Add) and len(base.args) == 2 and S.One in base.args:
        other = base - 1
        return other.args[0] if isinstance(other, exp) else None
    return None


def root_of_squares(expression: Expr) -> Expr:
    """√(a² + b u²) by hypot, whose squares do not overflow."""

    def is_root(node: Basic) -> bool:
        return isinstance(node, Pow) and node.exp.is_Rational and node.exp.q == 2 and _squares(node.base) is not None

    def by_hypot(node: Pow) -> Expr:
        first, second = _squares(node.base)  # type: ignore[misc]
        root = hypot(first, second, evaluate=False)
        return root**node.exp.p

    return replaced(expression, is_root, by_hypot)


def _squares(base: Expr) -> tuple[Expr, Expr] | None:
    """A and u of a² + u², a a number."""
    number, rest = base.as_coeff_Add()
    coefficient, power = rest.as_coeff_Mul()
    is_square = isinstance(power, Pow) and power.exp == 2
    if not (number.is_positive and coefficient.is_positive and is_square):
        return None
    return sqrt(number), sqrt(coefficient) * power.base


def near_one(expression: Expr) -> Expr:
    """1/hᵏ with h² = 1 + u², near u = 0, as (1 − (u/h)²)/hᵏ⁻²: h is rounded less often where it is about 1."""

    def is_power(node: Basic) -> bool:
        return isinstance(node, Pow) and node.exp.is_Integer and node.exp <= -3 and _is_unit_root(node.base)

    def close(node: Pow) -> Expr:
        root, u = node.base, node.base.args[1]
        quotient = Held((1 - Held(u / root) ** 2) * root ** (node.exp + 2))
        return Select(absolute(u) <= 1, quotient, node)

    return replaced(expression, is_power, close)


def _is_unit_root(base: Expr) -> bool:
    return isinstance(base, hypot) and base.args[0] == 1


def conjugate(expression: Expr) -> Expr:
    """U + √(u² + c) as c / (√(u² + c) − u) where u is negative."""

    def is_sum(node: Basic) -> bool:
        return isinstance(node, Add) and _conjugate_parts(node) is not None

    def by_sign(node: Add) -> Expr:
        rest, root, difference = _conjugate_parts(node)  # type: ignore[misc]
        grown = Held(absolute(rest) + root)
        return Select(rest >= 0, grown, difference / grown)

    if not any(isinstance(n, Pow) and n.exp.is_Rational and n.exp.q == 2 for n in distinct(expression)):
        return expression
    result = replaced(together(expression), is_sum, by_sign)
    return result if result.has(Select) else expression


def _conjugate_parts(node: Add) -> tuple[Expr, Expr, Expr] | None:
    """u, √v and v − u², which is a number."""
    for root in node.args:
        if isinstance(root, Pow) and root.exp == S.Half:
            rest = node - root
            difference = expand(root.base - rest**2)
            if difference.is_number and difference.is_positive and not rest.is_number:
                return rest, root, difference
    return None


def repeated_divisions(expression: Expr) -> Expr:
    """a/u² as a/u/u: one rounding less than by the square, and nothing overflows."""

    def is_quotient(node: Basic) -> bool:
        return isinstance(node, Mul) and any(_is_square_below(each) for each in node.args)

    def divided(node: Mul) -> Expr:
        square = next(each for each in node.args if _is_square_below(each))
        return Held(node / square / square.base) / square.base

    return replaced(expression, is_quotient, divided)


def _is_square_below(node: Expr) -> bool:
    return isinstance(node, Pow) and node.exp == -2 and node.base.is_Add


def reciprocal_powers(expression: Expr) -> Expr:
    """1/uⁿ as 1/u/u…, which underflows where uⁿ would overflow."""

    def divided(node: Pow) -> Expr:
        result = Held(1 / node.base)
        for _ in range(-node.exp - 1):
            result = Held(result / node.base)
        return result

    return replaced(
        expression, lambda node: isinstance(node, Pow) and node.exp.is_Integer and -4 <= node.exp < -1, divided
    )


def wide_exponentials(expression: Expr) -> Expr:
    """Exp in double precision also for single: a half unit in the last place instead of two and a half."""
    return replaced(expression, exp, lambda u: exp(u) if u.is_number else wide_exp(u))


def within_range(expression: Expr, variable: Symbol) -> tuple[Expr, ...]:
    """A variable kept from infinity below, above, and on both sides: ∞/∞ and ∞·0 so become what they tend to.

    Not an identity, unless the expression is as good as constant from there on, or grows no faster than the variable.
    """
    ends = (larger(variable, -FARTHEST), smaller(variable, FARTHEST), larger(smaller(variable, FARTHEST), -FARTHEST))
    return tuple(exchanged(expression, {variable: Held(each)}) for each in ends)


def divisions_first(expression: Expr) -> Expr:
    """x·s/c with a selection s as x·(s/c): the selection is bounded, x is not."""

    def is_scaled(node: Basic) -> bool:
        return (
            isinstance(node, Mul)
            and abs(node.as_coeff_Mul()[0]) < 1
            and len(node.args) > 2
            and any(isinstance(each, Select) for each in node.args)
        )

    def scaled(node: Mul) -> Expr:
        coefficient, rest = node.as_coeff_Mul()
        chosen = next(each for each in rest.args if isinstance(each, Select))
        return Held(coefficient * chosen) * (rest / chosen)

    return replaced(expression, is_scaled, scaled)


def kept_in_branch(expression: Expr) -> Expr:
    """What a branch reads, kept within the branch's condition, so that the dead branch stays finite."""
    sizes = {node: Symbol(f"size{n}", nonnegative=True) for n, node in enumerate(_sizes(expression))}
    whole = {symbol: node for node, symbol in sizes.items()}
    kept = replaced(
        exchanged(expression, sizes), lambda node: isinstance(node, Select), lambda node: _kept(node, whole)
    )
    return exchanged(kept, whole)


def _sizes(expression: Expr) -> list[Select]:
    """The nodes that are |x|."""
    choices = (node for node in distinct(expression) if isinstance(node, Select))
    found = [n for n in choices if n.args[1].is_Symbol and n == absolute(n.args[1])]
    return sorted(found, key=lambda each: each.sort_key())


def _kept(node: Select, sizes: Mapping[Expr, Expr]) -> Expr:
    condition, chosen, otherwise = node.args
    if not condition.is_Relational or not condition.args[1].is_number or condition.rel_op in ("==", "!="):
        return node
    variable, bound = condition.args
    above = condition.rel_op[0] == ">"
    if variable in sizes:
        inside = sizes[variable].args[1]
        within = Held(larger(smaller(inside, bound), -bound))
        pair = (chosen, _within(otherwise, inside, within)) if above else (_within(chosen, inside, within), otherwise)
        return Select(condition, *pair)
    if variable.is_Symbol:
        low, high = Held(larger(variable, bound)), Held(smaller(variable, bound))
        one, other = (low, high) if above else (high, low)
        return Select(condition, _within(chosen, variable, one), _within(otherwise, variable, other))
    return node


def _within(branch: Expr, variable: Symbol, kept: Expr) -> Expr:
    """A branch that is linear in the variable stays finite by itself."""
    if branch.is_polynomial(variable) and (not branch.has(variable) or branch.as_poly(variable).degree() < 2):
        return branch
    return exchanged(branch, {variable: kept})


def damped_gaussians(expression: Expr) -> Expr:
    """u·exp(−c u²) as one function, which is 0 after the product and not after the exponential;

    u is kept where that is not 0 wherever a power of it might overflow.
    """

    def is_damped(node: Basic) -> bool:
        return isinstance(node, Mul) and any(_gaussian(each) is not None for each in node.args)

    def damped(node: Mul) -> Expr:
        gaussian = next(each for each in node.args if _gaussian(each) is not None)
        variable, scale = _gaussian(gaussian)  # type: ignore[misc]
        factor = node / gaussian
        if not factor.is_polynomial(variable) or Poly(factor, variable).degree() > 1:
            limit = Integer(int(FAR / sqrt(2 * scale)) + 1)
            factor = factor.xreplace({variable: Held(larger(smaller(variable, limit), -limit))})
        return scaled_gauss(factor, sqrt(scale) * variable)

    return replaced(expression, is_damped, damped)


def _gaussian(node: Expr) -> tuple[Symbol, Rational] | None:
    """U and c of exp(−c u²)."""
    if not isinstance(node, exp):
        return None
    coefficient, square = node.args[0].as_coeff_Mul()
    if isinstance(square, Pow) and square.exp == 2 and square.base.is_Symbol and coefficient.is_negative:
        return square.base, -coefficient
    return None
