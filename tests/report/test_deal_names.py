"""What a deal is called where a stress test is told: on the page, in the plot, in the JSON."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from simfunnel import stress
from simfunnel.forecast.estimates import Estimate
from simfunnel.planning.pairs.by_deal import MustClose
from simfunnel.planning.stress.stress import Stress
from simfunnel.report.console.stress import stress_page
from simfunnel.report.plots.stress import must_close_plot
from simfunnel.report.plots.style import plot_style
from simfunnel.report.words.deals import deal_titles

from .conftest import SCENARIO

LONG = "A framework agreement for all plants of the group in Europe, Africa and Asia, with an option"


def closing(identity: str, name: str | None = None, account: str | None = None) -> MustClose:
    return MustClose(identity, None, "Demo", 1.0, 0.5, Estimate(-1, 0), None, None, 0.0, name, account)


@pytest.mark.parametrize(
    ("deal", "title"),
    [
        (closing("D-1582"), "D-1582"),
        (closing("D-1582", "D-1582"), "D-1582"),
        (closing("D-1582", "Renewal", "Acme"), "Renewal (D-1582)"),
        (closing("D-1582", None, "Acme"), "Acme (D-1582)"),
        (closing("006Qy0000009179YAE", "Renewal"), "Renewal (…09179YAE)"),
        (closing("D-1582", "Renewal\n of  pumps"), "Renewal of pumps (D-1582)"),
        (closing("D-1582", "A renewal of all the pumps"), "A renewal of all th… (D-1582)"),
        (closing("D-1582", "中诚焊接机器人项目二期"), "中诚焊接机器人项目… (D-1582)"),
    ],
)
def test_a_deal_is_called_by_its_name(deal: MustClose, title: str) -> None:
    assert deal_titles([deal], 20) == [title]


def test_deals_of_one_name_are_told_apart() -> None:
    both = [closing("1", "Renewal", "Acme"), closing("2", "Renewal", "Beta"), closing("3", "Pumps", "Beta")]
    assert deal_titles(both) == ["Acme: Renewal (1)", "Beta: Renewal (2)", "Pumps (3)"]
    assert deal_titles(both, always_id=False) == ["Acme: Renewal", "Beta: Renewal", "Pumps"]
    alike = [closing("1", "Renewal"), closing("2", "Renewal"), closing("3")]
    assert deal_titles(alike, always_id=False) == ["Renewal (1)", "Renewal (2)", "3"]


def test_long_ids_that_end_alike_show_as_much_as_it_takes() -> None:
    titles = deal_titles([closing(f"006Qy{i}000000000YAE", "Renewal") for i in range(3)])
    assert titles == [f"Renewal (…{i}000000000YAE)" for i in range(3)]


@pytest.fixture(scope="module")
def result() -> Stress:
    listed: list[dict[str, Any]] = [dict(deal) for deal in SCENARIO["pipeline"]["opportunities"]]
    listed[19] |= {"name": LONG, "account": "Acme"}
    for i in range(10, 19):
        listed[i] |= {"name": f"Renewal {i}", "account": "Beta"}
    data = {**SCENARIO, "pipeline": {"opportunities": listed}}
    return stress(data, trials=400, assumptions=["amount"], grid=None)


def test_names_are_in_the_json(result: Stress) -> None:
    written = result.to_dict()
    by_id = {deal["id"]: deal for deal in written["must_close"]}
    assert (by_id["deal 19"]["name"], by_id["deal 19"]["account"]) == (LONG, "Acme")
    assert (by_id["deal 3"]["name"], by_id["deal 3"]["account"]) == (None, None)
    shares = {share["name"]: share for share in written["concentration"]["deal"]}
    assert (shares["deal 12"]["deal_name"], shares["deal 12"]["account"]) == ("Renewal 12", "Beta")
    assert shares["new business"]["deal_name"] is None
    assert "deal_name" not in written["concentration"]["owner"][0]
    assert {"name", "account"} <= set(result.frames()["must_close"].columns)


def test_the_biggest_deal_is_lost_by_its_name(result: Stress) -> None:
    (event,) = [event for event in result.events if event.kind == "deal"]
    assert event.name == f"biggest deal lost ({LONG[:59]}…, 2,900)"


@pytest.mark.parametrize("width", [80, 140])
def test_names_cut_no_number_of_the_page(result: Stress, width: int) -> None:
    page = StringIO()
    Console(width=width, file=page).print(stress_page(result, width))
    lines = page.getvalue().splitlines()
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("Must close")) :]
    long = [line for line in table if line.startswith("A framework")]  # at 80 columns the rest stands below
    assert all("(deal 19)" in line for line in long) and sum("2.9k" in line for line in long) == 1
    lost, *_ = (line for line in lines if line.startswith("biggest deal lost"))
    assert lost.count("…") == 1 and lost.split()[-2] == "±"


def test_the_plot_names_the_deals_and_what_is_said_of_them_stays_inside(result: Stress) -> None:
    with plot_style([]):
        figure = must_close_plot(result)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert any(label.startswith("A framework agreement") for label in labels)
    assert {"Renewal 18 · A", "deal 9 · B"} & set(labels)
    room = axes.get_window_extent()
    ends = [text.get_window_extent().x1 for text in axes.texts if "P(win)" in text.get_text()]
    assert len(ends) == len(labels) and max(ends) <= room.x1
    assert max(ends) > room.x0 + 0.9 * room.width  # and the picture is as large as it can be
