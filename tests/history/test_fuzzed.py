"""Whatever is done to a table, it is read into a history that holds together, or refused in a sentence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simfunnel.errors import InputError
from simfunnel.history import History, read_history
from simfunnel.history.history import LOST, NEVER, STILL, UNDATED, UNSEEN, VOID, WON

from .telling import STAGES, as_changes, as_dbt, as_events, as_two_dates, as_wide, invented

FORMS = {
    "events": as_events, "versions": as_dbt, "wide": as_wide, "two_dates": as_two_dates, "changes": as_changes,
}  # fmt: skip
STRANGE = [
    "", "  ", "Proposal", "Closed Won", "lost", "2024-02-30", "01/02/2024", "31.12.2023", "9999-12-31", "0001-01-01",
    "1e400", "-5", "12,5", "NaN", "\u0000x", "日本", "2024-01-05T10:00:00+14:00", "1704067200000", "x" * 300,
]  # fmt: skip


def holds_together(history: History) -> None:
    s, e, count = history.spells, history.ends, len(history.deals)
    assert (history.deals.created <= history.deals.created_before).all()
    assert (np.diff(s.deal) >= 0).all()
    assert ((s.deal >= 0) & (s.deal < count)).all()
    assert ((s.stage >= 0) & (s.stage < len(history.stages))).all()
    assert ((s.entered <= s.entered_before) & (s.left <= s.left_before) & (s.entered <= s.left)).all()
    assert ((s.to == STILL) == (s.left == NEVER)).all()
    assert (np.isin(s.to, (STILL, WON, LOST, VOID, UNSEEN)) | ((s.to >= 0) & (s.to < len(history.stages)))).all()
    assert (s.entered >= history.deals.created[s.deal]).all()
    assert np.isin(e.outcome, (WON, LOST, VOID)).all()
    assert (e.closed >= history.deals.created[e.deal]).all()
    for fact in history.facts.values():
        assert (np.diff(fact.deal) >= 0).all()
        same = fact.deal[1:] == fact.deal[:-1]
        assert (fact.since[1:][same] >= fact.since[:-1][same]).all()
        assert (fact.since[fact.since != UNDATED] <= fact.since_before[fact.since != UNDATED]).all()
    assert len(set(history.deals.id.tolist())) == count
    assert all(finding.sentence for finding in history.findings)


def damaged(rows: list[dict[str, Any]], rng: np.random.Generator, share: float) -> pd.DataFrame:
    names = list(rows[0])
    changed = [dict(row) for row in rows]
    for row in changed:
        for name in names:
            if rng.random() < share:
                row[name] = STRANGE[rng.integers(len(STRANGE))]
    order = rng.permutation(len(changed)) if rng.random() < 0.5 else np.arange(len(changed))
    frame = pd.DataFrame([changed[i] for i in order.tolist()])
    return frame.drop(columns=[names[rng.integers(len(names))]]) if rng.random() < 0.2 else frame


@pytest.mark.parametrize("form", FORMS)
def test_damaged_tables(form: str) -> None:
    rng = np.random.default_rng(11)
    read = 0
    for case in range(60):
        rows = FORMS[form](invented(12, seed=case))
        frame = damaged(rows, rng, (0.01, 0.05, 0.3)[case % 3])
        settings: dict[str, Any] = {"stages": list(STAGES), "stage_map": {"*": None}} if case % 2 else {}
        try:
            history = read_history(frame, time_zone="America/New_York", **settings)
        except InputError as refused:
            assert str(refused)
            continue
        read += 1
        holds_together(history)
        for day in (dt.date(2024, 1, 10), dt.date(2024, 2, 20)):
            holds_together(history.as_of(day))
    assert read > 15


@pytest.mark.parametrize("form", [*FORMS, "snapshots"])
def test_a_part_may_be_empty(form: str) -> None:
    rows = FORMS[form](invented(12)) if form in FORMS else [
        {"Snapshot Date": f"2024-01-{d:02}", "id": i, "stage": STAGES[d % 3]} for d in (1, 8) for i in range(3)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    whole = read_history(frame, time_zone="UTC")
    part = read_history(frame.iloc[:0], time_zone="UTC", decisions=whole.decisions)
    assert (part.form, len(part.deals), len(part.spells)) == (whole.form, 0, 0)


@pytest.mark.parametrize("form", FORMS)
def test_undamaged_tables(form: str) -> None:
    for seed in range(5):
        history = read_history(pd.DataFrame(FORMS[form](invented(40, seed=seed))), time_zone="Asia/Tokyo")
        holds_together(history)
        assert len(history.deals) == 40
