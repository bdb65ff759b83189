"""The report beside a store: what changed since the last kept day, and how good earlier forecasts were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.forecast.inputs import prepare
from simfunnel.record.explain import explain
from simfunnel.report.html.gather import gather
from simfunnel.report.html.report import report_html
from simfunnel.shown import face_of
from simfunnel.store import Store
from store.helpers_store import FIRST, SECOND, Desk

WANTED = ["moving", "trust"]


def test_changes_and_record_are_those_of_their_commands(desk: Desk) -> None:
    desk.keep(FIRST, "2027-01-04")
    desk.keep(SECOND, "2027-01-11")
    ready = prepare("scenario.yaml", overrides=["as_of=2027-01-11"])
    made = gather("scenario.yaml", ready, wanted=WANTED)
    page = report_html(made, WANTED)
    assert made.changes is not None
    assert made.track is not None
    same = explain(Store.open("simfunnel.db"), dt.date(2027, 1, 4), dt.date(2027, 1, 11), book="test")
    assert made.changes["sentence"] == face_of(same).keys()["sentence"]
    assert made.changes["sentence"] in page
    assert made.track["sentence"] in page
    for name in ("D2", "D5"):  # won, and new
        assert f"<bdi>{name}</bdi>" in page
    assert "From 2027-01-04 to 2027-01-11: what moved the mean" in page


def test_one_kept_day_has_no_change_and_a_store_without_the_book_no_record(desk: Desk) -> None:
    desk.keep(FIRST, "2027-01-04")
    made = gather("scenario.yaml", prepare("scenario.yaml"), wanted=WANTED)
    assert made.changes is None
    assert "changes" not in made.why
    assert made.absent["changes"].startswith("it takes two kept days up to 2027-01-04, and the store has 1 day;")
    text = Path("scenario.yaml").read_text("utf-8").replace("name: test", "name: other")
    Path("other.yaml").write_text(text, "utf-8")
    other = gather("other.yaml", prepare("other.yaml"), wanted=WANTED)
    assert other.track is None
    assert "Here would stand" in report_html(other, WANTED)


def test_a_store_that_nobody_named_and_that_is_none_is_passed_over(desk: Desk) -> None:
    desk.write(FIRST)
    Path("simfunnel.db").write_text("this is no database, and it is longer than a header of one " * 9, "utf-8")
    made = gather("scenario.yaml", prepare("scenario.yaml"), wanted=WANTED)
    assert (made.track, made.changes) == (None, None)
    assert "simfunnel.db" in report_html(made, WANTED)
    with pytest.raises((InputError, SurroundingsError), match=r"simfunnel\.db"):
        gather("scenario.yaml", prepare("scenario.yaml"), wanted=WANTED, store="simfunnel.db")
