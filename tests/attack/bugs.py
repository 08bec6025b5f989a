"""Bugs to plant in the compiler's own steps: the module, the text, what stands there instead, and a network that has it."""

from __future__ import annotations

from typing import NamedTuple

SQUARE = """
inputs: {x: {shape: [5]}}
targets: {y: {shape: [5]}}
layers: [{dense: {units: 5, activation: tanh}}, {dense: {units: 5}}, {dense: {units: 5, activation: relu}}]
loss: mean_squared_error
"""
IMAGE = """
accuracy: fast
inputs: {x: {shape: [7, 6, 2]}}
targets: {y: {shape: [3]}}
layers:
  - conv2d: {filters: 3, kernel_size: 3, strides: 2, padding: same, activation: tanh}
  - conv2d: {filters: 2, kernel_size: 2}
  - max_pooling2d: {pool_size: 2, strides: 1}
  - flatten
  - dense: {units: 3}
loss: mean_squared_error
"""
SEQUENCE = """
accuracy: fast
inputs: {x: {shape: [T, 3]}, m: {shape: [T], dtype: int, classes: 2}}
targets: {y: {shape: [2]}}
nodes:
  b: {bias: {}, inputs: [x]}
  r: {gru: {units: 4, reset_after: false}, inputs: {x: b, mask: m}}
  d: {dense: {units: 2}, inputs: [r]}
loss: {mean_squared_error: {inputs: [d, y]}}
"""
NORMALISED = """
accuracy: fast
inputs: {x: {shape: [4]}}
targets: {y: {shape: [4]}}
layers: [{dense: {units: 4}}, layer_normalization, {dense: {units: 4}}, {unit_normalization: {}}]
loss: mean_squared_error
"""
WORDS = """
accuracy: fast
inputs: {ids: {shape: [5], dtype: int, classes: 3}}
targets: {y: {shape: [2]}}
layers: [{embedding: {input_dim: 3, output_dim: 4}}, global_average_pooling1d, {dense: {units: 2}}]
loss: mean_squared_error
"""
PRODUCTS = """
accuracy: fast
inputs: {x: {shape: [4]}}
layers:
  - bias
  - formula: "q[n, i] = x[n, i] * prod(k, 1 + x[n, k] * a[k]) + max(k, x[n, k] * u[k]) - min(k, x[n, k] * w[k])"
    name: q
loss: {formula: "L = mean((n, i), q[n, i]^3 - abs(q[n, i]))", inputs: [q]}
"""
WAVES = """
accuracy: fast
inputs: {x: {shape: [3]}}
nodes:
  z: {dense: {units: 3}, inputs: [x]}
  s: {formula: "s[n, j] = sin(z[n, j]) + where(z[n, j] > 0, z[n, j]^2, -2 * z[n, j])", inputs: [z]}
loss: {formula: "L = mean((n, j), s[n, j]^3)", inputs: [s]}
"""
SHARED = """
accuracy: fast
inputs: {a: {shape: [4]}, b: {shape: [4]}}
targets: {t: {shape: [3]}}
nodes:
  left: {dense: {units: 3, activation: tanh}, inputs: [a]}
  right: {dense: {units: 3, activation: sigmoid}, inputs: [b], share: left}
  both: {multiply: {}, inputs: [left, right]}
  sum: {subtract: {}, inputs: [both, left]}
loss: {mean_squared_error: {inputs: [sum, t]}}
"""

COUNTED = """
inputs: {x: {shape: [3]}}
formulas: "L = mean((n, j), x[n, j] * w[j]) + sum((n, j), c^2 * x[n, j] + c)"
"""
TERMS = """
accuracy: fast
inputs: {x: {shape: [3]}}
nodes: {y: {formula: "y[n, j] = sum(k, x[n, k] * W[k, j:2] + V[k, j]^2)", inputs: [x]}}
loss: {formula: "L = mean((n, j), y[n, j]^2)", inputs: [y]}
"""


class Bug(NamedTuple):
    """``wrong`` is a parameter whose gradient it spoils."""

    module: str
    old: str
    new: str
    network: str
    wrong: str


