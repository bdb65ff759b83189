"""The console page of `calibrate`: what was learned, and what is doubtful."""

from __future__ import annotations

import datetime as dt

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.calibration.calibration import Calibration
from simfunnel.estimation.transitions import QUANTILES, StageExits
from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.win_months import month_line
from simfunnel.wording.numbers import money, percent, plural
from simfunnel.wording.shown_text import as_name

_FEW, _SHOWN, _NAME = 10, 5, 28
"""Decided deals below which a group says little; how many groups are named; characters of a name."""
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calibration_page(r: Calibration, width: int) -> RenderableType:
    """Lay out what was learned."""
    decided = r.deals.won + r.deals.lost
    first, low, high = (float(x) for x in r.entry @ r.win_rate)
    parts: list[RenderableType] = [
        Text(
            f"Of deals that come in, {percent(first)} are won ({percent(low)} to {percent(high)}); "
            f"{7 * r.arrivals.per_day:,.1f} come a week.",
            style="bold",
        ),
        Text(
            f"{as_name(r.file or 'history')} · as of {r.as_of} · observed from {r.observed_from} · "
            f"{plural(r.deals.n, 'deal')}, {decided:,} decided, {r.deals.open:,} open"
            + (f", {r.deals.void:,} void" if r.deals.void else "")
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    if len(r.cautions) > 3:
        parts.append(Text(f"! and {plural(len(r.cautions) - 3, 'more caution')} (--json lists all)", style="yellow"))
    parts += [Text(), table([_row(r, k) for k in range(len(r.names))], ("P90 days", "open", "undecided"), width)]
    parts += [Text(line) for line in _lines(r)]
    return Group(*parts)


def _row(r: Calibration, k: int) -> Row:
    exits = r.stages[k]
    onward = max(range(len(exits.probability)), key=lambda j: exits.probability[j] if j != len(r.names) + 1 else -1)
    ends = [*r.names, "Won", "Lost"]
    rate, low, high = (float(x) for x in r.win_rate[k])
    return {
        "Stage": r.names[k],
        "entered": f"{exits.entered:,}",
        "open": f"{r.open_count[k]:,}",
        "goes on": f"{percent(float(exits.probability[onward]))} to {ends[onward]}",
        "median days": _days(exits, onward, 0),
        "P90 days": _days(exits, onward, 1),
        "lost": percent(float(exits.probability[-1])),
        "undecided": percent(exits.undecided) if exits.undecided >= 0.0005 else "",
        "finally won": f"{percent(rate)} ({percent(low)} to {percent(high)})",
    }


def _days(exits: StageExits, cause: int, which: int) -> str:
    """Quantile of the days to an exit, with its interval."""
    found, ends = exits.age_at(cause, QUANTILES[which]), exits.age_interval(cause, which)
    if found is None or ends is None:
        return ""
    return f"{found:,.1f} ({ends[0]:,.1f} {'or more' if ends[1] is None else f'to {ends[1]:,.1f}'})"


def _lines(r: Calibration) -> list[str]:
    low, high = r.arrivals.interval()
    whence = "the last four weeks" if r.prior is None or r.prior.inflow is None else "the prior"
    lines = [
        "",
        f"New deals: {7 * r.arrivals.per_day:,.1f} a week, from {whence}; over the next {r.horizon:.0f} "
        f"days {7 * low:,.1f} to {7 * high:,.1f}.",
    ]
    if r.amounts is not None:
        a = r.amounts
        rest = f"{a.n:,} of them" if r.counts_amounts else "by the prior"
        lines.append(f"Won deals: {money(a.mean)} in the mean, {money(a.median)} in the median, {rest}.")
    d = r.dependence
    if d.windows:
        missed = "" if r.total_error is None else f", {percent(r.total_error)} with new deals unknown"
        lines.append(
            f"{plural(d.windows, 'past window')} of {r.horizon:.0f} days ({d.independent:.1f} independent) would have "
            f"been missed by {percent(d.error_sd)} beyond luck{missed}: correlation {d.correlation:.4f}."
        )
    if r.anchor is not None and abs(r.anchor.factor - 1) >= 0.001:
        other = r.anchor
        lines.append(
            f"The last {r.horizon:.0f} days brought {money(other.run_rate)}, the model expects {money(other.model)} of "
            f"the next; the run-rate weighs {percent(other.weight)}: win rates x {other.factor:.3f}."
        )
    lines += _weekdays(r)
    lines += _holidays(r)
    lines += month_line(r)
    lines += _groups(r)
    weighs = "All of the past weighs alike" if r.half_life is None else f"What is {r.half_life:g} days old weighs half"
    known = "nothing is" if r.prior is None else "but for the prior nothing is"
    lines.append(f"{weighs}; {known} known of ages beyond {r.oldest_age:,.0f} days in a stage.")
    return lines


def _groups(r: Calibration) -> list[str]:
    g = r.groups
    if g is None:
        return []
    told: dict[int, list[str]] = {1: [], -1: []}
    for member in g.members:
        for name, rate, pool in zip(r.names, member.rates, g.pool, strict=True):
            side = 0 if rate is None or pool is None else rate.apart_from(pool)
            if rate is not None and side:
                told[side].append(f"{_cut(member.label)} ({percent(rate.shrunk)} in {_cut(name)})")
    few = sum(member.decided < _FEW for member in g.members)
    thin = f"; {few:,} of them have fewer than {_FEW} decided deals" if few else ""
    head = f"By {_cut(g.by)}, {plural(len(g.members), 'group')}{thin}: "
    if not told[1] and not told[-1]:
        return [f"{head}none goes on more, or less, often than all deals for certain; rates are shrunk accordingly."]
    lines = [f"{head}what differs for certain, shrunk:"]
    for side, word in ((1, "more often than all"), (-1, "less often")):
        if told[side]:
            rest = f" and {len(told[side]) - _SHOWN:,} more" if len(told[side]) > _SHOWN else ""
            lines.append(f"  {word}: {', '.join(told[side][:_SHOWN])}{rest}.")
    return lines


def _cut(name: str) -> str:
    shown = as_name(name)
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"


def _weekdays(r: Calibration) -> list[str]:
    w = r.weekdays
    if w is None or w.gain is None:
        return []
    speeds = ", ".join(f"{name} {speed:.2f}" for name, speed in zip(_NAMES, w.fitted.speed.tolist(), strict=True))
    interval = f"{percent(w.gain.mean)} of their mean ({percent(w.gain.low)} to {percent(w.gain.high)})"
    fate = "written" if w.proved else "not written"
    return [f"Speeds: {speeds}. Past windows would have been forecast better with them by {interval}: {fate}."]


def _holidays(r: Calibration) -> list[str]:
    h = r.holidays
    if h is None or not (h.found or h.once):
        return []
    if not h.found:
        days = plural(len(h.once), "day")
        return [f"On {days} of the year hardly anything happened, but each was seen once: not taken for holidays."]
    shown = ", ".join(f"{dt.date(2000, *x.date):%d %b}" for x in h.found[:_SHOWN])
    rest = f" and {len(h.found) - _SHOWN:,} more" if len(h.found) > _SHOWN else ""
    if h.gain is None:
        judged = "too few past windows hold some"
    else:
        judged = (
            f"{plural(h.windows, 'past window')} would have been forecast better with them by {percent(h.gain.mean)} "
            f"of their mean ({percent(h.gain.low)} to {percent(h.gain.high)})"
        )
    return [f"Holidays: {shown}{rest}; {judged}: {'written' if h.proved else 'not written'}."]
