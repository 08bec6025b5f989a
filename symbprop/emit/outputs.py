"""Gradients written into arrays of the caller's: what ``out`` does in an emitted module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from symbprop.calculus.program import Tensor
from symbprop.emit.lines import Line
from symbprop.emit.literals import string
from symbprop.schedule.plan import Alias, Plan, flat, target_of

NAME = "out"
ARGUMENT = "out: dict[str, np.ndarray] | None = None"
ABOUT = """\
Where ``out`` is given, such as an earlier gradient, its arrays are written into and
    handed back; they may share no memory with what is read."""
HELPERS = {"outputs": "_require_fit(", "into": "_into("}  # each with the call that needs it


class Outputs:
    """Where each tensor goes that is handed out, as the text of an array that may be None: then it is a new one.

    ``places`` are these texts; ``owners`` says in which tensor's memory each tensor of ``plan`` lives.
    """

    def __init__(self, plan: Plan, owners: Mapping[str, str], places: Mapping[str, str]) -> None:
        seen = {owners[target_of(step)] for step in flat(plan.steps) if isinstance(step, Alias)}
        apart = {
            name: owners[name]
            for name in places
            if owners[name] not in {*seen, *plan.shared} and plan.shape(owners[name]) == plan.shape(name) != ()
        }
        self._places = {owner: places[name] for name, owner in apart.items()}
        self._owners = {name: owner for name, owner in apart.items() if list(apart.values()).count(owner) == 1}
        self._written: set[str] = set()

    def into(self, tensor: str) -> str:
        """Where the call that makes ``tensor`` may write it, if it is one whose memory is handed out."""
        if tensor not in self._owners.values():
            return ""
        self._written.add(tensor)
        return self._places[tensor]

    @property
    def written(self) -> Collection[str]:
        """The tensors that are in their places by now."""
        return {name for name, owner in self._owners.items() if owner in self._written}


def places(gradients: Mapping[str, str]) -> dict[str, str]:
    """For each tensor that is one parameter's gradient, the text of the array it goes into."""
    tensors = list(gradients.values())
    return {bar: place(name) for name, bar in gradients.items() if tensors.count(bar) == 1}


def place(name: str) -> str:
    """The array for the gradient of a parameter; None where ``out`` is not given."""
    return f"{NAME}[{string(name)}]"


def entries(
    parameters: Sequence[Tensor],
    gradients: Mapping[str, str],
    names: Mapping[str, str],
    owned: Mapping[str, str],
    shared: Collection[str],
    written: Collection[str],
) -> list[tuple[str, str]]:
    """The items of the dictionary that is handed back, key and value as text; ``written`` are in their places already.

    ``gradients`` gives the tensor of each parameter's gradient, if it has one; ``owned`` its value, the caller's to keep.
    """
    items = []
    for tensor in parameters:
        bar = gradients.get(tensor.name)
        if bar is None:
            value = f"np.zeros({names[tensor.name]}.shape, dtype)"
        elif tensor.shape == ():  # it may be the cotangent, or its negative: a plain number
            value = f"np.{'array' if bar in shared else 'asarray'}({names[bar]}, dtype)"
        else:
            value = owned[bar]
        items.append((string(tensor.name), value if bar in written else f"_into({place(tensor.name)}, {value})"))
    return items


def checked(givens: Sequence[Tensor], names: Mapping[str, str]) -> list[str]:
    """The lines that check what the caller gave."""
    arguments = (NAME, "dtype", "params", *(names[each.name] for each in givens))
    return [
        f"    if {NAME} is None:",
        f"        {NAME} = _ANEW",
        "    else:",
        *Line("", "_require_fit", arguments).render(8),
    ]
