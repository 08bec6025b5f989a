"""The report of a network: one file, complete, and what it says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from networks import CENTRED

from symbprop.explain.flow import Node, drawing, ranks
from symbprop.explain.report import Table, report
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read, title

DIGITS = Path(__file__).parents[2] / "examples" / "digits.yaml"


def page_of(text: str, tables: tuple[Table, ...] = ()) -> str:
    source = Source("net.yaml", text)
    result = compile_description(read(source), source)
    derived = result.derived
    program = derived.forward if derived.gradient is None else derived.gradient
    return report(title(derived.network), {"parameters": "7"}, program, derived.network.layers, result.source, tables)


@pytest.fixture(scope="module")
def digits() -> str:
    return page_of(DIGITS.read_text(encoding="utf-8"))


class Reader(HTMLParser):
    """Which elements are opened and closed, and every address the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)
        self.addresses.extend(value or "" for name, value in attrs if name in ("src", "href", "data"))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_that_loads_nothing(digits: str) -> None:
    reader = Reader()
    reader.feed(digits)
    assert reader.open == []
    assert all(address.startswith("#") for address in reader.addresses)
    assert "url(" not in digits.replace("url(#tip)", "")


def test_a_sum_moved_out_of_a_cotangent_stands_with_its_layer() -> None:
    page = page_of(CENTRED)
    layer = page.partition("<h3>layer 2")[2].partition("<h3>loss")[0]
    numbers = re.findall(r'id="eq-(\d+)"', layer)
    assert numbers == ["2", "3", "4", "6", "7", "8", "9"]
    assert "spread_sum" not in page.partition("<h3>loss")[2].partition("<h2>")[0]


def test_a_derivation_ends_in_its_equation_and_its_matrix_form(digits: str) -> None:
    for details in re.findall(r"<details>.*?</details>", digits, re.DOTALL):
        number = re.findall(r"how \((\d+)\)", details)[0]
        end = details.rpartition('<div class="row equation">')[2]
        assert f'<span class="number">({number})</span>' in end
        assert "In matrices:" in end


def test_every_equation_of_the_module_stands_in_the_page_and_every_cited_line_has_one(digits: str) -> None:
    equations = set(re.findall(r'id="eq-(\d+)"', digits))
    cited = set(re.findall(r'class="line" data-eq="(\d+)"', digits))
    assert cited <= equations
    assert equations == {str(number) for number in range(1, 18)}
    assert len(equations - cited) <= 1


def test_each_layer_has_its_equations_both_ways(digits: str) -> None:
    first, second = digits.split("<section>")[1:3]
    assert "<h3>layer 1<" in first
    assert set(re.findall(r'id="eq-(\d+)"', first)) == {"1", "2", "13", "15", "16", "17"}
    assert set(re.findall(r'id="eq-(\d+)"', second)) == {"3", "4", "5", "6", "7", "11", "12", "14"}
    assert first.count("<details>") == 4


def test_names_of_a_user_are_text() -> None:
    text = "inputs: {x: {shape: [2]}}\ndoc: '<script>alert(1)</script> {{ 7 * 7 }}'\nlayers: [{dense: {units: 1}}]\nloss: {formula: 'L = sum((n, j), z[n, j]^2)', inputs: [z]}\n"
    page = page_of(text)
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in page


def test_a_table_is_shown_with_its_sentences() -> None:
    table = Table("Kernels", ("equation", "worst"), (("(1)", "2.5"),), ("Before <b>.",), ("After.",))
    page = page_of(DIGITS.read_text(encoding="utf-8"), (table,))
    assert "<h2>Kernels</h2>" in page
    assert "Before &lt;b&gt;." in page
    assert '<th scope="row">(1)</th><td>2.5</td>' in page


def test_ranks_are_longest_paths_and_inputs_stand_above_their_readers() -> None:
    nodes = [
        Node("x", "", ()),
        Node("y", "", ()),
        Node("a", "", ("x",)),
        Node("b", "", ("a",)),
        Node("c", "", ("a", "b")),
        Node("L", "", ("c", "y")),
    ]
    assert ranks(nodes) == [["x"], ["a"], ["b"], ["c", "y"], ["L"]]


def test_nothing_goes_back_to_what_is_given() -> None:
    picture = drawing([Node("x", "", ()), Node("a", "", ("x",)), Node("L", "", ("a",))], "net")
    assert picture.count('class="forward"') == 2
    assert picture.count('class="backward"') == 1


def test_a_network_of_two_hundred_layers_fits_into_a_megabyte() -> None:
    layers = "".join("  - dense: {units: 4, activation: tanh}\n" for _ in range(200))
    page = page_of(
        f"inputs: {{x: {{shape: [4]}}}}\ntargets: {{y: {{shape: [4]}}}}\nlayers:\n{layers}loss: mean_squared_error\n"
    )
    assert len(page) < 3_000_000
    assert "<details>" not in page


def test_the_loss_in_the_diagram_is_the_loss_though_a_metric_follows(digits: str) -> None:
    assert "L scalar" in digits
    assert "A scalar" not in digits


def test_the_next_state_of_one_of_several_layers_is_printed_with_a_prime() -> None:
    norms = "[{batch_normalization: {}}, {dense: {units: 2}}, {batch_normalization: {name: last}}, batch_normalization]"
    text = f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {{shape: [2]}}}}\nlayers: {norms}\nloss: mean_squared_error\n"
    source = Source("net.yaml", text)
    emitted = compile_description(read(source), source).source
    for state in ("moving_mean1", "moving_mean_last", "moving_mean3"):
        assert f" {state}′[" in emitted
