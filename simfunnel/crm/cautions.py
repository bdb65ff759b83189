"""Plausibility: what about a file may change the decision. Made of the sorted rows, said in the first lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import floor
from typing import Any

import numpy as np

from simfunnel.crm.amounts import Money
from simfunnel.crm.fields import Rows
from simfunnel.crm.rules import NO_DEALS, Sorted, day_of
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import joined

STALE_DAYS = 45
"""A file whose newest date lies further before `as_of` than this may be an old one."""
EXCLUDED_SHARE = 0.1
HALF, TIMES, DEALS = 0.5, 100.0, 2
"""A deal decides the forecast if it is above half of the value, or 100 times the next; of so many deals at least."""
MEANT = NO_DEALS | {"duplicate_row", "ignored", "stage_dropped", "stage_dropped_by_star", "status_dropped"}
"""Reasons of rows that are no deals, or that the scenario itself leaves out."""
GROUPED = {
    "status_unknown": "unknown_status", "signals_contradict": "contradictions", "closed_not_known": "closed_unclear",
    "on_hold": "deals_on_hold",
}  # fmt: skip
"""Reason of a row -> caution of the file."""


def kinds(excluded: Iterable[Finding]) -> list[tuple[str, int, float, float]]:
    """Group rows that are left out: kind, rows, money, negative money; the most money first."""
    found: dict[str, list[float]] = {}
    for finding in excluded:
        found.setdefault(finding.group, []).append(finding.amount or 0.0)
    grouped = [(name, len(a), *_apart(a)) for name, a in found.items()]
    return sorted(grouped, key=lambda kind: (-kind[2], -kind[1], kind[3]))


def _apart(amounts: Sequence[float]) -> tuple[float, float]:
    """Sums of the positive amounts and of the negative ones, which would cancel in one."""
    return float(sum(a for a in amounts if a > 0)), float(sum(a for a in amounts if a < 0))


def cautions(
    rows: Rows, money: Money, result: Sorted, as_of: date, headers: Mapping[str, str], pipelines: Mapping[str, int]
) -> Iterator[Finding]:
    """Find what may change the decision, most costly first.

    Parameters
    ----------
    headers
        Field -> header.
    pipelines
        Pipeline -> rows, of the rows that are used.
    """
    if not len(result.open) and len(rows.numbers):
        yield Finding("no_open_deal", {"rows": len(rows.numbers)})
    yield from _newest(rows, money, result, as_of, headers)
    yield from _status_words(result.excluded)
    yield from _lost_by_reason(money, result, headers)
    yield from _excluded(money, result)
    yield from _dominant(rows, money, result)
    judged = ~np.isnan(rows.shares["win_rate"][0][result.open])
    if len(judged) > 1 and judged.all():
        fields = {"header": headers.get("win_rate", "win_rate"), "count": len(judged)}
        yield Finding("judged_throughout", fields, key="pipeline.columns.win_rate")
    if len(pipelines) > 1:
        yield Finding(
            "mixed_pipelines", {"header": headers["pipeline"], "pipelines": dict(pipelines)}, key="pipeline.where"
        )


def _excluded(money: Money, result: Sorted) -> Iterator[Finding]:
    """More than a tenth of the rows, or of the value, is left out."""
    out = [finding for finding in result.excluded if finding.code not in MEANT]
    value = sum(max(finding.amount or 0.0, 0.0) for finding in out)
    used = [*result.open.tolist(), *result.won.tolist(), *result.won_earlier.tolist(), *result.lost.tolist()]
    count = len(out) + len(used)
    still = [*result.open.tolist(), *result.won.tolist()]
    worth = float(np.nansum(np.where(money.foreign[still], np.nan, money.values[still]))) + value
    if len(out) > EXCLUDED_SHARE * count or value > EXCLUDED_SHARE * worth > 0:
        yield Finding("mostly_excluded", {
            "rows": len(out), "count": count, "amount": value, "worth": worth, "kinds": tuple(kinds(out)),
        })  # fmt: skip


def _status_words(excluded: Sequence[Finding]) -> Iterator[Finding]:
    """One message for the file for each way in which the standing of deals is not understood."""
    for code, caution in GROUPED.items():
        for key in dict.fromkeys(finding.key for finding in excluded if finding.code == code):
            own = [finding for finding in excluded if finding.code == code and finding.key == key]
            shown: dict[str, int] = {}
            for finding in own:
                what = finding.fields["signals"] if code == "signals_contradict" else [finding.fields["what"]]
                text = joined(what, " but ")
                shown[text] = shown.get(text, 0) + 1
            amount, negative = _apart([finding.amount or 0.0 for finding in own])
            fields: dict[str, Any] = {"rows": len(own), "amount": amount, "negative": negative, "shown": shown}
            fields |= {"key": key} if caution == "deals_on_hold" else {}
            if code == "status_unknown":
                fields["words"] = tuple(dict.fromkeys(finding.fields["word"] for finding in own))
                fields["fields"] = tuple(dict.fromkeys(finding.fields["field"] for finding in own))
            yield Finding(caution, fields, amount=amount, key=key)


def _lost_by_reason(money: Money, result: Sorted, headers: Mapping[str, str]) -> Iterator[Finding]:
    """Deals that are lost because somebody wrote a reason, and for nothing else."""
    alone = np.array([standing.by_reason for standing in result.standings] or [False], dtype=np.bool_)
    rows = result.lost[alone[result.standing[result.lost]]]
    if len(rows):
        amount, negative = _apart(money.values[rows[~money.foreign[rows]]].tolist())
        fields = {"header": headers.get("lost_reason", "lost_reason"), "rows": len(rows), "amount": amount,
                  "negative": negative}  # fmt: skip
        yield Finding("lost_by_reason", fields, amount=amount, key="pipeline.columns.lost_reason")


def _dominant(rows: Rows, money: Money, result: Sorted) -> Iterator[Finding]:
    amounts = np.nan_to_num(money.values[result.open])
    if (amounts > 0).sum() < DEALS:
        return
    order = np.argsort(amounts)
    first, second, total = amounts[order[-1]], amounts[order[-2]], amounts.sum()
    if first > HALF * total or first > TIMES * second:
        row = int(result.open[order[-1]])
        fields = {
            "id": rows.ids.text(row),
            "row": int(rows.numbers[row]),
            "amount": float(first),
            "share": float(first / total),
        }
        yield Finding("one_deal_dominates", fields, amount=float(first))


def _newest(rows: Rows, money: Money, result: Sorted, as_of: date, headers: Mapping[str, str]) -> Iterator[Finding]:
    """The file is older, or newer, than `as_of`."""
    names = ("created", "stage_entered", "closed", "won_date", "lost_date", "close_date")
    decided = np.zeros(len(rows.numbers), dtype=np.bool_)
    kind = np.array([standing.kind for standing in result.standings] or ["out"])[result.standing]
    for end in ("won", "lost"):
        if not rows.states_end(end):  # then they have it as their close date
            decided |= kind == end
    closes = np.where(decided, rows.dates["close_date"].days, np.nan)
    ended = (kind == "won") | (kind == "lost")
    closed = [np.where(ended, rows.dates[name].days, np.nan) for name in names[2:-1]]
    events = np.stack([rows.dates["created"].days, rows.dates["stage_entered"].days, *closed, closes])
    if not events.size or np.isnan(events).all():
        return
    newest = float(np.nanmax(events))
    activity = rows.dates["last_activity"].days
    latest = max(newest, float(np.nanmax(activity))) if not np.isnan(activity).all() else newest
    if latest < -STALE_DAYS:
        day = floor(latest)
        yield Finding("stale_file", {"day": day_of(as_of, day), "days": -day}, key="as_of")
    if newest >= 0 and not (rows.aged.any() and newest == 0):
        late = (np.floor(events) >= 0).any(axis=0)
        wins = late & (kind == "won") & ~money.foreign
        which, row = (int(i) for i in np.unravel_index(int(np.nanargmax(events)), events.shape))
        fields = {
            "day": day_of(as_of, newest), "as_of": as_of, "fits": day_of(as_of, newest + 1), "rows": int(late.sum()),
            "wins": int(wins.sum()), "worth": float(np.nansum(money.values[wins])), "row": int(rows.numbers[row]),
            "id": rows.id(row), "header": headers.get(names[which], names[which]),
            "expected": bool(names[which] == "close_date" and kind[row] == "lost"),
        }  # fmt: skip
        yield Finding("export_after_as_of", fields, key="as_of")
