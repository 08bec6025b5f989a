"""docs/speed.md, made from a measurement: nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.speed.report import Row, as_markdown, first_calls, table

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
TEXT = """# How fast emitted modules are

A gradient is what is timed: the loss and its derivative by every parameter, at fixed parameters and data, again and again. Where
a layer stands alone there is no loss: a cotangent of its output is pulled back to its input and its parameters.

    python -m benchmarks.speed                              # every workload, peer and dtype that is here
    python -m benchmarks.speed --only lenet64 --dtype float32 --peers jax naive --seconds 5
    python -m benchmarks.speed --lines --only lstm50        # which lines of the emitted module take the time
    python -m benchmarks.speed --memory                     # the peak memory of a gradient
    python -m benchmarks.speed --compile                    # description to file and import, against JAX's trace and compile
    python -m benchmarks.speed --scaling                    # how all this grows, drawn in speed_scaling.png
    python -m benchmarks.speed --write                      # measure, and write this page
    python -m benchmarks.speed --page a.json b.json         # write it from runs that kept their figures with --json

`pip install symbprop[benchmark]` gets the peers; one that is not installed is left out.

## How to read the table

- A peer's figure is its time divided by ours: above 1 ours is faster. It is the median over rounds, in each of which everybody was
  timed once, in an order drawn anew; after ± stands the larger distance from the median to a quartile. A sample takes at least 5 ms.
- Before anybody's time counts, loss and gradients are held against the emitted module's in float64: each tensor equal to 1e-9 of
  its norm in float64, 1e-3 in float32, and of the right dtype. Who differs is shown as failed.
- *Of the GEMM limit*: the part of our time that the matrix products alone would take at the speed of a product of 1024 × 1024.
- *Naive NumPy* is what one writes by hand on a first try ([benchmarks/speed/naive](../benchmarks/speed/naive)). The *best peer* is the
  fastest of those that differentiate by themselves.
- A dash stands where nothing was measured. torch.compile and PyTensor take minutes to compile the larger networks; they are timed in runs
  of their own on the smaller ones, against our time in the same run.
- *Ours, fast* is the module of the same description with `accuracy: fast`: the cheapest form of each equation, `1 − h²` as it is printed
  ([accuracy.md](accuracy.md)). Below 1 it takes less time than the accurate one, which is the default.
- Everybody has the same number of threads, and the process that number of cores. `OPENBLAS_CORETYPE` is unset: it may pin BLAS
  kernels older than the processor.
- The peers' code is the text that their users write: one model ([models.py](../benchmarks/speed/models.py)) over a namespace for each, with
  the peer's own cross-entropy, layer norm, convolution and LSTM where it has one. Their data are converted before the clock starts.
- The first gradient is, for us, description to emitted text, import and call in a fresh process, without verification; for peers,
  tracing, compiling and the call. Loading the libraries is not counted.
"""
NOTHING = """## Figures

None are kept here yet: `python -m benchmarks.speed --write` on a quiet machine writes them.
"""


def rendered(
    rows: Sequence[Row], names: Sequence[str], around: Mapping[str, str], *, processor_time: bool = False
) -> str:
    """The page; without rows it says that nothing is measured yet."""
    if not rows:
        return f"{TEXT}\n{NOTHING}"
    parts = [TEXT, "## The machine\n", as_markdown([["", ""], *([name, value] for name, value in around.items())])]
    if processor_time:
        parts.append("\nThe machine was not quiet: what is counted is processor time.")
    for dtype in dict.fromkeys(row.dtype for row in rows):
        parts += [f"\n## {dtype}\n", as_markdown(table(rows, dtype, names))]
        parts += [f"\nThe first gradient, {dtype}, seconds:\n", as_markdown(first_calls(rows, dtype, names))]
    return "\n".join(parts) + "\n"


def write_page(
    rows: Sequence[Row], names: Sequence[str], around: Mapping[str, str], *, processor_time: bool = False
) -> None:
    """Write the page."""
    PAGE.write_text(rendered(rows, names, around, processor_time=processor_time), encoding="utf-8")
