"""The report in a real headless Chromium: what it draws, and what happens under the pointer."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from networks import CENTRED

from symbprop.explain.report import report
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read, title

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

# Runs inside the page, in a frame as wide as a phone or a desk; what it finds is written where --dump-dom shows it.
PROBE = """
const found = {errors: []};
window.addEventListener("error", event => found.errors.push(event.message));
function probe(page) {
  const view = page.defaultView;
  found.overflow = page.documentElement.scrollWidth - view.innerWidth;
  found.math = [...page.querySelectorAll("math")].filter(m => !m.closest("details")).map(m => m.getBoundingClientRect()).filter(b => b.width < 4 || b.height < 4).length;
  found.formulas = page.querySelectorAll("math").length;
  const line = page.querySelector(".line[data-eq='9']"), formula = page.getElementById("eq-9");
  const lit = each => each.classList.contains("lit");
  const point = (each, kind) => each.dispatchEvent(new view.MouseEvent(kind));
  found.before = [lit(line), lit(formula)];
  point(formula, "mouseenter"); found.formula = [lit(line), lit(formula)];
  point(formula, "mouseleave"); found.left = [lit(line), lit(formula)];
  point(line, "mouseenter"); found.line = [lit(line), lit(formula)];
  point(line, "mouseleave");
  line.focus(); found.focus = [lit(line), lit(formula)];
  const details = page.querySelector("details");
  found.closed = details.querySelector(".step").checkVisibility();
  details.querySelector("summary").click();
  found.open = details.querySelector(".step").checkVisibility();
  const flow = page.querySelector(".flow").getBoundingClientRect();
  found.flow = flow.right - view.innerWidth;
  details.parentElement.querySelectorAll("details").forEach(each => each.open = true);
  found.opened = page.documentElement.scrollWidth - view.innerWidth;
  found.bars = [...page.querySelectorAll("mrow[style]")].filter(m => m.checkVisibility()).map(m => [view.getComputedStyle(m).borderTopStyle, m.getBoundingClientRect().width - m.firstElementChild.getBoundingClientRect().width]);
  found.paper = view.getComputedStyle(page.body).backgroundColor;
  found.ink = view.getComputedStyle(page.body).color;
  document.getElementById("found").textContent = JSON.stringify(found);
}
"""


@pytest.fixture(scope="module")
def page() -> str:
    text = (Path(__file__).parents[2] / "examples" / "digits.yaml").read_text(encoding="utf-8")
    source = Source("digits.yaml", text)
    result = compile_description(read(source), source)
    derived = result.derived
    assert derived.gradient is not None
    return report(title(derived.network), {}, derived.gradient, derived.network.layers, result.source)


@pytest.fixture(scope="module")
def page_with_words() -> str:
    source = Source("net.yaml", CENTRED)
    result = compile_description(read(source), source)
    derived = result.derived
    assert derived.gradient is not None
    return report(title(derived.network), {}, derived.gradient, derived.network.layers, result.source)


def visit(page: str, folder: Path, width: int, *flags: str) -> dict[str, Any]:
    """What the probe finds in a frame of this width."""
    frame = f'<iframe id="frame" style="width:{width}px;height:900px" srcdoc="{html.escape(page)}"></iframe>'
    wait = 'frame.addEventListener("load", () => probe(frame.contentDocument));'
    outer = folder / "outer.html"
    outer.write_text(
        f'<!doctype html><pre id="found"></pre>{frame}<script>{PROBE}const frame=document.getElementById("frame");{wait}</script>',
        encoding="utf-8",
    )
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=4000",
        "--dump-dom",
        *flags,
    ]
    command += [f"--user-data-dir={folder / 'profile'}", outer.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stderr[-2000:]
    assert match[1], "the probe did not run"
    found: dict[str, Any] = json.loads(html.unescape(match[1]))
    return found


def test_hovering_and_focus_link_formula_and_lines_both_ways(page: str, tmp_path: Path) -> None:
    found = visit(page, tmp_path, 1280)
    assert found["errors"] == []
    assert found["before"] == [False, False]
    assert found["formula"] == [True, True]
    assert found["left"] == [False, False]
    assert found["line"] == [True, True]
    assert found["focus"] == [True, True]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_formulas_are_drawn_and_nothing_runs_out_of_the_page(page: str, tmp_path: Path, width: int) -> None:
    found = visit(page, tmp_path, width)
    assert found["overflow"] <= 0
    assert found["opened"] <= 0
    assert found["flow"] <= 0
    assert found["formulas"] > 20
    assert found["math"] == 0


def test_a_bar_over_a_word_is_as_wide_as_the_word(page_with_words: str, tmp_path: Path) -> None:
    found = visit(page_with_words, tmp_path, 390)
    assert found["errors"] == []
    assert found["opened"] <= 0
    assert len(found["bars"]) > 3
    for style, difference in found["bars"]:
        assert style == "solid"
        assert abs(difference) < 1


def test_a_derivation_opens(page: str, tmp_path: Path) -> None:
    found = visit(page, tmp_path, 1280)
    assert (found["closed"], found["open"]) == (False, True)


def test_the_page_follows_the_readers_light(page: str, tmp_path: Path) -> None:
    light = visit(page, tmp_path, 1280, "--blink-settings=preferredColorScheme=1")
    dark = visit(page, tmp_path, 1280, "--blink-settings=preferredColorScheme=0")
    assert brightness(light["paper"]) > 200 > 100 > brightness(dark["paper"])
    assert brightness(light["ink"]) < 100 < 200 < brightness(dark["ink"])


def brightness(colour: str) -> float:
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
