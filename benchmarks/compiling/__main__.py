"""Prints how long each stage of compiling takes: ``python -m benchmarks.compiling``.

Numbers of layers may be given if others are wanted.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise

from symbprop.calculus.gradient import gradient
from symbprop.calculus.program import Role
from symbprop.language.source import Source
from symbprop.network.build import build
from symbprop.pipeline import compile_description, read
from symbprop.simplify.passes import simplify_forward, simplify_gradient

LAYERS = (500, 1000, 2000)
DEPTH = 12
# Each function that is nested, of the one before it.
NESTED = ("tanh({})", "log(1 + exp({}))", "{} / (1 + exp(-{}))")


def network(layers: int) -> Source:
    """Dense layers of four units with tanh."""
    lines = ["inputs: {x: {shape: [4]}}", "targets: {y: {shape: [4]}}", "layers:"]
    lines += ["  - dense: {units: 4, activation: tanh}"] * layers
    return Source("deep.yaml", "\n".join([*lines, "loss: mean_squared_error", ""]))


def nested(function: str) -> Source:
    """A network of one unit whose activation is a formula nested in itself ``DEPTH`` times, each time in a new variable."""
    lines = []
    for depth in range(DEPTH):
        inner = "x[...]" if depth == 0 else f"y{depth}[...]"
        lines.append(f"      y{depth + 1}[...] = {function.replace('{}', inner)}")
    body = "\n".join(lines)
    text = f"""operations: |
  op nested(x[...]):
{body}
inputs: {{x: {{shape: [1]}}}}
nodes:
  u: {{formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}}
  h: {{nested: {{}}, inputs: [u]}}
loss: {{formula: 'L = sum((n, j), h[n, j])', inputs: [h]}}
"""
    return Source("nested.yaml", text)


def written_out(function: str, depth: int) -> Source:
    """The same as one formula, ``depth`` times nested."""
    formula = "u[n, j]"
    for _ in range(depth):
        formula = function.replace("{}", f"({formula})")
    text = f"""inputs: {{x: {{shape: [1]}}}}
nodes:
  u: {{formula: 'u[n, j] = x[n, j] + b[j]', inputs: [x]}}
  h: {{formula: 'h[n, j] = {formula}', inputs: [u]}}
loss: {{formula: 'L = sum((n, j), h[n, j])', inputs: [h]}}
"""
    return Source("written.yaml", text)


def main() -> None:
    """Measure and print."""
    print(
        "layers  build  forward  gradient  backward  (seconds of processor time; forward and backward are the simplification)"
    )
    for layers in map(int, sys.argv[1:]) if sys.argv[1:] else LAYERS:
        seconds = [time.process_time()]
        program = build(read(network(layers))).program
        seconds.append(time.process_time())
        program = simplify_forward(program)
        seconds.append(time.process_time())
        derived = gradient(program, [each.name for each in program.of(Role.PARAMETER)])
        seconds.append(time.process_time())
        simplify_gradient(derived)
        seconds.append(time.process_time())
        spent = [after - before for before, after in pairwise(seconds)]
        print(f"{layers:6}  {spent[0]:5.2f}  {spent[1]:7.2f}  {spent[2]:8.2f}  {spent[3]:8.2f}", flush=True)
    print(f"\nnested {DEPTH} deep (seconds of processor time to compile)")
    for function in NESTED:
        sources = [("statement by statement", nested(function))]
        if function.count("{}") == 1:  # what is written twice is doubled at each depth
            sources.append(("as one formula", written_out(function, DEPTH)))
        for kind, source in sources:
            start = time.process_time()
            compile_description(read(source), source)
            print(f"{function:24} {kind:24} {time.process_time() - start:6.2f}", flush=True)


if __name__ == "__main__":
    main()
