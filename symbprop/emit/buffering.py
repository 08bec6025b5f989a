"""What NumPy copies before a call whose operands are in pieces: slices, and rows or columns that are spread over a matrix.

It gathers as many elements of each operand as its buffer holds, as a rule 8,192, and only rows that are no shorter than the
buffer are read where they are. With a buffer of 1,024 elements the pieces that are long enough to be worth their own call
are no longer copied: layer normalization of rows of 1,024 takes two thirds of the time. Shorter rows are gathered as before,
some at a time.
"""

from __future__ import annotations

from symbprop.emit.lines import Line
from symbprop.emit.sizes import nominal
from symbprop.schedule.plan import Plan, flat, target_of

ELEMENTS = 1024
LARGE = 1 << 15  # elements of an array from which on the call that sets it, a microsecond, is worth its while


def buffering(plan: Plan) -> list[Line]:
    """The line that sets the buffer where a plan makes a large array; it holds until ``np.errstate`` of the function ends."""
    made = (plan.tensors[target_of(step)] for step in flat(plan.steps))
    if not any(nominal(each.shape) >= LARGE for each in made):
        return []
    return [Line("", "np.setbufsize", (str(ELEMENTS),), "longer rows are read where they are")]
