"""Everything through E = exp(−|g|) ∈ (0, 1], by the sign of g: what cannot overflow, and what vanishes named as such.

An expression that is rational in exp(g), and logarithms of such expressions, is rewritten once for g ≥ 0 and once for
g < 0 as a quotient of polynomials in E. A factor 1 − E becomes −expm1(−|g|), a logarithm log1p, and what the two
branches share is taken out of the choice between them. All steps are identities of algebra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import reduce

from sympy import (  # fmt: skip
    Add,
    Basic,
    Expr,
    Mul,
    Poly,
    Rational,
    S,
    Symbol,
    cosh,
    exp,
    gcd,
    log,
    preorder_traversal,
    sinh,
    tanh,
)
from sympy.codegen.cfunctions import expm1
from sympy.polys.polyerrors import PolynomialError

from symbprop.accuracy.branches import in_powers, is_bounded, quotient, sizes_of
from symbprop.accuracy.clamped import clamped
from symbprop.accuracy.damping import TAIL, Split, bound_of, damped, without_tail
from symbprop.accuracy.merging import merged
from symbprop.accuracy.pairs import chosen_pair, paired
from symbprop.accuracy.polynomials import HIGHEST, SMALL, polynomial
from symbprop.calculus.algebra import cancel, common_divisor, expand, lowest_terms
from symbprop.calculus.factoring import factor_terms
from symbprop.calculus.functions import Held, Select, absolute, smaller
from symbprop.calculus.nodes import disjoint_factors, distinct, exchanged, replaced, symbols_of, tree_size
from symbprop.simplify.degrees import named_exponentials

LONGEST_ARGUMENT = 40  # nodes; exponentials of longer ones are not compared with each other


def by_sign(expression: Expr, *, everywhere: bool = True, alone: bool = False) -> Iterator[Expr]:
    """Equal forms of an expression in one exponential: far from its zero, near it, and the better of the two;

    each as it is, and if it is to hold ``everywhere``, with what a vanishing exponential multiplies held finite. Factors
    that have nothing in common have forms of their own: softplus(c) σ(z). ``alone``: nothing else has use for exp(−|g|).
    """
    groups = disjoint_factors(expression)
    if len(groups) > 1:
        each_alone = [
            [] if _is_tangent(each) else list(by_sign(each, everywhere=everywhere, alone=alone)) for each in groups
        ]
        for place in range(max(map(len, each_alone))):
            pairs = zip(groups, each_alone, strict=True)
            yield Mul(*(forms[min(place, len(forms) - 1)] if forms else group for group, forms in pairs))
        return
    expanded, numbers = _with_named_numbers(without_hyperbolics(expression))
    expanded, others = named_exponentials(expanded, is_bounded)
    numbers = {**numbers, **{symbol: value.xreplace(numbers) for symbol, value in others.items()}}
    argument = generator(expanded)
    condition = None if argument is None else _condition(expanded, argument)
    if argument is None or condition is None:
        return
    size = absolute(argument)
    bound = bound_of(argument.xreplace(numbers))
    nearness = (False, True) if expanded.has(log) else (False,)  # a logarithm alone is another one near the zero
    for limit in (None,) if bound is None else (None, bound):
        forms = []
        for near in nearness if everywhere or limit is None else ():
            try:
                form = _form(expanded, Split(argument, condition, near, limit))
            except PolynomialError:
                return
            if form is not None:
                forms.append(exchanged(form, numbers))
        yield from forms[:1]
        if (forms or not everywhere) and (
            pair := paired(expanded, Split(argument, condition, bound=limit))
        ) is not None:
            yield exchanged(pair, numbers)
            if limit is None and (pair := chosen_pair(expanded, Split(argument, condition))) is not None:
                yield exchanged(pair, numbers)
        if (forms or not everywhere) and limit is not None and not expanded.has(log):
            with suppress(PolynomialError):
                apart = _form(expanded, Split(argument, condition, bound=limit, apart=True))
                if apart is not None:
                    yield exchanged(apart, numbers)
        if len(forms) == 2 and forms[0] != forms[1]:
            far, close = forms
            yield close
            yield Select(size <= 1, close.xreplace({size: smaller(size, S.One)}), far).xreplace(numbers)
    for limit in (*((None,) if alone else ()), *((bound,) if bound is not None and everywhere else ())):
        for form in clamped(expanded, Split(argument, condition, bound=limit), numbers):
            yield exchanged(form, numbers)


def _is_tangent(expression: Expr) -> bool:
    """Whether it is a hyperbolic tangent, or a number of them: as accurate as it stands, and bounded."""
    return isinstance(expression.as_coeff_Mul()[1], tanh)


def _form(expression: Expr, split: Split) -> Expr | None:
    """Both branches as one expression, E written out."""
    ahead, behind = (_branch(expression, split, sign) for sign in (1, -1))
    if ahead is None or behind is None:
        return None
    return _finished(merged(split.condition, ahead, behind), split)


def _with_named_numbers(expression: Expr) -> tuple[Expr, Mapping[Expr, Expr]]:
    """Irrational numbers as symbols, so that the algebra of polynomials does not look into them; and what they are."""
    names: dict[Expr, Symbol] = {}
    walk = preorder_traversal(expression)
    for node in walk:
        if _is_irrational_atom(node):
            names.setdefault(node, Symbol(f"c{len(names)}", real=True, positive=bool(node.is_positive) or None))
            walk.skip()
    return expression.xreplace(names), {symbol: value for value, symbol in names.items()}


def _is_irrational_atom(node: Basic) -> bool:
    return isinstance(node, Expr) and bool(node.is_number) and not (node.is_Rational or isinstance(node, (Add, Mul)))


def without_hyperbolics(expression: Expr) -> Expr:
    """tanh, cosh and sinh as exponentials; tanh(log(u)) so becomes a quotient in u."""
    expression = replaced(expression, tanh, lambda u: (1 - exp(-2 * u)) / (1 + exp(-2 * u)))
    expression = replaced(expression, cosh, lambda u: (exp(u) + exp(-u)) / 2)
    found: Expr = replaced(expression, sinh, lambda u: (exp(u) - exp(-u)) / 2)
    return found


def generator(expression: Expr) -> Expr | None:
    """The g of which every unbounded exponential is exp(k·g) with an integer k; ``None`` if there is no such."""
    arguments = sorted(
        {each.args[0] for each in distinct(expression) if isinstance(each, exp) and not is_bounded(each)},
        key=lambda each: each.sort_key(),
    )
    if not arguments or any(tree_size(each) > LONGEST_ARGUMENT for each in arguments):
        return None
    ratios = [cancel(each / arguments[0]) for each in arguments]
    if not all(isinstance(each, Rational) for each in ratios):
        return None
    common = reduce(gcd, ratios)
    if max(abs(each / common) for each in ratios) > HIGHEST:
        return None
    found = factor_terms(arguments[0] * common)
    whole, rest = abs(found.as_coeff_Mul()[0]), found.as_coeff_Mul()[1]
    if whole.is_Integer and rest.is_Symbol:  # exp(−2|x|) as the square of exp(−|x|): twice a huge x overflows
        found /= whole
    return -found if found.could_extract_minus_sign() else found


def _condition(expression: Expr, argument: Expr) -> Basic | None:
    """The condition that chooses the branch: the one the author chose by, or g ≥ 0; ``None`` if there are several."""
    conditions = {node.args[0] for node in _selections(expression, argument)}
    found = [each for each in conditions if _sides(each, argument) is not None]
    if len(found) != len(conditions) or len(found) > 1:
        return None
    if found:
        return found[0] if _sides(found[0], argument) == 1 else None
    variable = [each for each in Mul.make_args(argument) if each.is_Symbol and (argument / each).is_positive]
    return (variable[0] if variable else argument) >= 0


def _selections(expression: Expr, argument: Expr) -> list[Select]:
    """The selections that depend on what g depends on, except |g| itself."""
    sizes = {node: Symbol(f"size{n}", real=True) for n, (node, _) in enumerate(sizes_of(expression, argument))}
    rest = expression.xreplace(sizes)
    return [node for node in distinct(rest) if isinstance(node, Select) and symbols_of(node) & symbols_of(argument)]


def _sides(condition: Basic, argument: Expr) -> int | None:
    """1 if a condition holds where g is positive, −1 where negative."""
    if not condition.is_Relational or condition.args[1] != 0:
        return None
    ratio = cancel(condition.args[0] / argument)
    if not ratio.is_number or condition.rel_op not in (">", ">=", "<", "<="):
        return None
    positive = bool(ratio.is_positive)
    return 1 if positive == (condition.rel_op[0] == ">") else -1


# One branch -------------------------------------------------------------------------------------------------------------


def _branch(expression: Expr, split: Split, sign: int) -> tuple[Expr, Expr] | None:
    """Numerator and denominator where sign·g ≥ 0, in ``SMALL`` and logarithms; ``None`` if that does not go."""
    powers = in_powers(expression, split.argument, split.condition, sign)
    found = None if powers is None else quotient(powers, sign * split.argument, split.near and powers.has(log))
    if found is None:
        return None
    above, below, values = found
    if split.apart:
        parts = _by_powers(above, below, split, sign)
        return None if parts is None else (parts, S.One)
    top = factor_terms(_in_logarithms(above if values else split.in_argument(above), list(values)))
    branch = (damped(top, split, sign), without_tail(polynomial(below), below, split))
    for symbol, value in reversed(values.items()):  # a later logarithm may hold an earlier one
        branch = (branch[0].xreplace({symbol: value}), branch[1].xreplace({symbol: value}))
    return branch


def _by_powers(above: Expr, below: Expr, split: Split, sign: int) -> Expr | None:
    """What has the variable as a factor apart from what has not, each cancelled alone: (x σ)′ as σ + x σ′;

    of both, the value at E = 0 comes first, and the rest, which is small, is added to it.
    """
    still = above.subs(split.variable, 0)
    parts = [lowest_terms(each, below) for each in (still, above - still)]
    if still == 0 or parts[0][1] == parts[1][1] or any(bottom.subs(SMALL, 0) == 0 for _, bottom in parts):
        return None
    shared = common_divisor(parts[0][1], parts[1][1])
    shared /= shared.subs(SMALL, 0).as_coeff_Mul()[0] or S.One
    power = min(min(each[0] for each in Poly(top, SMALL).monoms()) for top, _ in parts)
    start, rest = S.Zero, S.Zero
    for top, bottom in parts:
        own = cancel(bottom / shared)
        content = own.subs(SMALL, 0).as_coeff_Mul()[0] or S.One
        top, own = expand(top / content / SMALL**power), expand(own / content)
        first = top.subs(SMALL, 0) / own.subs(SMALL, 0)
        start += first
        small = split.in_argument(expand(top - first * own))
        rest += polynomial(small) / without_tail(polynomial(own), own, split)
    start = factor_terms(split.in_argument(expand(start)))
    total = SMALL**power * Add(*(Held(each) if each.is_Add else each for each in (start, rest)))
    return damped(total, split, sign) / without_tail(polynomial(shared), expand(shared), split)


def _in_logarithms(above: Expr, symbols: list[Symbol]) -> Expr:
    """A numerator collected by its logarithms, each coefficient as a polynomial in E."""
    if not symbols:
        return polynomial(above)
    terms = Poly(above, *symbols).terms()
    return Add(*(polynomial(c) * Mul(*(s**k for s, k in zip(symbols, m, strict=True))) for m, c in terms))


def _finished(form: Expr, split: Split) -> Expr:
    """E written out again, and expm1 of what its logarithm is."""
    size = -absolute(split.argument)
    form = replaced(form, lambda node: isinstance(node, expm1), lambda node: expm1(size, evaluate=False))
    return exchanged(form, split.exponentials(form.has(TAIL)))
