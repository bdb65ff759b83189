"""What the chance of a deal was on earlier kept days, and what is said of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simfunnel.diagnosis.health import health
from simfunnel.engine.exact.chances import chances_by_period
from simfunnel.forecast.inputs import prepare
from simfunnel.record.earlier import chances_before, earlier_chances
from simfunnel.report.words.health import deal_sentence
from simfunnel.shown import face_of
from simfunnel.store import Store
from store.helpers_store import FIRST, Desk

DAYS = [dt.date(2027, 1, 4) + dt.timedelta(days=7 * i) for i in range(6)]


@pytest.fixture
def store(desk: Desk) -> Store:
    """Six weeks in which nothing moves: every deal grows older, and less likely."""
    for day in DAYS:
        desk.keep(FIRST, day, store="kept.db")
    return Store.open("kept.db")


def test_chances_are_those_of_the_scenario_as_of_each_day(store: Store, desk: Desk) -> None:
    found = earlier_chances(store, DAYS[-1], "2027-Q2")
    assert [one.as_of for one in found] == [DAYS[0], DAYS[1], DAYS[3], DAYS[4]]
    for one in found:
        compiled = prepare("scenario.yaml", overrides=[f"as_of={one.as_of}"]).compiled((), ())
        p = chances_by_period(compiled.model).sum(axis=0)
        assert list(one.p_win) == list(compiled.book.deals.id)
        assert list(one.p_win.values()) == pytest.approx(p.tolist(), abs=1e-12)


def test_a_day_that_did_not_reach_the_period_is_passed_over(store: Store) -> None:
    assert earlier_chances(store, DAYS[-1], "2027-Q4") == ()
    assert earlier_chances(store, DAYS[0], "2027-Q2") == ()


def test_health_says_what_a_chance_was(store: Store, desk: Desk) -> None:
    ready = prepare("scenario.yaml", overrides=[f"as_of={DAYS[-1]}"])
    earlier = chances_before(ready, "kept.db")
    result = health(ready, earlier=earlier, trials=200)
    deal = next(one for one in result.deals if one.id == "D1")
    assert [day for day, _ in deal.earlier] == [DAYS[0], DAYS[1], DAYS[3], DAYS[4]]
    assert deal.p_win < deal.earlier[0][1] - 0.05
    said = deal_sentence(deal, 30, DAYS[-1])
    assert f"down from {100 * deal.earlier[0][1]:.0f} % 5 weeks ago" in said
    keys = next(one for one in face_of(result).keys()["deals"] if one["id"] == "D1")
    assert keys["earlier"][0] == {"as_of": "2027-01-04", "p_win": deal.earlier[0][1]}
    assert face_of(result).frames()["deals"]["earlier_p_win"].notna().all()


def test_a_book_of_another_name_is_not_meant(store: Store, desk: Desk) -> None:
    text = Path("scenario.yaml").read_text("utf-8").replace("name: test", "name: other")
    Path("other.yaml").write_text(text, "utf-8")
    assert chances_before(prepare("other.yaml"), "kept.db") == []
