"""Metrics of third-party histories, untouched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simfunnel.diagnosis import Metrics, metrics
from simfunnel.history import read_history

LOANS = {
    "stages": ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK"], "won": ["A_APPROVED"],
    "lost": ["A_DECLINED", "A_CANCELLED"], "stage_map": {"*": None}, "time_zone": "Europe/Amsterdam",
}  # fmt: skip


def test_small_loans_are_refused_at_the_door(data: Path) -> None:
    history = read_history(
        data / "bpi2012" / "events.csv.gz", **LOANS, columns={"amount": "case_AMOUNT_REQ"}  # type: ignore[arg-type]
    )  # fmt: skip
    found = metrics(history, by="amount")
    assert [(b.group, b.stage) for b in found.bottlenecks if b.flagged] == [("up to 5.0k", "A_SUBMITTED")]
    assert found.groups[-1].label == "up to 5.0k"
    assert found.whole.won == 2246 and found.whole.open == 399


@pytest.mark.slow
def test_who_ends_loans_is_not_credited_with_them(data: Path) -> None:
    """By who held a loan last, one would win most of his and others none."""
    columns = {"amount": "case_AMOUNT_REQ", "owner": "org:resource"}
    history = read_history(data / "bpi2012" / "events.csv.gz", **LOANS, columns=columns)  # type: ignore[arg-type]
    found = metrics(history, by="owner")
    assert len(found.groups) > 50
    rates = [g.signing_rate.shrunk for g in found.groups if g.signing_rate.n_effective >= 30]
    by_last = [g.won / g.n for g in found.groups if g.n >= 100]
    assert max(by_last) - min(by_last) > 0.5
    assert len(rates) >= 5
    assert all(rate is not None and 0.35 < rate < 0.9 for rate in rates)


def agents(data: Path) -> Metrics:
    history = read_history(data / "maven_crm" / "sales_pipeline.csv")
    return metrics(history, by="sales_agent", as_of=dt.date(2018, 1, 1))


def test_agents_that_look_apart_by_raw_ratios_cannot_be_told_apart(data: Path) -> None:
    found = agents(data)
    raw = [g.win_rate.raw for g in found.groups if g.win_rate.raw is not None]
    assert found.by == "owner" and len(raw) == 30
    assert max(raw) - min(raw) > 0.15
    assert not any(b.flagged for b in found.bottlenecks)
    # as the incidence curve has it; of closed deals .63 are won
    assert found.whole.win_rate.raw == pytest.approx(0.53, abs=0.005)
    assert found.whole.stages[0].undecided == pytest.approx(0.16, abs=0.005)
    assert "undated_fact" in {c.code for c in found.cautions}
