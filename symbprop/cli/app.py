"""The commands and their options. SymPy and the pipeline are imported when a command runs, not before."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from symbprop.cli.faults import guarded, listen, stop_listening
from symbprop.cli.options import (
    AsJson,
    Batch,
    Dtype,
    Form,
    Format,
    Quick,
    Sizes,
    Spec,
    Thorough,
    effort_of,
)
from symbprop.tuning.threads import settle, settle_peers
from symbprop.version import __version__

app = typer.Typer(
    name="symbprop",
    help="Compile a network description into closed-form gradients and one standalone NumPy file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"symbprop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def compile(
    spec: Spec,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write into.")] = Path("generated"),
    verify: Annotated[bool, typer.Option(help="Verify the module before handing it over.")] = True,
    without: Annotated[list[str] | None, typer.Option(help="A simplification pass to leave out; repeatable.")] = None,
    functions: Annotated[
        str, typer.Option(help="Functions beside the gradient: hvp,jvp (docs/functions.md).", metavar="NAMES")
    ] = "",
    quick: Quick = False,
    thorough: Thorough = False,
    selfcheck: Annotated[
        bool, typer.Option("--selfcheck", help="Write the module with a function that checks its own gradient.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write <name>.py, verified, and print what was derived and checked.

    Example: symbprop compile examples/digits.yaml -o generated
    """
    from symbprop.cli.compiling import run_compile

    effort = effort_of("normal", quick=quick, thorough=thorough)
    guarded(
        run_compile,
        spec,
        output,
        verify=verify,
        without=without or [],
        functions=functions,
        effort=effort,
        selfcheck=selfcheck,
        as_json=json,
    )


@app.command()
def derive(
    spec: Annotated[str, typer.Argument(help="A description, or a formula.", metavar="SPEC|FORMULA")],
    wrt: Annotated[list[str] | None, typer.Option(help="Only this parameter's gradient; repeatable.")] = None,
    form: Annotated[Form, typer.Option(help="Index or matrix notation.")] = Form.INDEX,
    steps: Annotated[bool, typer.Option("--steps", help="Write the chain rule out step by step.")] = False,
    expand: Annotated[bool, typer.Option("--expand", help="Write gradients out down to the inputs.")] = False,
    at: Annotated[
        str | None, typer.Option(help="Put numbers in: x=2,y=1/3, a JSON file of arrays, or random.", metavar="VALUES")
    ] = None,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.TEXT,
) -> None:
    """Print the gradient's derivation.

    Example: symbprop derive "L = 3*x^2 + 2*x*y + y^2" --steps
    """
    from symbprop.cli.deriving import run_derive

    guarded(run_derive, spec, wrt, form.value, steps, format.value, expand=expand, at=at)


@app.command()
def check(
    spec: Annotated[str, typer.Argument(help="A description, or an emitted module.", metavar="SPEC|MODULE.py")],
    seed: Annotated[int, typer.Option(help="From which the points follow.")] = 0,
    effort: Annotated[str, typer.Option(help="quick, normal or thorough.")] = "normal",
    quick: Quick = False,
    thorough: Thorough = False,
    json: AsJson = False,
) -> None:
    """Verify a module and print the certificate.

    Example: symbprop check generated/digits.py
    """
    from symbprop.cli.checking import run_check

    guarded(run_check, spec, seed, effort_of(effort, quick=quick, thorough=thorough), as_json=json)


@app.command()
def train(
    spec: Spec,
    data: Annotated[Path | None, typer.Option(help="An .npz file with an array for each input and target.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How often every example is seen.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Examples for one step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="One step size, instead of a schedule.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="From which first values and orders follow.")] = None,
    validation: Annotated[float | None, typer.Option(min=0.0, max=0.9, help="The share held out.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write into.")] = Path("generated"),
    weights: Annotated[
        list[Path] | None, typer.Option(help="A .npz or .safetensors file for the weights; repeatable.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="A picture of the learning curves and gradient norms.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="An .npz file to save the run in after each epoch.")] = None,
    resume: Annotated[Path | None, typer.Option(help="The checkpoint of a run to go on with.")] = None,
    json: AsJson = False,
) -> None:
    """Compile, verify and fit; save the weights and the learning curve.

    Example: symbprop train examples/digits.yaml --epochs 40 --plot curves.png
    """
    settle()
    from symbprop.cli.training import Files, run_train

    options = {"epochs": epochs, "batch_size": batch_size, "rate": learning_rate}
    options |= {"seed": seed, "validation": validation}
    files = Files(data, checkpoint or resume, resume, plot, tuple(weights or ()))
    guarded(run_train, spec, files, {k: v for k, v in options.items() if v is not None}, output, as_json=json)


