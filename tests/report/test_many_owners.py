"""Books of many owners: the page shows the largest and says what the others come to, the workbook holds all."""

from __future__ import annotations

import pytest

from simfunnel.report.html.material import Material
from simfunnel.report.html.report import report_html, report_workbook
from simfunnel.report.html.sections import actions, moving, people, trust
from simfunnel.wording.numbers import money

from .html_scenario import material, scenario
from .html_tables import Tables

SECTIONS = ("moving", "actions", "trust", "people")


@pytest.fixture(scope="module")
def whole() -> Material:
    return material(scenario(), wanted=SECTIONS)


def test_the_largest_owners_stand_in_the_table_and_the_others_in_a_line(
    whole: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_ROWS", 2)
    groups = whole.forecast.summary.groups["owner"]
    means = {name: group.periods[0].bookings.mean for name, group in groups.items()}
    kept = sorted(means, key=lambda name: -means[name])[:2]
    left = [group.periods[0] for name, group in groups.items() if name not in kept]
    assert len(left) == 2
    page = report_html(whole, ["people"])

    assert [one.text for one in Tables(page)["Owners, 2027-Q1"].column("Name")] == [n for n in groups if n in kept]
    mean, value = sum(p.bookings.mean for p in left), sum(p.open_pipeline for p in left)
    closed = sum(p.by_origin["closed"].mean for p in left)
    assert f"2 more stand in the workbook (<code>--xlsx</code>): together they have a mean of {money(mean)}, " in page
    assert f"an open pipeline of {money(value)} and {money(closed)} closed." in page

    sheets = {sheet.name: sheet for sheet in report_workbook(whole, ["people"]).sheets}
    assert {row[0] for row in sheets["Owners, 2027-Q1"].rows} == set(groups)


def test_owners_who_leave_are_the_worst_and_the_others_are_summed(
    whole: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "MOST_LEAVING", 1)
    assert whole.stress is not None
    leaving = [event for event in whole.stress["events"] if event["kind"] == "owner"]
    page = report_html(whole, ["trust"])
    shown = [one.text for one in Tables(page)["What if"].column("What if")]
    assert [name for name in shown if name.endswith("leaves")] == [leaving[0]["name"]]
    changed = money(-sum(event["delta_mean"] for event in leaving[1:]))
    assert (
        f"2 more stand in the workbook (<code>--xlsx</code>): if all of them left, the mean would change by -{changed}"
        in page
    )
    sheets = {sheet.name: sheet for sheet in report_workbook(whole, ["trust"]).sheets}
    assert {event["name"] for event in leaving} <= {row[0] for row in sheets["What if"].rows}


def test_deals_that_the_page_leaves_out_are_counted(whole: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_CLOSING", 3)
    assert whole.stress is not None
    deals = [deal for deal in whole.stress["must_close"] if deal["p_win"] > 0]
    page = report_html(whole, ["actions"])
    title = "What is lost with each deal in 2027-Q1"
    assert len(Tables(page)[title].column("Deal")) == 3
    assert f"of the {len(deals) - 3} others none costs more than the last of them" in page
    sheets = {sheet.name: sheet for sheet in report_workbook(whole, ["actions"]).sheets}
    assert len(sheets[title].rows) == len(deals)


def test_doubtful_deals_are_said_to_stand_with_owners_only_where_all_do(
    whole: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "MOST_DEALS", 1)
    assert "all stand with their owners" in report_html(whole, ["moving", "people"])
    assert "all stand with their owners" not in report_html(whole, ["moving"])
    monkeypatch.setattr(moving, "MOST_PAGES", 2)
    page = report_html(whole, ["moving", "people"])
    assert "all stand with their owners" not in page
    assert "<code>simfunnel health</code> lists all" in page
