"""The stages in order: description → network → simplified gradient → emitted module. Verification stands beside them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from symbprop.calculus.gradient import gradient
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.calculus.requested import Requested
from symbprop.calculus.separability import NotSeparable
from symbprop.emit.docstring import Heading
from symbprop.emit.module import Compiled, emit
from symbprop.emit.selfcheck import with_selfcheck
from symbprop.emit.workspace import WORKSPACE
from symbprop.language.source import Source, SourceError
from symbprop.library.catalogue import catalogue
from symbprop.network.asked import asked_elsewhere
from symbprop.network.assembly import BATCH
from symbprop.network.build import build
from symbprop.network.description import Description
from symbprop.network.network import Network
from symbprop.network.schema import read_description
from symbprop.simplify.passes import finish_forward, simplify_forward, simplify_gradient
from symbprop.simplify.requests import Base, NotDefined, request
from symbprop.version import __version__


@dataclass(frozen=True, slots=True)
class Derived:
    """A network, its simplified forward program, and its simplified gradient if it has a loss and parameters.

    ``inference`` is the simplified program of a network that infers otherwise than it trains, ``functions`` are those
    asked for beside the gradient.
    """

    network: Network
    forward: Program
    gradient: GradientProgram | None
    inference: Program | None = None
    functions: tuple[Requested, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The text of a module, what it was made from, and the seconds of each stage."""

    derived: Derived
    source: str
    seconds: Mapping[str, float]


class Clock:
    """Seconds of each stage, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - start


def read(source: Source) -> Description:
    """The description in a text. Raises ``SourceError``."""
    return read_description(source, catalogue().operations)


def derive(description: Description, *, without: Collection[str] = (), free_sizes: bool = False) -> Derived:
    """The network's forward program and gradient, simplified. ``without`` names passes to leave out."""
    network = build(description, free_sizes=free_sizes)
    return differentiate(network, without=without)


def differentiate(
    network: Network, *, without: Collection[str] = (), zeros: Mapping[str, str] = MappingProxyType({})
) -> Derived:
    """The simplified forward program of a network, and the simplified gradient of its loss.

    ``zeros`` are parameters whose gradient is known to vanish, each with the reason: nothing is derived for them.
    """
    forward = simplify_forward(network.program, without)
    inferring = forward if network.inference is None else simplify_forward(network.inference, without)
    inference = None if network.inference is None else finish_forward(inferring, without)
    parameters = [tensor.name for tensor in forward.of(Role.PARAMETER) if tensor.name not in zeros]
    if forward.loss is None or not parameters:
        functions = _functions(network, Base(forward, None, inferring, BATCH, without))
        return Derived(network, finish_forward(forward, without), None, inference, functions)
    simplified = simplify_gradient(gradient(forward, parameters), without)
    simplified = replace(simplified, zeros={**simplified.zeros, **zeros})
    functions = _functions(network, Base(forward, simplified, inferring, BATCH, without))
    return Derived(network, simplified.forward, simplified, inference, functions)


def _functions(network: Network, base: Base) -> tuple[Requested, ...]:
    """The functions that the description asks for. Raises ``SourceError`` for one that cannot be."""
    found = []
    for label in () if network.description is None else network.description.functions:
        try:
            found.append(request(label.text, base))
        except (NotDefined, NotSeparable) as error:
            raise SourceError(str(error), label.span, hint=f"leave {label.text} out of functions") from error
    return tuple(found)


def compile_description(
    description: Description,
    source: Source,
    *,
    without: Collection[str] = (),
    zeros: Mapping[str, str] = MappingProxyType({}),
    selfcheck: bool = False,
) -> Result:
    """The emitted module of a description, not yet verified. ``zeros`` as in :func:`differentiate`.

    With ``selfcheck`` it carries a check of its own gradient. ``without`` names passes to leave out, or ``WORKSPACE``: then every call makes its arrays anew.
    """
    clock = Clock()
    with clock.stage("build"):
        network = build(description)
    with clock.stage("derive"):
        derived = differentiate(network, without=without, zeros=zeros)
    with clock.stage("emit"):
        heads = heading(network, source)
        heads = replace(heads, options=f"{heads.options} --selfcheck") if selfcheck else heads
        programs = (derived.forward, derived.gradient)
        kept = WORKSPACE not in without
        text = emit(Compiled(network, *programs, heads, derived.inference, derived.functions, kept))
        text = with_selfcheck(text) if selfcheck else text
    return Result(derived, text, clock.seconds)


def heading(network: Network, source: Source) -> Heading:
    """What the module's docstring says of its origin: the file's name without its folder, and its digest."""
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    name = source.name.replace("\\", "/").rsplit("/", 1)[-1]
    asked = () if network.description is None else asked_elsewhere(network.description)
    options = f" --functions {','.join(asked)}" if asked else ""
    return Heading(title(network), name, digest, __version__, network.axes, options, network.accuracy)


def title(network: Network) -> str:
    """One line: the name, and the layers or the author's own words."""
    description = network.description
    if description is not None and description.doc.strip():
        return f"{network.name}: {description.doc.strip().splitlines()[0]}"
    kinds = [layer.kind for layer in network.layers]
    shown = " → ".join(kinds[:8]) + (f" → … ({len(kinds)} layers)" if len(kinds) > 8 else "")
    return f"{network.name}: {shown}" if kinds else network.name
