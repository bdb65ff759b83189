"""What histories say, in a form that tests can compare; and invented deals written in every form."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simfunnel.history import History
from simfunnel.history.history import LOST, NEVER, STILL, UNDATED, UNSEEN, VOID, WON

STAGES = ("Qualification", "Proposal", "Negotiation")
ENDS = {"Closed Won": WON, "Closed Lost": LOST}
NAMES = {STILL: "still", WON: "won", LOST: "lost", VOID: "void", UNSEEN: "unseen"}
START = dt.datetime(2024, 1, 1)


def moment(instant: int) -> str | None:
    """Instant as text; a day where it is midnight."""
    if instant in (NEVER, UNDATED):
        return None
    text = str(np.datetime64(int(instant), "us").astype("M8[s]"))
    return text.removesuffix("T00:00:00")


def span(start: int, before: int) -> str | None:
    """Time known exactly, or between two."""
    return moment(start) if start == before else f"{moment(start)}..{moment(before)}"


def spells(history: History) -> list[tuple[Any, ...]]:
    """(deal, stage, entered, left, to) of every spell."""
    s = history.spells
    return [
        (
            history.deals.id[d], history.stages[k], span(e, eb), span(x, xb),
            NAMES[to] if to < 0 else history.stages[to],
        )
        for d, k, e, eb, x, xb, to in zip(
            *(getattr(s, name).tolist() for name in type(s).__dataclass_fields__), strict=True,
        )
    ]  # fmt: skip


def ends(history: History) -> list[tuple[Any, ...]]:
    e = history.ends
    columns = (e.deal, e.outcome, e.closed, e.closed_before)
    return [
        (history.deals.id[d], NAMES[o], span(c, b))
        for d, o, c, b in zip(*(column.tolist() for column in columns), strict=True)
    ]


def facts(history: History, name: str) -> list[tuple[Any, ...]]:
    if name not in history.facts:
        return []
    f = history.facts[name]
    return [
        (history.deals.id[d], v, span(s, b))
        for d, v, s, b in zip(f.deal.tolist(), f.value.tolist(), f.since.tolist(), f.since_before.tolist(), strict=True)
    ]


def found(history: History) -> dict[str, dict[str, Any]]:
    """Code -> fields of what was noticed."""
    return {finding.code: dict(finding.fields) for finding in history.findings}


def content(history: History) -> dict[str, Any]:
    """Everything a view knows of deals, as bytes and texts: equal where two views are the same to the bit."""
    parts: dict[str, Any] = {"stages": history.stages}
    frames: list[tuple[str, Any]] = [("deals", history.deals), ("spells", history.spells), ("ends", history.ends)]
    frames += [(f"fact {name}", fact) for name, fact in sorted(history.facts.items()) if len(fact.deal)]
    for name, frame in frames:
        for column in type(frame).__dataclass_fields__:
            value = getattr(frame, column)
            if column == "attributes":
                value = {header: texts.tolist() for header, texts in value.items()}
            parts[f"{name}.{column}"] = value.tolist() if isinstance(value, np.ndarray) else value
    return parts


@dataclass
class Deal:
    """An invented deal: (time, stage or `Closed Won` or `Closed Lost`) in order, and its amounts."""

    id: str
    steps: list[tuple[dt.datetime, str]]
    amount: float = 100.0
    owner: str = "Ann"
    region: str = "north"
    fields: dict[str, Any] = field(default_factory=dict)


def table(rows: Sequence[Mapping[str, Any]], headers: Sequence[str] | None = None) -> str:
    """Rows as CSV."""
    names = list(headers) if headers else list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_events(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    return [
        {"deal": deal.id, "stage": stage, "timestamp": at.isoformat(), "amount": deal.amount + 10 * i,
         "owner": deal.owner, "region": deal.region}
        for deal in deals for i, (at, stage) in enumerate(deal.steps)
    ]  # fmt: skip


def as_dbt(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    rows = []
    for deal in deals:
        for i, (at, stage) in enumerate(deal.steps):
            until = deal.steps[i + 1][0].isoformat() if i + 1 < len(deal.steps) else ""
            rows.append({
                "deal_id": deal.id, "stage": stage, "amount": deal.amount + 10 * i, "owner": deal.owner,
                "region": deal.region, "dbt_valid_from": at.isoformat(), "dbt_valid_to": until,
            })  # fmt: skip
    return rows


def as_wide(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    """HubSpot's columns: one for each stage, ends included."""
    rows = []
    for deal in deals:
        dates = {stage: at.isoformat() for at, stage in deal.steps}
        columns = {f'Date entered "{s} (Sales Pipeline)"': dates.get(s, "") for s in (*STAGES, *ENDS)}
        rows.append({"Record ID": deal.id, **columns, "Deal owner": deal.owner, "Region": deal.region})
    return rows


