"""Names that are orders to whoever shows them: markup, escapes, mathematics, formulas, marks of direction."""

from __future__ import annotations

import csv
import json
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cli.conftest import Run
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from rich.text import Text

from simfunnel.report.console.layout import page_text, table
from simfunnel.report.faces.base import csv_frame
from simfunnel.report.plots.style import name_ticks, new_figure, plot_style
from simfunnel.wording.shown_text import JOINERS, as_name, in_cell, in_picture, on_console

HOSTILE = [
    "[bold]loud[/bold]", "[/]", "[red", "[link=https://x.org]x[/link]", "a]b", "$x^2$", "$", "$$", r"$\frac{1}{",
    "a$b$c",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "bell\x07", "\x9b31m", "up\x0bdown", "zero\x00byte", "two\nlines",
    "a\tb", "a\rb", "\u202eevil\u202c", "\u2066x\u2069", "\u200fרtl", "</text>", "&amp; & <b>", "]]>", "\ufffe",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1", " =1", "\u2028line", "😀\u200d👩",
    "\ud800",
]  # fmt: skip
text = st.text(st.characters(), max_size=12) | st.sampled_from(HOSTILE)


def harmless(shown: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in JOINERS for c in shown)


@given(text)
def test_no_character_that_orders_anything_passes_the_gate(name: str) -> None:
    assert harmless(as_name(name))
    assert harmless(on_console(name).replace("\n", ""))
    assert harmless(in_picture(name).replace("\n", ""))


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"]), max_size=30))
def test_what_can_be_shown_is_shown_as_it_is(name: str) -> None:
    assert on_console(name) == as_name(name) == in_picture(name) == name


@given(text, text)
def test_a_page_shows_names_and_never_obeys_them(first: str, second: str) -> None:
    page = page_text(table([{"Name": first or "x", "Value": second or "x"}], (), 200))
    assert harmless(page.replace("\n", ""))
    row = page.split("\n")[1]
    assert row.startswith(as_name(first or "x").rstrip())
    assert harmless(page_text(Text(first)).replace("\n", ""))


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.isprintable()])
def test_markup_is_shown_and_not_obeyed(name: str) -> None:
    assert name in page_text(table([{f"{name}": name, "b": "1"}], (), 200))


@given(text)
@example("$x^2$")
@example("=1+1")
def test_a_cell_is_never_a_formula(name: str) -> None:
    cell = str(in_cell(name))
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert cell.removeprefix("'") == name.removeprefix("'")


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": ["=1", "ok"], "amount": [-1.5, 2.0], "wins": [-1, 2], "open": [True, False]})
    csv_frame(frame).to_csv(tmp_path / "x.csv", index=False)
    read = pd.read_csv(tmp_path / "x.csv")
    assert list(read) == ["'=name", "amount", "wins", "open"]
    assert read["amount"].tolist() == [-1.5, 2.0] and read["wins"].tolist() == [-1, 2]
    assert read["'=name"].tolist() == ["'=1", "ok"]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_pictures_take_every_name(tmp_path: Path, suffix: str) -> None:
    with plot_style([]):
        figure, axes = new_figure(" ".join(HOSTILE[:6]), "\n".join(HOSTILE[6:12]), (9, 9))
        name_ticks(axes, range(len(HOSTILE)), HOSTILE)
        for i, name in enumerate(HOSTILE):
            axes.plot([0, 1], [i, i], label=f"x{name}")
            axes.text(0.5, i, name)
        figure.legend()
        figure.savefig(tmp_path / f"x.{suffix}")
    if suffix == "svg":
        shown = "".join(ET.parse(tmp_path / "x.svg").getroot().itertext())
        assert "$x^2$" in shown and "</text>" in shown and "\x1b" not in shown
    plt.close("all")


SCENARIO = """\
version: 1
name: "[bold]$x^2$\\e[31m</text>"
as_of: 2027-01-04
periods: {unit: quarter, count: 1}
stages:
  - {name: "=Demo [/] $", conversion: 0.5, duration: 20}
  - {name: "Of\\tfer\\u202e", conversion: 0.6, duration: {exponential: 20}}
pipeline:
  opportunities:
    - {id: "=1+1", name: "[/]", stage: "=Demo [/] $", age: 3, amount: 1000, owner: "@Ann[red]"}
    - {id: "two\\nlines", stage: "Of\\tfer\\u202e", age: 3, amount: 2000, owner: "Bo\\e]0;x\\a $\\\\frac{"}
leads:
  - {name: "-in [bold]bound", stage: "=Demo [/] $", rate: {per: week, mean: 2}, amount: 900, owner: "@Ann[red]"}
targets: [{period: 2027-Q1, amount: 1500}, {period: 2027-Q1, owner: "@Ann[red]", amount: 500}]
variants:
  "+weak $_": [{path: win_rate, scale: 0.5}]
simulation: {trials: 200}
"""


def rows_of(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "command",
    [
        ("run", "s.yaml", "--by", "owner", "--by", "source", "--variant", "+weak $_"),
        ("stress", "s.yaml", "--each", "stage", "--grid", "win_rate=0.9:1:2", "--grid", "amount=0.9:1:2"),
        ("plan", "s.yaml"), ("levers", "s.yaml"), ("compare", "s.yaml", "s.yaml"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_every_command_shows_hostile_names_on_every_face(empty: Path, run: Run, command: tuple[str, ...]) -> None:
    Path("s.yaml").write_text(SCENARIO, encoding="utf-8")
    result = run(*command, "--trials", "200", "--quiet", "--out", "results")
    assert result.code == 0, result.err
    assert harmless(result.out.replace("\n", "")) and harmless(result.err.replace("\n", ""))
    for path in Path("results").glob("*.csv"):
        for row in rows_of(path):
            for cell in (*row, *row.values()):
                numeric = cell.lstrip("+-").replace(".", "").replace("e-", "").replace("e+", "").isdigit()
                assert numeric or cell[:1] not in ("=", "+", "-", "@", "\t", "\r"), (path.name, cell)
    for path in Path("results").glob("*.svg"):
        ET.parse(path)
    (document,) = (path for path in Path("results").glob("*.json") if path.name != "manifest.json")
    json.loads(document.read_text("utf-8"))


def test_json_is_exact(empty: Path, run: Run) -> None:
    Path("s.yaml").write_text(SCENARIO, encoding="utf-8")
    result = run("run", "s.yaml", "--trials", "200", "--quiet", "--json", "--by", "owner")
    data = json.loads(result.out)
    assert data["scenario"]["name"] == "[bold]$x^2$\x1b[31m</text>"
    assert "Bo\x1b]0;x\x07 $\\frac{" in data["groups"]["owner"]


def test_a_message_on_stderr_is_harmless(empty: Path, run: Run) -> None:
    Path("s.yaml").write_text(SCENARIO, encoding="utf-8")
    result = run("run", "s.yaml", "--set", "stages.\x1b[31mred\u202e=1")
    assert result.code == 2
    assert harmless(result.err.replace("\n", ""))
