"""From last week's pipeline to this week's, one cause at a time.

Between the two stand pipelines that never were: last week's with this week's new deals, then with its wins, and so on,
in a fixed order. Each is complete and can be forecast; what a cause is worth is the difference it makes to the one
before. While time has not passed yet, a deal that is new or has moved has the age it has this week, in days.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.crm.deals import OpenDeals, PipelineTable
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.scenario.schema import TOTAL, Scenario
from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import period_told

CAUSES = (
    "newly created", "won", "lost", "vanished", "left out", "moved forward", "moved back", "slipped",
    "amount changed", "time passed", "assumptions changed",
)  # fmt: skip
Row = dict[str, Any]
_COLUMNS = tuple(field.name for field in dataclasses.fields(OpenDeals))
_NUMBERS = ("entered", "created", "close_date", "amount", "win_rate", "not_before", "probability", "last_activity")
_CALLED = {"entered": "stage date", "not_before": "not before", "close_date": "close date", "win_rate": "win rate"}
_SILENT = ("row", "probability", "forecast_category", "last_activity", "name", "account")
"""Columns that no forecast rests on."""


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
    note: str | None = None
    """What the counts cannot tell."""
    keys: tuple[str, ...] = ()
    """Deals that the cause concerns, by id; empty where it concerns all alike."""
    won_since: float = 0.0
    """Won in this week's first period, major units, while the state is still on last week's calendar, in which that
    period has not begun: it belongs to the bookings of the period all the same."""


def no_waterfall(before: Prepared, after: Prepared) -> str | None:
    """Why two scenarios have no waterfall; None if they have one."""
    if before.scenario.as_of > after.scenario.as_of:
        return tell("name the earlier pipeline first")
    stages = {stage.name for stage in before.scenario.stages}
    if unknown := sorted(set(after.table.open.stage) - stages):
        return tell("the stage {stage} is new", stage=unknown[0])
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
    same_period = before.periods[0].label == after.periods[0].label
    won_since = 0.0
    fresh: set[str] = set()
    """Deals whose ages are this week's already."""

    def add(
        cause: str, keys: list[str], amount: float, more: int = 0, note: str | None = None, others: Sequence[str] = ()
    ) -> None:  # fmt: skip
        """Add a state in which the rows of `keys` have changed; `more` deals are concerned that are not open."""
        made = dataclasses.replace(table, open=_open(current.values()))
        last = found[-1]
        nothing = not keys and made.won is last.prepared.table.won and won_since == last.won_since
        ready = _with(before, scenario, made)
        found.append(State(cause, ready, len(keys) + more, amount, nothing, note, (*keys, *others), won_since))

    created = [key for key in new if key not in old]
    current |= {key: dict(seen[key]) for key in created}
    fresh.update(created)
    # what came and was won within the week is created too; its money is that of a win
    at_once = {
        key: float(amount) for key, amount in zip(after.table.won.id, after.table.won.amount, strict=True)
        if key not in old and key not in before.table.won.id
    }  # fmt: skip
    add("newly created", created, _total(new[key] for key in created) + sum(at_once.values()), len(at_once))

    wins = [key for key in old if key in won and key not in new]
    for key in wins:
        del current[key]
    done = _closed(after)
    if same_period:
        table = dataclasses.replace(table, won=after.table.won)
        scenario = scenario.model_copy(update={"closed": after.scenario.closed})
        done -= _closed(before)
    else:
        won_since = done
    unnamed = sum(c.wins for c in after.scenario.closed)
    unnamed -= sum(c.wins for c in before.scenario.closed) if same_period else 0
    add("won", wins, done, len(at_once) + max(unnamed, 0), others=tuple(at_once))

    missing = [key for key in old if key not in new and key not in won]
    left_out = {finding.id for finding in after.table.quality.excluded} - after.table.lost
    ends = (("lost", [key for key in missing if key in after.table.lost]),
            ("vanished", [key for key in missing if key not in after.table.lost | left_out]),
            ("left out", [key for key in missing if key in left_out]))  # fmt: skip
    for cause, keys in ends:
        for key in keys:
            del current[key]
        note = _unmatched(len(keys), unnamed, after, same_period=same_period) if cause == "vanished" else None
        add(cause, keys, _total(old[key] for key in keys), note=note)

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
    scenario = scenario.model_copy(update={"as_of": after.scenario.as_of, "closed": after.scenario.closed})
    made = dataclasses.replace(table, open=_open(current.values()), won=after.table.won)
    aged = [key for key in current if key not in fresh] if offset else []
    found.append(State("time passed", _with(before, scenario, made), len(aged), _total(current[key] for key in aged)))
    corrected = {key: _differing(row, new[key]) for key, row in current.items() if _differing(row, new[key])}
    names = sorted({name for columns in corrected.values() for name in columns})
    words = [term(_CALLED.get(name, name.replace("_", " "))) for name in names]
    note = tell("deal data corrected: {columns}", columns=joined(words)) if names else None
    found.append(State("assumptions changed", after, len(corrected), 0.0, note=note, keys=tuple(corrected)))
    return found


