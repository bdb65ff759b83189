"""What stands below a table explains columns that are shown, and no other, however narrow a terminal is."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from simfunnel.diagnosis.health import health
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.levers.levers import levers
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.planning.stress.stress import stress
from simfunnel.report.console.breaking import broken
from simfunnel.report.console.forecast import forecast_page
from simfunnel.report.console.health import health_page
from simfunnel.report.console.layout import legend, table
from simfunnel.report.console.levers import levers_page
from simfunnel.report.console.plan import plan_page
from simfunnel.report.console.stress import stress_page
from simfunnel.wording.language import language

from .html_scenario import scenario

EXPLAINED = {
    "run": {"Weighted:": "Weighted"},
    "plan": {"Variance / mean:": "Variance / mean", "(Steady)": "Steady", "Too old:": "Too old",
             "P(win): the chance of being won in 2027-Q1.": "P(win)"},
    "levers": {"Alone:": "Alone", "±": "Points"},
    "stress": {"Last column:": "P = 50 % at", "P(win): the chance of being won in 2027-Q1.": "P(win)"},
    "health": {"won P90:": "days / won P90", "amount:": "amount",
               "P(win): the chance of being won in 2027-Q1 to 2027-Q2.": "P(win)"},
}  # fmt: skip
"""Page -> words of a legend -> heading of the column that they explain."""


def text_of(page: RenderableType, width: int) -> str:
    out = StringIO()
    Console(width=width, file=out).print(broken(page, width), markup=False, highlight=False)
    return out.getvalue()


@pytest.fixture(scope="module")
def pages() -> dict[str, Callable[[int], RenderableType]]:
    data = scenario()
    data["leads"][0]["rate"]["dispersion"] = 2
    ready = prepare(data)
    made: dict[str, Any] = {
        "run": simulate(ready, trials=500), "plan": leads_needed(ready, trials=500, deals=True, target=30_000),
        "levers": levers(ready, trials=500), "health": health(ready, trials=500),
        "stress": stress(ready, trials=500, grid=None),
    }  # fmt: skip
    return {
        "run": lambda width: forecast_page(made["run"], (), width),
        "plan": lambda width: plan_page(made["plan"], width),
        "levers": lambda width: levers_page(made["levers"], width),
        "stress": lambda width: stress_page(made["stress"], width),
        "health": lambda width: health_page(made["health"], width),
    }


@pytest.mark.parametrize("width", [40, 60, 80, 140])
@pytest.mark.parametrize("name", sorted(EXPLAINED))
def test_only_columns_that_are_shown_are_explained(
    pages: dict[str, Callable[[int], RenderableType]], name: str, width: int
) -> None:
    text = text_of(pages[name](width), width)
    lines, said = text.splitlines(), " ".join(text.split())
    for words, column in EXPLAINED[name].items():
        heads = [line for line in lines if f"{column} " in f"{line} " and "No room for" not in line and ":" not in line]
        assert (words in said) == bool(heads), (words, column)


def test_every_legend_is_told_on_a_wide_page(pages: dict[str, Callable[[int], RenderableType]]) -> None:
    for name, explained in EXPLAINED.items():
        said = " ".join(text_of(pages[name](300), 300).split())
        assert [words for words in explained if words not in said] == []
        assert ("x: to drop or qualify again:" in said) == (name == "health")


def test_a_legend_is_of_the_columns_that_found_room() -> None:
    rows = [{"Period": "2027-Q1", "Mean": "2.43M", "Weighted": "1.55M"}]
    texts = {"Mean": "Mean: a.", "Weighted": "Weighted: b."}
    wide, narrow = table(rows, ("Weighted",), 80), table(rows, ("Weighted",), 16)
    assert [str(text) for text in legend(wide, texts)] == ["Mean: a. Weighted: b."]
    assert [str(text) for text in legend(narrow, texts)] == ["Mean: a."]
    assert legend(table(rows, ("Weighted", "Mean"), 8), texts) == []


def test_what_found_no_room_is_not_broken_inside_a_chinese_word() -> None:
    rows = [{"Period": "2027-Q1", "Target": "220", "Weighted": "1.55M", "Coverage": "11x", "Mean": "2.43M"}]
    with language("zh"):
        lines = text_of(table(rows, ("Weighted", "Mean", "Coverage", "Target"), 12), 40).splitlines()
    assert lines[2].startswith("因宽度不足未显示：加权管道、平均值、")
    with language("zh"):
        column = [{"Period": "2027-Q1", "": "x" * 30}]
        assert text_of(table(column, ("",), 12), 40).splitlines()[2] == "因宽度不足未显示：备注"
