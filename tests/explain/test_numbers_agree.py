"""An equation has the same number wherever it is shown: in the emitted module, in a derivation, for one parameter alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from symbprop.explain.derive import derivation
from symbprop.network.build import build
from symbprop.network.document import load_source
from symbprop.pipeline import differentiate, read
from symbprop.verify.module import load_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
NUMBERED = re.compile(r"^ +\((\d+)\) +(\S.*?)(?: {2,}from .*)?$", re.MULTILINE)


def numbered(text: str) -> dict[int, str]:
    return {int(number): line for number, line in NUMBERED.findall(text)}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_derivation_numbers_equations_as_the_module_does(path: Path) -> None:
    module = ROOT / "generated" / f"{path.stem}.py"
    zeros = load_module(module).ZERO_GRADIENTS  # found when the module was verified
    gradient = differentiate(build(read(load_source(str(path)))), zeros=zeros).gradient
    if gradient is None:
        pytest.skip("nothing is differentiated")
    docstring = module.read_text(encoding="utf-8").split('"""')[1]
    course = re.split(r"\nForward, in inference|\nBeside these|\nCost of", docstring)[0]
    shown = numbered(derivation(gradient))
    assert shown.keys() == numbered(course).keys()
    for number, line in numbered(course).items():
        assert line.startswith(shown[number]), (number, line)  # a long equation goes on in a line of its own
    for name in list(gradient.gradients)[:2]:
        alone = numbered(derivation(gradient, wrt=[name]))
        assert alone.items() <= shown.items()


def test_what_reads_a_cotangent_without_its_factor_says_where_it_is_from() -> None:
    docstring = (ROOT / "generated" / "transformer.py").read_text(encoding="utf-8").split('"""')[1]
    for line in re.findall(r"^    \(\d+\) +.*$", docstring.partition("Backward")[2], re.MULTILINE):
        left, _, right = line.partition(" = ")
        if "_sum[" in right:
            assert " from " in right, left