def rows_of_open(table: PipelineTable) -> dict[str, Row]:
    """Open deals by id."""
    return _rows(table.open)


def same_deals(a: Prepared, b: Prepared) -> bool:
    """Whether two scenarios are of the same open and won deals, in every column."""
    x, y = _rows(a.table.open), _rows(b.table.open)
    return list(x) == list(y) and a.table.won.id == b.table.won.id and not any(_differing(x[key], y[key]) for key in x)


def _differing(a: Row, b: Row) -> list[str]:
    """Columns in which two rows differ, of those that a forecast rests on."""
    return [
        name for name in _COLUMNS
        if name not in _SILENT and not (_alike(a[name], b[name]) if name in _NUMBERS else a[name] == b[name])
    ]  # fmt: skip


def _closed(prepared: Prepared) -> float:
    """Amount won in the first period before as_of."""
    return float(prepared.table.won.amount.sum()) + sum(c.amount for c in prepared.scenario.closed)


def _unmatched(lost: int, unnamed: int, after: Prepared, *, same_period: bool) -> str | None:
    """Say where a deal that counts as lost may have been won."""
    if lost and unnamed > 0:
        return tell(
            "{wins} of the wins are known as a number only (`closed`): which of the missing deals they were "
            "cannot be told, so these count as lost",
            wins=unnamed,
        )
    if lost and not same_period and after.table.quality.won_earlier:
        return tell(
            "some of the missing deals may have been won before {period} began",
            period=period_told(after.periods[0].label),
        )
    return None


def _with(before: Prepared, scenario: Scenario, table: PipelineTable) -> Prepared:
    periods = fiscal_periods(scenario.periods, scenario.as_of)
    labels = (*(period.label for period in periods), TOTAL)
    targets = tuple(t for t in scenario.targets if t.period in labels)
    loaded = dataclasses.replace(before.loaded, scenario=scenario.model_copy(update={"targets": targets}))
    return dataclasses.replace(before, loaded=loaded, table=table, periods=periods)


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

    def number_of(day: float) -> int:
        return sum(day >= bound for bound in bounds)

    return any(
        not np.isnan(seen[name]) and number_of(seen[name]) > (-1 if np.isnan(old[name]) else number_of(old[name]))
        for name in ("close_date", "not_before")
        if not (name == "close_date" and np.isnan(old[name]))
    )


def _total(rows: Any) -> float:
    return float(np.nansum([row["amount"] for row in rows] or [0.0]))


def _same(a: float, b: float) -> bool:
    return a == b or bool(np.isnan(a) and np.isnan(b))


def _alike(a: float, b: float) -> bool:
    """Whether two numbers are the same but for the rounding of a shift of dates: times of day are fractions."""
    return _same(a, b) or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-6)
