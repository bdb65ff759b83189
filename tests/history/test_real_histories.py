"""Third-party histories, untouched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from simfunnel.history import History, read_history
from simfunnel.history.history import DAY, LOST, STILL, WON

from .telling import found

BPI = {
    "stages": ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK"], "won": ["A_APPROVED"],
    "lost": ["A_DECLINED", "A_CANCELLED"], "stage_map": {"*": None}, "time_zone": "Europe/Amsterdam",
    "columns": {"amount": "case_AMOUNT_REQ"},
}  # fmt: skip


def amounts(history: History) -> dict[str, float]:
    """Last known amount by deal."""
    f = history.facts["amount"]
    return dict(zip(history.deals.id[f.deal].tolist(), f.value.tolist(), strict=True))


def standing(history: History, to: int) -> set[str]:
    s = history.spells
    return set(history.deals.id[s.deal[s.to == to]].tolist())


@pytest.fixture(scope="module")
def loans(data: Path) -> History:
    return read_history(data / "bpi2012" / "events.csv.gz", **BPI)  # type: ignore[arg-type]


def test_loan_applications(loans: History) -> None:
    assert len(loans.deals) == 13_087
    reached = [len(np.unique(loans.spells.deal[loans.spells.stage == k])) for k in range(5)]
    assert reached == [13_087, 7_367, 5_113, 5_015, 3_254]
    assert [int((loans.ends.outcome == end).sum()) for end in (WON, LOST)] == [2_246, 7_635 + 2_807]
    assert len(standing(loans, STILL)) == 399
    assert found(loans)["events_incomplete"]["count"] == 26_318 + 71_376


@pytest.mark.parametrize(
    ("day", "still", "worth", "won", "lost", "new", "new_won"),
    [
        ("2011-12-01", 703, 10.58, 223, 424, 2_095, 183),
        ("2012-01-01", 645, 10.40, 185, 391, 2_654, 184),
        ("2012-02-01", 853, 13.65, 280, 512, 2_885, 247),
    ],
)
def test_loans_known_on_a_day_and_what_came(
    loans: History, day: str, still: int, worth: float, won: int, lost: int, new: int, new_won: int
) -> None:
    at = dt.date.fromisoformat(day)
    known, later = loans.as_of(at), loans.as_of(at + dt.timedelta(days=30))
    there = standing(known, STILL)
    amount = amounts(known)
    assert len(there) == still
    assert sum(amount[deal] for deal in there) / 1e6 == pytest.approx(worth, abs=0.005)
    assert (len(there & standing(later, WON)), len(there & standing(later, LOST))) == (won, lost)
    came = set(later.deals.id.tolist()) - set(known.deals.id.tolist())
    assert (len(came), len(came & standing(later, WON))) == (new, new_won)


def test_hardware_sales_have_two_dates(data: Path) -> None:
    history = read_history(data / "maven_crm" / "sales_pipeline.csv", time_zone="UTC")
    assert (history.form, history.stages) == ("two_dates", ("Open",))
    assert found(history)["undated_deals"] == {"count": 500}
    assert [int((history.ends.outcome == end).sum()) for end in (WON, LOST)] == [4_238, 2_473]
    assert len(standing(history.as_of(dt.date(2018, 1, 1)), STILL)) == 1_589


def test_hardware_sales_with_their_stages(data: Path) -> None:
    history = read_history(
        data / "maven_crm" / "sales_pipeline.csv", stages=["Prospecting", "Engaging"], time_zone="UTC",
        columns={"Engaging": "engage_date"},
    )  # fmt: skip
    assert history.form == "wide"
    assert np.unique(history.spells.stage).tolist() == [1]
    assert len(standing(history, STILL)) == 1_589


def test_traffic_fines(data: Path) -> None:
    history = read_history(
        data / "road_traffic_fines_to_2009" / "events.csv.gz", time_zone="Europe/Rome", won=["Payment"],
        lost=["Send for Credit Collection"],
    )  # fmt: skip
    assert history.form == "events"
    assert history.stages[0] == "Create Fine"
    # dates that were written as midnight of their own zone are days
    assert (
        np.array([history.midnight(history.day(t)) for t in history.deals.created[:50]]) == history.deals.created[:50]
    ).all()
    paid = len(np.unique(history.ends.deal[history.ends.outcome == WON])) / len(history.deals)
    assert paid == pytest.approx(0.45, abs=0.01)


def test_energy_projects_say_what_was_left_out(data: Path) -> None:
    granted, refused = "Planning Permission Granted", "Planning Permission Refused"
    history = read_history(
        data / "uk_repd_2021-06" / "repd_2021-06.csv.gz",
        stages=["Planning Application Submitted", granted, "Under Construction"], won=["Operational"],
        lost=["Planning Application Withdrawn", refused, "Planning Permission Expired", "Appeal Refused",
              "Application Withdrawn", "Application Refused", "Abandoned", "Decommissioned", "Appeal Withdrawn"],
        stage_map={"Appeal Granted": granted, "Awaiting Construction": granted, "Appeal Lodged": None,
                   "Application Submitted": "Planning Application Submitted", "Secretary of State*": None},
        columns={"case": "Ref ID", "amount": "Installed Capacity (MWelec)", "status": "Development Status (short)",
                 "modified": "Record Last Updated (dd/mm/yyyy)"},
        time_zone="Europe/London",
    )  # fmt: skip
    assert history.form == "wide"
    told = found(history)
    assert told["stray_times"]["count"] >= 1
    assert told["ended_without_date"]["count"] > 100
    assert 5_900 < len(history.deals) < 6_461
    assert history.day(history.last).year == 2021


def test_a_salesforce_org(data: Path) -> None:
    folder = data / "salesforce_demo_export"
    history = read_history(folder / "OpportunityHistory.csv", time_zone="UTC")
    assert (history.form, len(history.deals)) == ("events", 36)
    assert history.stages[0] == "Prospecting"
    assert history.stages[-1] == "Negotiation/Review"
    two = read_history(folder / "Opportunity.csv", time_zone="UTC")
    assert two.form == "two_dates"
    assert [int((two.ends.outcome == end).sum()) for end in (WON, LOST)] == [12, 8]


def test_a_queue_of_dated_workbooks(data: Path, tmp_path: Path) -> None:
    files = sorted((data / "caiso_queue").glob("*.xlsx"), key=lambda file: file.name[-9:-5] + file.name[-13:-9])
    for file in (files[0], files[1], files[-1]):
        (tmp_path / file.name).symlink_to(file)
    history = read_history(
        tmp_path, time_zone="America/Los_Angeles",
        columns={"case": "Queue Position", "created": "Queue Date", "amount": "Net MWs to Grid",
                 "closed": "Withdrawn Date", "status": "Application Status"},
    )  # fmt: skip
    told = found(history)
    assert told["snapshots_read"]["count"] == 3
    assert told["closed_taken_for_won"] == {"word": "COMPLETED"}
    still = []
    for day, worth in ((dt.date(2025, 8, 11), 100_278), (dt.date(2025, 9, 8), None), (dt.date(2026, 3, 16), 88_485)):
        known = history.as_of(day)
        there = standing(known, STILL)
        still.append(len(there))
        if worth is not None:
            amount = amounts(known)
            assert sum(amount.get(deal, 0.0) for deal in there) == pytest.approx(worth, abs=0.5)
    assert still == [361, 349, 317]
    exact = history.spells.left == history.spells.left_before
    assert not exact[history.spells.to != STILL].any()
    assert (history.spells.left_before - history.spells.left)[history.spells.to != STILL].max() > DAY