@app.command()
def ops(
    name: Annotated[str | None, typer.Argument(help="One operation.")] = None,
    format: Annotated[Format, typer.Option(help="What to print the gradient as.")] = Format.TEXT,
    json: AsJson = False,
) -> None:
    """List the library; for one operation its formula and its derived gradient.

    Example: symbprop ops softmax
    """
    from symbprop.cli.operations import run_ops

    guarded(run_ops, name, format.value, as_json=json)


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file to write to.")] = None,
) -> None:
    """Print the JSON Schema of descriptions, for editors.

    Example: symbprop schema -o symbprop.schema.json
    """
    from symbprop.cli.operations import run_schema

    guarded(run_schema, output)


@app.command()
def summary(
    spec: Spec,
    batch: Batch = 32,
    size: Sizes = None,
    dtype: Dtype = None,
    machine: Annotated[
        Path | None, typer.Option(help="Constants of the cost model: doctor --calibrate > FILE.")
    ] = None,
    tensors: Annotated[
        bool, typer.Option("--tensors", help="Each tensor that is computed: calls, bytes, time.")
    ] = False,
    products: Annotated[
        bool, typer.Option("--products", help="Each product of matrices: sizes, call, and pieces it is cut into.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Print each layer with its output shape, parameters, multiply-adds and memory, and what a gradient costs and takes.

    Example: symbprop summary examples/digits.yaml --batch 256 --tensors
    """
    from symbprop.cli.summary import Asked, run_summary

    asked = Asked(batch, tuple(size or ()), "" if dtype is None else dtype.value, machine, tensors, products)
    guarded(run_summary, spec, asked, as_json=json)


@app.command()
def report(
    spec: Spec,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page to write.")] = Path("report.html"),
) -> None:
    """Write one page: the flow, the derivation, the certificate, the source, linked both ways.

    Example: symbprop report examples/digits.yaml -o report.html
    """
    from symbprop.cli.reporting import run_report

    guarded(run_report, spec, output)


@app.command()
def bench(
    spec: Spec,
    batch: Batch = 32,
    size: Sizes = None,
    dtype: Dtype = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="Of timing, at least.")] = 2.0,
    threads: Annotated[int, typer.Option(min=1, help="Of BLAS.")] = 1,
    memory: Annotated[bool, typer.Option("--memory", help="Also the peak of what a call allocates.")] = False,
    peers: Annotated[bool, typer.Option(help="Also JAX on the same formulas, if it is installed.")] = True,
    json: AsJson = False,
) -> None:
    """Time a gradient at random data of the description's shapes, beside JAX on the same formulas.

    Example: symbprop bench examples/digits.yaml --batch 256 --dtype float32 --memory
    """
    settle(threads)
    settle_peers(threads)
    from symbprop.cli.benching import run_bench

    kind, sizes = "" if dtype is None else dtype.value, tuple(size or ())
    guarded(run_bench, spec, batch, sizes, kind, seconds, threads, memory=memory, peers=peers, as_json=json)


@app.command()
def doctor(
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Print the constants of the cost model, measured here, as JSON.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Say which BLAS, kernels and threads NumPy uses, how fast they are, and what to set if that is not the best.

    Example: symbprop doctor
    """
    from symbprop.cli.doctor import run_doctor

    if calibrate:
        settle(1)
    guarded(run_doctor, calibrating=calibrate, as_json=json)


def main() -> None:
    """The entry point of the command ``symbprop``."""
    listen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of ASCII alone gets x\xb2 for x², and no fault
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    finally:
        stop_listening()
