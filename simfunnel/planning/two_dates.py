"""From last week's pipeline to this week's, one cause at a time.

Between the two stand pipelines that never were: last week's with this week's new deals, then with its wins, and so on,
in a fixed order. Each is complete and can be forecast; what a cause is worth is the difference it makes to the one
before. While time has not passed yet, a deal that is new or has moved has the age it has this week, in days.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.crm.deals import OpenDeals, PipelineTable
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.calendar import fiscal_periods

CAUSES = (
    "newly created", "won", "lost", "moved forward", "moved back", "slipped", "amount changed", "time passed",
    "assumptions changed",
)  # fmt: skip
Row = dict[str, Any]
_COLUMNS = tuple(field.name for field in dataclasses.fields(OpenDeals))
_NUMBERS = ("entered", "created", "close_date", "amount", "win_rate", "not_before", "probability", "last_activity")


@dataclass(frozen=True)
class State:
    """A pipeline on the way from one date to the other."""

    cause: str
    """What was switched last; empty for the beginning."""
    prepared: Prepared
    deals: int
    """Deals that the cause concerns."""
    amount: float
    """Their listed amounts (this week's; of lost deals last week's), or by how much the amounts changed."""
    nothing: bool = False
    """Whether the pipeline is the one before, for the cause concerns no deal."""


def no_waterfall(before: Prepared, after: Prepared) -> str | None:
    """Why two scenarios have no waterfall; None if they have one."""
    if before.scenario.as_of > after.scenario.as_of:
        return "name the earlier pipeline first"
    if before.periods[0].label != after.periods[0].label:
        return "a period ended in between, so there is nothing left to compare it with"
    stages = {stage.name for stage in before.scenario.stages}
    if unknown := sorted(set(after.table.open.stage) - stages):
        return f"the stage {unknown[0]} is new"
    return None


def states(before: Prepared, after: Prepared) -> list[State]:
    """List the pipelines on the way, the first being `before` and the last `after`."""
    offset = float((after.scenario.as_of - before.scenario.as_of).days)
    order = {stage.name: i for i, stage in enumerate(before.scenario.stages)}
    old, new = _rows(before.table.open), _rows(after.table.open)
    seen = {key: _dated(row, offset) for key, row in new.items()}
    """This week's rows on last week's calendar: dates later by the days between, ages as they are."""
    won = set(after.table.won.id)
    current = {key: dict(row) for key, row in old.items()}
    kept = [key for key in old if key in new]
    found: list[State] = [State("", before, len(old), _total(old.values()))]
    table, scenario = before.table, before.scenario
    fresh: set[str] = set()
    """Deals whose ages are this week's already."""

    def add(cause: str, keys: list[str], amount: float) -> None:
        made = dataclasses.replace(table, open=_open(current.values()))
        nothing = not keys and made.won is found[-1].prepared.table.won
        found.append(State(cause, _with(before, scenario, made), len(keys), amount, nothing))

    created = [key for key in new if key not in old]
    current |= {key: dict(seen[key]) for key in created}
    fresh.update(created)
    add("newly created", created, _total(new[key] for key in created))

    wins = [key for key in old if key in won and key not in new]
    for key in wins:
        del current[key]
    table = dataclasses.replace(table, won=after.table.won)
    scenario = scenario.model_copy(update={"closed": after.scenario.closed})
    more = after.table.won.amount.sum() - before.table.won.amount.sum()
    more += sum(c.amount for c in after.scenario.closed) - sum(c.amount for c in before.scenario.closed)
    add("won", wins, float(more))

    lost = [key for key in old if key not in new and key not in won]
    for key in lost:
        del current[key]
    add("lost", lost, _total(old[key] for key in lost))

    steps = {key: order[new[key]["stage"]] - order[old[key]["stage"]] for key in kept}
    # a deal that has left its stage and come back has lost its way as well
    again = {key for key in kept if steps[key] == 0 and seen[key]["entered"] + offset >= 0 > old[key]["entered"]}
    moves = (("moved forward", [k for k in kept if steps[k] > 0]),
             ("moved back", [k for k in kept if steps[k] < 0 or k in again]))  # fmt: skip
    for cause, keys in moves:
        for key in keys:
            current[key] |= {name: seen[key][name] for name in ("stage", "entered")}
        fresh.update(keys)
        add(cause, keys, _total(new[key] for key in keys))

    bounds = [(period.end - before.scenario.as_of).days for period in before.periods]
    slipped = [key for key in kept if _later(old[key], seen[key], bounds)]
    for key in slipped:
        current[key] |= {name: seen[key][name] for name in ("close_date", "not_before")}
    add("slipped", slipped, _total(new[key] for key in slipped))

    changed = [key for key in kept if not _same(old[key]["amount"], new[key]["amount"])]
    for key in changed:
        current[key]["amount"] = new[key]["amount"]
    add("amount changed", changed, _total(new[k] for k in changed) - _total(old[k] for k in changed))

    for key, row in current.items():
        ages = () if key in fresh else ("entered", "created")
        for name in ("close_date", "not_before", *ages):
            row[name] -= offset
    for key in fresh:
        current[key]["created"] = new[key]["created"]
    scenario = scenario.model_copy(update={"as_of": after.scenario.as_of})
    made = dataclasses.replace(table, open=_open(current.values()))
    aged = [key for key in current if key not in fresh] if offset else []
    found.append(State("time passed", _with(before, scenario, made), len(aged), _total(current[key] for key in aged)))
    found.append(State("assumptions changed", after, 0, 0.0))
    return found


def _with(before: Prepared, scenario: Any, table: PipelineTable) -> Prepared:
    loaded = dataclasses.replace(before.loaded, scenario=scenario)
    return dataclasses.replace(
        before, loaded=loaded, table=table, periods=fiscal_periods(scenario.periods, scenario.as_of)
    )


def _rows(table: OpenDeals) -> dict[str, Row]:
    columns = {name: getattr(table, name) for name in _COLUMNS}
    return {table.id[i]: {name: column[i] for name, column in columns.items()} for i in range(len(table))}


def _open(rows: Any) -> OpenDeals:
    """Put rows back into columns."""
    listed = list(rows)
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in listed], dtype=np.float64)
        if name in _NUMBERS
        else tuple(row[name] for row in listed)
        for name in _COLUMNS
    }  # fmt: skip
    return OpenDeals(**columns)


def _dated(row: Row, offset: float) -> Row:
    return {**row, "close_date": row["close_date"] + offset, "not_before": row["not_before"] + offset}


def _later(old: Row, seen: Row, bounds: list[int]) -> bool:
    """Whether the close date, or the day before which a deal cannot be won, has moved to a later period."""

    def period(day: float) -> int:
        return sum(day >= bound for bound in bounds)

    return any(
        not np.isnan(seen[name]) and period(seen[name]) > (-1 if np.isnan(old[name]) else period(old[name]))
        for name in ("close_date", "not_before")
        if not (name == "close_date" and np.isnan(old[name]))
    )


def _total(rows: Any) -> float:
    return float(np.nansum([row["amount"] for row in rows] or [0.0]))


def _same(a: float, b: float) -> bool:
    return a == b or bool(np.isnan(a) and np.isnan(b))