RULE, KINKS = "calculus.adjoint", "calculus.functions"
BUGS = {
    # The rule and the scalar derivatives
    "the adjoint's sign": Bug(RULE, "Mul(local, *factors)", "Mul(-local, *factors)", SQUARE, "W3"),
    "index maps swapped with each other": Bug(
        RULE, "into=Access(bar(read.tensor), read.index))",
        "into=Access(bar(read.tensor), read.index[::-1] if read.tensor[0] == 'W' else read.index))", SQUARE, "W2"),
    "every read but the first is forgotten": Bug(
        RULE, "in source.read_positions():", "in list(source.read_positions())[:1]:", SQUARE, "W1"),
    "the product of the others is forgotten": Bug(
        RULE, "reads = (*source.reads, factor, *of.factors)", "reads = (*source.reads, factor)", PRODUCTS, "a_q"),
    "a derivative off in the fifth digit": Bug(
        KINKS, "without_sympy_kinks(_diff(expression, symbol))",
        "without_sympy_kinks(_diff(expression, symbol)) * (1 + S.One / 100000)", SQUARE, "W1"),
    "the sine's derivative": Bug(
        KINKS, "without_sympy_kinks(_diff(expression, symbol))",
        "without_sympy_kinks(_diff(expression, symbol)).replace(lambda n: type(n).__name__ == 'cos', lambda n: -n)",
        WAVES, "W_z"),
    "a kink's branches exchanged": Bug(
        KINKS, "Select(self.condition, _diff(self.chosen, symbol), _diff(self.otherwise, symbol))",
        "Select(self.condition, _diff(self.otherwise, symbol), _diff(self.chosen, symbol))", WAVES, "W_z"),
    "a mask dropped from a derivative": Bug(
        KINKS, "return Select(self.condition, _diff(self.chosen, symbol), _diff(self.otherwise, symbol))",
        "return _diff(self.chosen, symbol) + _diff(self.otherwise, symbol)", SEQUENCE, "U_r"),
    "the smallest element for the largest": Bug(
        "calculus.linearize", "                CHOICE[source.reduction],", "                Reduction.ARGMIN,", PRODUCTS, "u_q"),
    "a factor not left out of the others": Bug(
        "calculus.linearize", "Select(same, S.One, moved.expr.xreplace(back))", "moved.expr.xreplace(back)", PRODUCTS, "a_q"),
    "only the first path to a shared tensor": Bug(
        "calculus.gradient", "                found.extend(results)\n",
        "                found.extend(r for r in results if r.target.tensor not in {e.target.tensor for b in (backward, found) for e in b})\n",
        SHARED, "W_left"),
    "a missing sum over a broadcast index": Bug(
        "calculus.statement", "            expr = expr * each.extent\n", "            pass\n", COUNTED, "c"),
    # Simplification
    "a sum over what does not move, its count forgotten": Bug(
        "simplify.sums", "total += term * over.extent", "total += term", NORMALISED, "W1"),
    "the factor of a saved sum": Bug(
        "simplify.sums", "* read_symbol(len(reads)) / factor", "* read_symbol(len(reads))", NORMALISED, "W1"),
    "a factor moved out and never put back": Bug(
        "simplify.rescale", "outer * read_symbol(len(source.reads))", "read_symbol(len(source.reads))", NORMALISED, "W1"),
    # Schedule
    "a term overwrites the one before": Bug(
        "schedule.kernels", "            accumulate = True\n", "            accumulate = False\n", TERMS, "V_y"),
    "every statement overwrites": Bug(
        "schedule.schedule", "accumulate=name in self._started and name not in self._assigned)", "accumulate=False)",
        SHARED, "W_left"),
    "the factor outside a sum": Bug(
        "schedule.kernels", "expr = factored.outer * read_symbol(len(source.reads))",
        "expr = read_symbol(len(source.reads))", NORMALISED, "W1"),
    "a buffer that is read again": Bug(
        "schedule.liveness", "(last[root] == position or _scales_itself(step))", "True", SQUARE, "W1"),
    "a loop in the wrong direction": Bug(
        "emit.loops", "if step.reverse else", "if False else", SEQUENCE, "U_r"),
    "a recurrence's cotangent not added up": Bug(
        "schedule.loops", "            (len(places[name]) == 1 or _is_ahead(each, places[name], loop))\n            and", "            True or", SEQUENCE, "W_r"),
    # Emission
    "transposed weights": Bug(
        "emit.contraction", "matrix(right, summed, theirs, extents)", "right.text", SQUARE, "W1"),
    "the last place of a window": Bug(
        "emit.offsets", "ranges[found.inside] = found.length", "ranges[found.inside] = found.length - 1", IMAGE, "K1"),
    "a coordinate of the maximum": Bug(
        "emit.extrema", "if position else ''", "if not position else ''", IMAGE, "K1"),
    "a cube as a fourth power": Bug(
        "emit.elementwise", 'self._binary("multiply", square, base, node)', 'self._binary("multiply", square, square, node)',
        WAVES, "W_z"),
    "a difference as a sum": Bug(
        "emit.elementwise", '"add" if sign > 0 else "subtract", total', '"add", total', SHARED, "W_left"),
    "a fold over the wrong axis": Bug(
        "emit.body", "if index in summed]\n        where", "if index not in summed]\n        where", IMAGE, "b1"),
    "repeated places not added up": Bug(
        "emit.writing", "if _is_injective(target, indices) or not accumulate:", "if True:", WORDS, "E"),
    "the stride of a flat place": Bug(
        "emit.scatter", "stride = product(tuple(shape[axis + 1 :]))", "stride = product(tuple(shape[axis + 1 :])) if axis else 1",
        WORDS, "E"),
    "a scalar divided by, multiplied": Bug(
        "emit.elementwise", 'return [self._binary("divide", top, bottom, None)',
        'return [self._binary("multiply", top, bottom, None)', SQUARE, "W3"),
    "a constant below a line rewritten": Bug(
        "emit.elementwise", "denominators.insert(0, Value(str(coefficient.q), frozenset()))",
        "denominators.insert(0, Value(str(coefficient.q + 1), frozenset()))", SHARED, "W_left"),
    "a temporary added to what is not there yet": Bug(
        "schedule.kernels", "here = accumulate and into is source.target", "here = False", SHARED, "W_left"),
    "a minus in front of a product": Bug(
        "emit.elementwise", "negative, coefficient = bool(coefficient.is_negative), ", "negative, coefficient = False, ", WAVES, "W_z"),
}  # fmt: skip
