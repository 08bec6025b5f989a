"""Random small networks as descriptions, for Hypothesis: chains and graphs, formulas, merges, penalties, two losses."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from symbprop.library.catalogue import catalogue

SMOOTH_ENOUGH = [
    name for name, operation in catalogue().operations.items()
    if catalogue().category(name) == "activations" and len(operation.arguments) == 1 and name != "exponential"
]  # fmt: skip
MERGES = ("add", "multiply", "maximum", "minimum", "average", "subtract")
PENALTIES = [name for name in catalogue().operations if catalogue().category(name) == "penalties"]
LOSSES = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "hinge",
    "squared_hinge",
    "cosine_similarity",
)
FORMULAS = (  # {x} is the node before, {k} its width; the name of a parameter is new in each layer
    "y[n, j] = {x}[n, j] * sigmoid(beta[j] * {x}[n, j])",
    "y[n, o:3] = sum((i, j), {x}[n, i] * B[o, i, j] * {x}[n, j]) + c[o]",
    "y[n, j] = {x}[n, j] - max(k, {x}[n, k]) / 2",
    "y[n, o:2] = min(k, {x}[n, k] + a[o, k])",
    "y[n, j] = {x}[n, j] * prod(k, 1 + tanh({x}[n, k] * a[k]) / 3)",
    "y[n, j] = c * {x}[n, j]^2 + j * d[j]",
    "y[n, j] = where({x}[n, j] > d[j], {x}[n, j], e[j] * {x}[n, j])",
    "y[n, j] = {x}[n, j] / sqrt(1 + mean(k, {x}[n, k]^2))",
    "y[n, j] = exp(sin({x}[n, j])) * g",
)


@dataclass
class Draft:
    """A network in the making: the lines of its nodes, and the width of each."""

    nodes: list[str] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)

    def add(self, body: str, width: int) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(f"  {name}: {{{body}}}")
        self.widths[name] = width
        return name


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A description with odd sizes, up to six nodes, one or two losses."""
    draft = Draft()
    draft.widths["x"] = draw(st.integers(1, 6))
    head = [f"x: {{shape: [{draft.widths['x']}]}}"]
    if draw(st.booleans()):
        draft.widths["x2"] = draw(st.integers(2, 5))
        head.append(f"x2: {{shape: [{draft.widths['x2']}]}}")
    for _ in range(draw(st.integers(1, 5))):
        _add_node(draw, draft)
    targets, losses = [], []
    last = f"v{len(draft.nodes) - 1}"
    for number in range(draw(st.integers(1, 2))):
        units = draw(st.integers(1, 4))
        out = draft.add(f"dense: {{units: {units}{_penalty(draw)}}}, inputs: [{last}]", units)
        weight = draw(st.sampled_from(["", ", weight: 0.3"]))
        if units > 1 and draw(st.booleans()):
            targets.append(f"y{number}: {{shape: [], dtype: int, classes: {units}}}")
            losses.append(
                f"  - sparse_categorical_crossentropy: {{inputs: [{out}, y{number}], from_logits: true{weight}}}"
            )
        else:
            targets.append(f"y{number}: {{shape: [{units}]}}")
            losses.append(f"  - {draw(st.sampled_from(LOSSES))}: {{inputs: [{out}, y{number}]{weight}}}")
    outputs = ", ".join(list(draft.widths)[-len(losses) :])
    return (
        f"inputs: {{{', '.join(head)}}}\ntargets: {{{', '.join(targets)}}}\nnodes:\n"
        + "\n".join(draft.nodes)
        + f"\noutputs: [{outputs}]\nloss:\n"
        + "\n".join(losses)
        + "\n"
    )


def _penalty(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", "", *(f", kernel_regularizer: {name}" for name in PENALTIES)]))


def _add_node(draw: st.DrawFn, draft: Draft) -> None:
    before = draw(st.sampled_from(list(draft.widths)))
    width = draft.widths[before]
    kind = draw(st.sampled_from(["dense", "dense", "merge", "concatenate", "formula", "activation", "reshape"]))
    if kind == "dense":
        units = draw(st.integers(1, 5))
        more = draw(st.sampled_from(["", ", use_bias: false"])) + _penalty(draw)
        name = draw(st.sampled_from(SMOOTH_ENOUGH))
        draft.add(f"dense: {{units: {units}, activation: {name}{more}}}, inputs: [{before}]", units)
    elif kind == "merge":
        other = draw(st.sampled_from([name for name, each in draft.widths.items() if each == width]))
        draft.add(f"{draw(st.sampled_from(MERGES))}: {{}}, inputs: [{before}, {other}]", width)
    elif kind == "concatenate":
        other = draw(st.sampled_from(list(draft.widths)))
        draft.add(f"concatenate: {{}}, inputs: [{before}, {other}]", width + draft.widths[other])
    elif kind == "formula":
        formula = draw(st.sampled_from(FORMULAS))
        units = next((size for size in (2, 3) if f"o:{size}" in formula), width)
        draft.add(f'formula: "{formula.format(x=before)}", inputs: [{before}]', units)
    elif kind == "activation":
        draft.add(f"{draw(st.sampled_from(SMOOTH_ENOUGH))}: {{}}, inputs: [{before}]", width)
    else:
        folded = draft.add(f"reshape: {{target_shape: [{width}, 1]}}, inputs: [{before}]", -1)
        del draft.widths[folded]
        units = draw(st.integers(1, 3))
        wide = draft.add(f"dense: {{units: {units}, activation: tanh}}, inputs: [{folded}]", -1)
        del draft.widths[wide]
        draft.add(f"flatten: {{}}, inputs: [{wide}]", width * units)
