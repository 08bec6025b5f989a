"""What calls and elements cost on a machine: the constants of the cost model, in one table.

``REFERENCE`` are the figures the scheduler's choices were made by: one core of an AMD Zen 5 (AVX-512, 1 MiB of L2), NumPy
2.4, OpenBLAS 0.3.31 on its AVX-512 kernels, one thread, each the median of a micro-benchmark. ``symbprop doctor
--calibrate`` measures the same table for the machine at hand (``symbprop/tuning/calibrate.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

Pair = tuple[float, float]  # in float32, in float64


@dataclass(frozen=True, slots=True)
class Machine:
    """Nanoseconds, but for ``gemm`` (GFLOP/s), ``streamed``, ``fresh`` (GB/s) and ``cache`` (bytes).

    Fixed costs are those of one call, whatever its size: of a ufunc, of one that broadcasts, of one with a Python number
    among its operands, of a product of matrices, of a stack of them, of a reduction, of reading or writing at integers, of
    a view, of arithmetic on one number. ``entry`` is what a gradient costs besides: arguments looked at, arrays borrowed.

    ``plain`` and what follows are for one element in cache: sums, products and copies; quotients; roots; exponentials;
    logarithms; ``log1p`` and ``expm1``; hyperbolic tangents; sines; other powers; comparisons; a product with a mask; the larger of two; a choice
    between two; a sum along an axis; the largest along an axis; its place; reads at integers; sums at integers; the copy of
    windows. ``small`` is the length of a side at which a product of matrices has half its speed.
    """

    source: str
    entry: float
    call: float
    broadcast: float
    number: float
    product: float
    stack: float
    reduction: float
    indexing: float
    view: float
    scalar: float
    plain: Pair
    quotient: Pair
    root: Pair
    exponential: Pair
    logarithm: Pair
    careful: Pair
    tangent: Pair
    sine: Pair
    power: Pair
    comparison: Pair
    masking: Pair
    extreme: Pair
    choice: Pair
    total: Pair
    largest: Pair
    place: Pair
    gather: Pair
    scatter: Pair
    window: Pair
    gemm: Pair
    small: Pair
    streamed: float
    fresh: float
    cache: int

    def to_json(self) -> str:
        """The table as text, one constant a line."""
        return json.dumps(asdict(self), indent=2)


def read_machine(text: str) -> Machine:
    """The table in a text as :meth:`Machine.to_json` writes it. Raises ``ValueError`` for anything else."""
    given = json.loads(text)
    known = {each.name: each for each in fields(Machine)}
    if not isinstance(given, Mapping) or set(given) != set(known):
        raise ValueError("this is no table that 'symbprop doctor --calibrate' has printed")
    values: dict[str, object] = {}
    for name, value in given.items():
        pair = known[name].type == "Pair"
        numbers = value if pair else [value]
        count = 2 if pair else 1
        if name != "source" and not (
            isinstance(numbers, list) and len(numbers) == count and all(_is_cost(each) for each in numbers)
        ):
            raise ValueError(f"{name} is {value!r}, not {'two numbers' if pair else 'a number'} above 0")
        values[name] = tuple(value) if pair else value
    return Machine(**values)  # type: ignore[arg-type]


def _is_cost(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


REFERENCE = Machine(
    source="one core of an AMD Zen 5 with AVX-512 kernels, NumPy 2.4",
    entry=3000,
    call=170,
    broadcast=670,
    number=450,
    product=240,
    stack=750,
    reduction=660,
    indexing=700,
    view=40,
    scalar=50,
    plain=(0.06, 0.12),
    quotient=(0.09, 0.26),
    root=(0.28, 0.91),
    exponential=(0.34, 0.53),
    logarithm=(0.26, 0.60),
    careful=(0.28, 0.64),
    tangent=(0.18, 0.78),
    sine=(1.0, 7.8),
    power=(8.0, 20.0),
    comparison=(0.05, 0.1),
    masking=(0.17, 0.31),
    extreme=(0.06, 0.12),
    choice=(1.3, 0.64),
    total=(0.06, 0.12),
    largest=(0.17, 0.3),
    place=(0.5, 1.0),
    gather=(1.5, 1.5),
    scatter=(4.0, 4.0),
    window=(0.05, 0.1),
    gemm=(226, 100),
    small=(8, 8),
    streamed=43,
    fresh=8,
    cache=1 << 20,
)
