"""One history, written in several forms, is the same history to the bit; and what does not matter does not matter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simfunnel.history import History, read_history

from .telling import ENDS, STAGES, START, Deal, as_changes, as_dbt, as_events, as_wide, content, ends, invented, spells

SETTINGS: dict[str, Any] = {"stages": list(STAGES), "time_zone": "Europe/Berlin"}
FRAMES = ("deals.id", "deals.created", "spells.", "ends.")


@st.composite
def funnels(draw: st.DrawFn) -> list[Deal]:
    """Deals that go forward through stages, some of them skipped, and may end."""
    deals = []
    for i in range(draw(st.integers(1, 6))):
        at = START + dt.timedelta(seconds=draw(st.integers(0, 10**7)))
        steps = []
        for stage in draw(st.sets(st.sampled_from(STAGES), min_size=1).map(lambda s: sorted(s, key=STAGES.index))):
            steps.append((at, stage))
            at += dt.timedelta(seconds=draw(st.sampled_from([0, 1, 86_400, 3_000_000])))
        if draw(st.booleans()):
            steps.append((at, draw(st.sampled_from(sorted(ENDS)))))
        deals.append(Deal(f"deal {i}", steps))
    return deals


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def course(history: History) -> dict[str, Any]:
    return {name: value for name, value in content(history).items() if name.startswith(FRAMES)}


@given(funnels())
@settings(max_examples=60)
def test_events_versions_and_stage_dates_give_the_same_spells(deals: list[Deal]) -> None:
    events = read_history(frame(as_events(deals)), format="events", **SETTINGS)
    versions = read_history(frame(as_dbt(deals)), **SETTINGS)
    wide = read_history(frame(as_wide(deals)), **SETTINGS)
    assert (events.form, versions.form, wide.form) == ("events", "snapshots", "wide")
    assert course(events) == course(versions) == course(wide)


@given(funnels())
@settings(max_examples=30)
def test_a_log_of_changes_tells_the_same_where_creation_is_known(deals: list[Deal]) -> None:
    moved = [
        deal for deal in deals
        if deal.steps[0][1] == STAGES[0] and all(deal.steps[0][0] < later for later, _ in deal.steps[1:])
    ]  # fmt: skip
    assume(any(len(deal.steps) > 1 for deal in moved))
    events = read_history(frame(as_events(moved)), format="events", **SETTINGS)
    assert course(read_history(frame(as_changes(moved)), **SETTINGS)) == course(events)


def test_the_order_of_columns_and_of_deals_does_not_matter() -> None:
    rows = as_events(invented())
    history = read_history(frame(rows), **SETTINGS)
    turned = frame([dict(reversed(row.items())) for row in rows])
    assert content(read_history(turned, **SETTINGS)) == content(history)
    by_time = frame(sorted(rows, key=lambda row: row["timestamp"]))
    assert content(read_history(by_time, **SETTINGS)) == content(history)


def test_the_spelling_of_headers_does_not_matter() -> None:
    rows = frame(as_events(invented()))
    history = read_history(rows, **SETTINGS)
    for names in (
        {"deal": "Deal ID", "stage": "To Stage", "timestamp": "Last Modified"},
        {"deal": "case:concept:name", "stage": "concept:name", "timestamp": "time:timestamp"},
        {"deal": "CASE_ID", "stage": "Activity", "timestamp": "EVENT TIME"},
        {"deal": "OpportunityId", "stage": "StageName", "timestamp": "CreatedDate"},
    ):
        renamed = read_history(rows.rename(columns=names), **SETTINGS)
        assert renamed.form == "events"
        assert content(renamed) == content(history), names


def test_stated_columns_give_what_is_found() -> None:
    rows = frame(as_events(invented()))
    odd = rows.rename(columns={"deal": "Vg", "stage": "Was", "timestamp": "Wann", "amount": "Wieviel"})
    columns = {"case": "Vg", "stage": "Was", "time": "Wann", "amount": "Wieviel"}
    assert content(read_history(odd, columns=columns, **SETTINGS)) == content(read_history(rows, **SETTINGS))


def test_what_a_few_deals_say_in_words() -> None:
    deals = [
        Deal("a", [(START, "Qualification"), (START + dt.timedelta(days=3), "Negotiation"),
                   (START + dt.timedelta(days=9), "Closed Won")]),
        Deal("b", [(START + dt.timedelta(days=1), "Qualification")]),
    ]  # fmt: skip
    for rows in (as_events(deals), as_dbt(deals), as_wide(deals)):
        history = read_history(frame(rows), stages=list(STAGES), time_zone="UTC")
        assert spells(history) == [
            ("a", "Qualification", "2024-01-01", "2024-01-04", "Negotiation"),
            ("a", "Negotiation", "2024-01-04", "2024-01-10", "won"),
            ("b", "Qualification", "2024-01-02", None, "still"),
        ]
        assert ends(history) == [("a", "won", "2024-01-10")]