def as_two_dates(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    rows = []
    for deal in deals:
        at, last = deal.steps[-1]
        over = last in ENDS
        rows.append({
            "deal_id": deal.id, "created": deal.steps[0][0].isoformat(), "closed": at.isoformat() if over else "",
            "outcome": {"Closed Won": "Won", "Closed Lost": "Lost"}.get(last, ""), "amount": deal.amount,
            "region": deal.region,
        })  # fmt: skip
    return rows


def as_changes(deals: Sequence[Deal]) -> list[dict[str, Any]]:
    """Salesforce's log of field changes, with the row of creation."""
    rows = []
    for deal in deals:
        born, first = deal.steps[0]
        rows.append({"OpportunityId": deal.id, "Field": "created", "OldValue": "", "NewValue": "",
                     "CreatedDate": born.isoformat()})  # fmt: skip
        before = first
        for at, stage in deal.steps[1:]:
            rows.append({"OpportunityId": deal.id, "Field": "StageName", "OldValue": before, "NewValue": stage,
                         "CreatedDate": at.isoformat()})  # fmt: skip
            before = stage
    return sorted(rows, key=lambda row: row["CreatedDate"])


def seen_on(deals: Sequence[Deal], at: dt.datetime) -> list[dict[str, Any]]:
    """Rows of an export of the state at a time; a deal that has been closed for ten days is not in it."""
    rows = []
    for deal in deals:
        past = [step for step in deal.steps if step[0] < at]
        if past and not (past[-1][1] in ENDS and at - past[-1][0] > dt.timedelta(days=10)):
            rows.append({
                "Deal ID": deal.id, "Stage": past[-1][1], "Amount": deal.amount + 10 * (len(past) - 1),
                "Owner": deal.owner, "Region": deal.region,
            })  # fmt: skip
    return rows


def invented(count: int = 30, seed: int = 1) -> list[Deal]:
    """Deals that skip stages, stay for days, and are won, lost or open."""
    rng = np.random.default_rng(seed)
    deals = []
    for i in range(count):
        at = START + dt.timedelta(hours=int(rng.integers(0, 24 * 60)))
        steps = []
        for k, stage in enumerate(STAGES):
            if k and rng.random() < 0.25:
                continue
            steps.append((at, stage))
            at += dt.timedelta(hours=int(rng.integers(1, 24 * 20)))
            if rng.random() < 0.15:
                break
        if rng.random() < 0.75:
            steps.append((at, "Closed Won" if rng.random() < 0.4 else "Closed Lost"))
        deals.append(
            Deal(f"d{i}", steps, float(rng.integers(1, 90)) * 100, ("Ann", "Bo")[i % 2], ("north", "south")[i % 3 % 2])
        )
    return deals


def mixed(deals: Sequence[Deal], seed: int = 2) -> list[Deal]:
    """The same deals in another order."""
    return [deals[i] for i in np.random.default_rng(seed).permutation(len(deals)).tolist()]
