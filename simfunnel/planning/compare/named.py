"""Deal by deal: what each did to the forecast when its cause was switched.

A draw belongs to a deal, not to its place among others: so the bookings of a few deals alone are, trial by trial, what
they are within the whole, and the changes of all deals of a cause add up to that of the cause.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.copies import with_deals_as_groups
from simfunnel.planning.compare.two_dates import State, rows_of_open
from simfunnel.planning.pairs.differences import minor, of_period
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import spelled_money

MOST = 400
"""Deals of a cause of which each is told; of more, those with the largest amounts."""
UNNAMED = ("", "time passed")
"""Causes that concern all deals alike."""


@dataclass(frozen=True, slots=True)
class NamedDeal:
    """One deal of a cause, and what it alone did."""

    id: str
    name: str | None
    owner: str | None
    amount: float | None
    delta_mean: float
    """Change of mean bookings, major units; those of all deals of a cause add up to its own."""
    delta_p: float | None
    """Change of P(attain) where this deal alone had changed."""
    note: str | None = None
    """What happened to it."""
    account: str | None = None


@dataclass(frozen=True)
class Setting:
    """What all steps of a waterfall have in common."""

    index: int
    """Of the period; the number of periods for the total."""
    target: float | None
    trials: int
    seed: int
    kernel: str
    unit: float
    """Minor units in a major one."""
    threads: int | None


def named_deals(
    before: State, after: State, total: Ints, setting: Setting, won: Mapping[str, float]
) -> tuple[NamedDeal, ...]:
    """Tell what each deal of a cause did, the top movers first.

    Parameters
    ----------
    before, after
        The pipelines before and after the cause was switched.
    total
        (n,) bookings of the period before, minor units.
    won
        Deal -> amount, of those that were won in the period by the later date: what the cause "won" turns into money.
    """
    old, new = rows_of_open(before.prepared.table), rows_of_open(after.prepared.table)
    keys = sorted(after.keys, key=lambda key: -_amount(old, new, won, key))[:MOST]
    x, y = (_bookings(state.prepared, keys, setting) for state in (before, after))
    zero = np.zeros(setting.trials, dtype=np.int64)
    found = []
    for key in keys:
        gained = y.get(key, zero) - x.get(key, zero)
        if after.cause == "won":
            gained = gained + round(won.get(key, 0.0) * setting.unit)
        row = new.get(key) or old.get(key) or {}
        p = None
        if setting.target is not None:
            goal = minor(setting.target, setting.unit)
            p = float(np.mean(total + gained >= goal)) - float(np.mean(total >= goal))
        amount = _amount(old, new, won, key)
        found.append(NamedDeal(
            key, row.get("name"), row.get("owner"), None if np.isnan(amount) else amount,
            float(gained.mean()) / setting.unit, p, _note(after.cause, old.get(key), new.get(key)),
            row.get("account"),
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda deal: (-abs(deal.delta_mean), -abs(deal.delta_p or 0.0), deal.id)))


def _amount(old: Mapping[str, dict[str, object]], new: Mapping[str, dict[str, object]], won: Mapping[str, float],
            key: str) -> float:  # fmt: skip
    if key in won and key not in new:
        return won[key]
    row = new.get(key) or old.get(key) or {"amount": np.nan}
    return _float(row)


def _float(row: dict[str, object]) -> float:
    return float(row["amount"])  # type: ignore[arg-type]


def _note(cause: str, old: dict[str, object] | None, new: dict[str, object] | None) -> str | None:
    if old is None or new is None:
        return None
    if cause in ("moved forward", "moved back"):
        return tell("{old} → {new}", old=old["stage"], new=new["stage"])
    if cause == "amount changed":
        return tell("{old} → {new}", old=spelled_money(_float(old)), new=spelled_money(_float(new)))
    if old["owner"] == new["owner"]:
        return None
    return tell("{old} → {new}", old=old["owner"] or tell("nobody"), new=new["owner"] or tell("nobody"))


def _bookings(ready: Prepared, keys: Sequence[str], setting: Setting) -> dict[str, Ints]:
    """(n,) bookings of some open deals in the period, minor units, in the trials of the whole."""
    wanted = set(keys)
    table = ready.table.open
    at = [i for i, key in enumerate(table.id) if key in wanted]
    if not at:
        return {}
    taken: dict[str, Any] = {
        field.name: value[at] if isinstance(value, np.ndarray) else tuple(value[i] for i in at)
        for field in dataclasses.fields(table)
        for value in (getattr(table, field.name),)
    }
    alone = dataclasses.replace(ready, table=dataclasses.replace(ready.table, open=type(table)(**taken)))
    compiled = alone.compiled(groups=())
    model = with_deals_as_groups(compiled.model)
    run: PathsRun | OutcomeRun = (PathsRun if setting.kernel == "paths" else OutcomeRun).prepare(model, setting.seed)
    found: dict[str, list[Ints]] = {key: [] for key in compiled.book.deals.id}
    step = max(256, (1 << 22) // (len(at) + 1))
    for first in range(0, setting.trials, step):
        size = min(step, setting.trials - first)
        ledger = run_blocks(run, first, size, threads=setting.threads, block=min(512, size))
        value = of_period(np.moveaxis(np.asarray(ledger.open[1:], dtype=np.int64), 1, 0), setting.index)
        for key, row in zip(found, value, strict=True):
            found[key].append(row)
    return {key: np.concatenate(parts) for key, parts in found.items()}
