"""Nothing of what is dated on a day or later is known on that day: blanked or shuffled, it changes no bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simfunnel.errors import InputError
from simfunnel.history import read_history

from .telling import (
    ENDS,
    STAGES,
    Deal,
    as_changes,
    as_dbt,
    as_events,
    as_two_dates,
    as_wide,
    content,
    invented,
    mixed,
    seen_on,
    table,
)  # fmt: skip

Rows = list[dict[str, Any]]
ZONE: dict[str, Any] = {"time_zone": "UTC"}
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in (0, 1, 9, 20, 33, 47, 60, 75, 90, 120)]


def late(cell: str, day: dt.date) -> bool:
    return bool(cell) and cell >= day.isoformat()


def blank(rows: Rows, day: dt.date, dated: Sequence[str], belonging: dict[str, Sequence[str]] | None = None) -> Rows:
    """Blank dates from a day on, with the cells that they date; drop rows that have no time any more."""
    kept = []
    for row in rows:
        cells = dict(row)
        for name in dated:
            if late(cells[name], day):
                cells |= {name: "", **dict.fromkeys((belonging or {}).get(name, ()), "")}
        if any(cells[name] for name in dated):
            kept.append(cells)
    return kept


def with_creation(deals: Sequence[Deal]) -> Rows:
    """Events of deals that were created some days before, and say so in every row."""
    born = {deal.id: deal.steps[0][0] - dt.timedelta(days=i % 4) for i, deal in enumerate(deals)}
    return [row | {"created": born[row["deal"]].isoformat()} for row in as_events(deals)]


def with_status(deals: Sequence[Deal]) -> Rows:
    """Stage dates with the closing day and the outcome in columns of their own."""
    rows = []
    for i, deal in enumerate(deals):
        at, last = deal.steps[-1]
        dates = {stage: moment.isoformat() for moment, stage in deal.steps if stage in STAGES}
        outcome = {"Closed Won": "Won", "Closed Lost": "Lost"}.get(last, "")
        closed = at.isoformat() if outcome and i % 7 else ""  # of some deals nobody wrote down when they were closed
        stays = {stage: dates.get(stage, "") for stage in STAGES}
        rows.append({"id": deal.id, **stays, "closed date": closed, "outcome": outcome})
    return rows


FORMS: dict[str, tuple[Callable[[Sequence[Deal]], Rows], list[str], dict[str, Sequence[str]], bool]] = {
    "events": (as_events, ["timestamp"], {}, True),
    "events with creation": (with_creation, ["timestamp", "created"], {}, True),
    "versions": (as_dbt, ["dbt_valid_from", "dbt_valid_to"], {}, True),
    "wide": (as_wide, [f'Date entered "{s} (Sales Pipeline)"' for s in (*STAGES, *ENDS)], {}, True),
    "wide with outcome": (with_status, [*STAGES, "closed date"], {"closed date": ["outcome"]}, True),
    "two_dates": (as_two_dates, ["created", "closed"], {"closed": ["outcome", "amount"]}, False),
    "wide with outcome, dates alone blanked": (with_status, [*STAGES, "closed date"], {}, True),
    "two_dates, dates alone blanked": (as_two_dates, ["created", "closed"], {}, False),
    "changes": (as_changes, ["CreatedDate"], {}, True),
}  # fmt: skip


# columns that are called like stages are known by the stages, which must be stated then
CASES = [(form, stated) for form in FORMS for stated in (True, False) if stated or not form.startswith("wide with")]


@pytest.mark.parametrize(("form", "stated"), CASES)
def test_what_is_blanked_was_not_known(form: str, stated: bool) -> None:
    write, dated, belonging, staged = FORMS[form]
    rows = write(mixed(invented(40)))
    settings: dict[str, Any] = {"time_zone": "UTC" if stated else "Europe/Berlin"}
    settings |= {"stages": list(STAGES)} if staged and stated else {}
    whole = read_history(pd.DataFrame(rows), **settings)
    told = 0
    for day in DAYS:
        left = blank(rows, day, dated, belonging)
        if form == "versions":  # a version that ends later is the current one
            left = [row for row in left if row["dbt_valid_from"]]
        part = read_history(pd.DataFrame(left, columns=list(rows[0])), decisions=whole.decisions, **settings)
        assert content(part.as_of(day)) == content(whole.as_of(day)), day
        told += len(whole.as_of(day).deals)
    assert told > 100


@pytest.mark.parametrize("form", ["events", "versions", "changes"])
def test_shuffling_what_comes_later_changes_nothing(form: str) -> None:
    write, dated, _, _ = FORMS[form]
    rows = write(invented(40))
    settings: dict[str, Any] = ZONE | {"stages": list(STAGES)}
    whole = read_history(pd.DataFrame(rows), **settings)
    rng = np.random.default_rng(5)
    for day in DAYS[2:8]:
        places = [i for i, row in enumerate(rows) if late(row[dated[0]], day)]
        if len(places) < 8:
            continue
        shuffled = [dict(row) for row in rows]
        for name in rows[0]:
            for i, j in zip(places, rng.permutation(places).tolist(), strict=True):
                shuffled[i][name] = rows[j][name]
        again = read_history(pd.DataFrame(shuffled), decisions=whole.decisions, **settings)
        assert content(again) != content(whole)
        if form == "versions":  # the end of an earlier version is of the day on which it ended
            continue
        assert content(again.as_of(day)) == content(whole.as_of(day)), day


def test_what_only_the_whole_shows_is_decided_once() -> None:
    days = ["05/01/2024", "09/01/2024", "25/02/2024"]
    rows = [
        {"deal": "a", "stage": s, "time": day, "amount": amount}
        for s, day, amount in zip(
            ["Proposal", "Negotiation", "Closed Won"], days, ["1.500", "2.000", "2.000,50"], strict=True
        )
    ]
    whole = read_history(pd.DataFrame(rows), **ZONE)
    part = pd.DataFrame(rows[:2])
    with pytest.raises(InputError, match="can be 2024-01-05 or 2024-05-01"):
        read_history(part, **ZONE)
    again = read_history(part, decisions=whole.decisions, **ZONE)
    assert content(again) == content(whole.as_of(dt.date(2024, 2, 1)))
    assert again.facts["amount"].value.tolist() == [1500.0, 2000.0]


def export(folder: Path, deals: Sequence[Deal], days: Sequence[dt.date], spelt: str = "%Y-%m-%d") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for day in days:
        rows = seen_on(deals, dt.datetime.combine(day, dt.time()))
        headers = ["Deal ID", "Stage", "Amount", "Owner", "Region"]
        (folder / f"pipeline_{day.strftime(spelt)}.csv").write_text(table(rows, headers), "utf-8")
    return folder


def test_snapshots_of_later_days_are_not_known(tmp_path: Path) -> None:
    deals = invented(40)
    days = [dt.date(2024, 1, 5) + dt.timedelta(days=7 * n) for n in range(14)]
    settings: dict[str, Any] = ZONE | {"stages": list(STAGES)}
    whole = read_history(export(tmp_path / "whole", deals, days), **settings)
    for last in (3, 6, 9, 13):
        part = read_history(
            export(tmp_path / f"part{last}", deals, days[: last + 1]), decisions=whole.decisions, **settings
        )
        for day in (days[last], days[last] + dt.timedelta(days=3)):
            assert content(part.as_of(day)) == content(whole.as_of(day)), day
    known = whole.as_of(days[6])
    assert len(known.deals) > 10
    assert (known.spells.entered_before <= known.end).all()


def test_as_of_is_of_the_day_in_the_time_zone_of_the_history() -> None:
    rows = [{"deal": "a", "stage": "Proposal", "timestamp": "2024-03-01T23:30:00Z", "amount": 5}]
    rows.append(rows[0] | {"stage": "Closed Won", "timestamp": "2024-03-02T10:00:00Z"})
    utc = read_history(pd.DataFrame(rows), time_zone="UTC")
    berlin = read_history(pd.DataFrame(rows), time_zone="Europe/Berlin")
    assert len(utc.as_of(dt.date(2024, 3, 2)).deals) == 1
    assert len(berlin.as_of(dt.date(2024, 3, 2)).deals) == 0
    assert len(berlin.as_of(dt.date(2024, 3, 3)).ends.deal) == 1


def test_the_amount_of_a_two_date_row_is_known_at_its_close() -> None:
    """Whatever is paid in the end: no view before the close holds it, nor anything that is made of such a view."""
    rows = as_two_dates(mixed(invented(200)))
    for row in rows:
        row["amount"] = 100.0 if row["outcome"] == "Lost" else row["amount"]
    whole = read_history(pd.DataFrame(rows), **ZONE)
    day = dt.date(2024, 2, 5)
    later = [dict(row) for row in rows]
    for row in later:
        if late(row["closed"], day):
            row["amount"] = 7 * row["amount"] + 1
    paid = read_history(pd.DataFrame(later), **ZONE)
    assert content(paid) != content(whole)
    assert content(paid.as_of(day)) == content(whole.as_of(day))
    view = whole.as_of(day)
    closed = {row["deal_id"] for row in rows if row["closed"]}
    before = {row["deal_id"] for row in rows if row["closed"] and not late(row["closed"], day)}
    told = {view.deals.id[deal] for deal in view.facts["amount"].deal.tolist()}
    assert told & closed == before
    assert len(before) > 20
    assert told - closed  # what is still open at the end of the file has the amount that is listed
    never = read_history(pd.DataFrame(rows), undated="unknown", **ZONE).as_of(day)
    assert {never.deals.id[deal] for deal in never.facts["amount"].deal.tolist()} == before
