"""The console page of `calibrate`: what was learned, and what is doubtful."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.calibration.calibration import Calibration
from simfunnel.estimation.transitions import QUANTILES, StageExits
from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.win_months import month_line
from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import day_of_year, money, percent, percents, plural
from simfunnel.wording.shown_text import as_name

_FEW, _SHOWN, _NAME = 10, 5, 28
"""Decided deals below which a group says little; how many groups are named; characters of a name."""
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calibration_page(r: Calibration, width: int) -> RenderableType:
    """Lay out what was learned."""
    decided = r.deals.won + r.deals.lost
    first, low, high = percents(*(float(x) for x in r.entry @ r.win_rate))
    parts: list[RenderableType] = [
        Text(
            tell(
                "Of deals that come in, {first} are won ({low} to {high}); {a_week:,.1f} come a week.",
                first=first,
                low=low,
                high=high,
                a_week=7 * r.arrivals.per_day,
            ),
            style="bold",
        ),
        Text(
            tell(
                "{file} · as of {as_of} · observed from {observed_from} · {deals}, {decided:,} decided, {open:,} open",
                file=as_name(r.file or tell("history")),
                as_of=r.as_of,
                observed_from=r.observed_from,
                deals=plural(r.deals.n, "deal"),
                decided=decided,
                open=r.deals.open,
            )
            + (tell(", {void:,} void", void=r.deals.void) if r.deals.void else "")
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    if len(r.cautions) > 3:
        parts.append(
            Text(
                tell(
                    "! and {more_cautions} (--json lists all)",
                    more_cautions=plural(len(r.cautions) - 3, "more caution"),
                ),
                style="yellow",
            )
        )
    parts += [
        Text(),
        table([_row(r, k) for k in range(len(r.names))], ("P90 to go on", "open", "undecided", "other ways"), width),
    ]
    parts += [Text(line) for line in _lines(r)]
    return Group(*parts)


def _row(r: Calibration, k: int) -> Row:
    exits = r.stages[k]
    onward = max(range(len(exits.probability)), key=lambda j: exits.probability[j] if j != len(r.names) + 1 else -1)
    ends = [*r.names, tell("Won"), tell("Lost")]
    rate, low, high = percents(*(float(x) for x in r.win_rate[k]))
    share, least, most = percents(float(exits.probability[onward]), *exits.interval(onward))
    lost = float(exits.probability[-1])
    # a stage may be skipped, or gone back to: without these the row would not sum to all
    others = 1.0 - exits.undecided - lost - float(exits.probability[onward])
    return {
        "Stage": r.names[k],
        "entered": f"{exits.entered:,}",
        "open": f"{r.open_count[k]:,}",
        "goes on": tell("{share} ({low} to {high}) to {stage}", share=share, low=least, high=most, stage=ends[onward]),
        "days to go on": _days(exits, onward, 0),
        "P90 to go on": _days(exits, onward, 1),
        "other ways": percent(others) if others >= 0.0005 else "",
        "lost": percent(lost),
        "undecided": percent(exits.undecided) if exits.undecided >= 0.0005 else "",
        "finally won": tell("{rate} ({low} to {high})", rate=rate, low=low, high=high),
    }


def _days(exits: StageExits, cause: int, which: int) -> str:
    """Quantile of the days to an exit, with its interval."""
    found, ends = exits.age_at(cause, QUANTILES[which]), exits.age_interval(cause, which)
    if found is None or ends is None:
        return ""
    if ends[1] is None:
        return tell("{found:,.1f} ({low:,.1f} or more)", found=found, low=ends[0])
    return tell("{found:,.1f} ({low:,.1f} to {high:,.1f})", found=found, low=ends[0], high=ends[1])


def _lines(r: Calibration) -> list[str]:
    low, high = r.arrivals.interval()
    whence = tell("the last four weeks") if r.prior is None or r.prior.inflow is None else tell("the prior")
    lines = [
        "",
        tell(
            "New deals: {a_week:,.1f} a week, from {whence}; over the next {horizon:.0f} days "
            "{low:,.1f} to {high:,.1f}.",
            a_week=7 * r.arrivals.per_day,
            whence=whence,
            horizon=r.horizon,
            low=7 * low,
            high=7 * high,
        ),
    ]
    if r.amounts is not None:
        a = r.amounts
        rest = tell("{n:,} of them", n=a.n) if r.counts_amounts else tell("by the prior")
        lines.append(
            tell(
                "Won deals: {mean} in the mean, {median} in the median, {rest}.",
                mean=money(a.mean),
                median=money(a.median),
                rest=rest,
            )
        )
    d = r.dependence
    if d.windows:
        missed = (
            ""
            if r.total_error is None
            else tell(", {total_error} with new deals unknown", total_error=percent(r.total_error))
        )
        lines.append(
            tell(
                "{past_windows} of {horizon:.0f} days ({independent:.1f} independent) would have been "
                "missed by {error_sd} beyond luck{missed}: correlation {correlation:.4f}.",
                past_windows=plural(d.windows, "past window"),
                horizon=r.horizon,
                independent=d.independent,
                error_sd=percent(d.error_sd),
                missed=missed,
                correlation=d.correlation,
            )
        )
    if r.anchor is not None and abs(r.anchor.factor - 1) >= 0.001:
        other = r.anchor
        lines.append(
            tell(
                "The last {horizon:.0f} days brought {run_rate}, the model expects {model} of the next; "
                "the run-rate weighs {weight}: win rates x {factor:.3f}.",
                horizon=r.horizon,
                run_rate=money(other.run_rate),
                model=money(other.model),
                weight=percent(other.weight),
                factor=other.factor,
            )
        )
    lines += _weekdays(r)
    lines += _holidays(r)
    lines += month_line(r)
    lines += _groups(r)
    weighs = (
        tell("All of the past weighs alike")
        if r.half_life is None
        else tell("What is {half_life:g} days old weighs half", half_life=r.half_life)
    )
    known = tell("nothing is") if r.prior is None else tell("but for the prior nothing is")
    lines.append(
        tell(
            "{weighs}; {known} known of ages beyond {oldest_age:,.0f} days in a stage.",
            weighs=weighs,
            known=known,
            oldest_age=r.oldest_age,
        )
    )
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
                told[side].append(
                    tell(
                        "{member} ({shrunk} in {name})",
                        member=_cut(member.label),
                        shrunk=percent(rate.shrunk),
                        name=_cut(name),
                    )
                )
    few = sum(member.decided < _FEW for member in g.members)
    thin = tell("; {few:,} of them have fewer than {least} decided deals", few=few, least=_FEW) if few else ""
    head = tell("By {by}, {groups}{thin}: ", by=_cut(term(g.by)), groups=plural(len(g.members), "group"), thin=thin)
    if not told[1] and not told[-1]:
        return [
            tell(
                "{head}none goes on more, or less, often than all deals for certain; rates are shrunk accordingly.",
                head=head,
            )
        ]
    lines: list[str] = [tell("{head}what differs for certain, shrunk:", head=head)]
    for side, word in ((1, "more often than all"), (-1, "less often")):
        if told[side]:
            rest = tell(" and {more:,} more", more=len(told[side]) - _SHOWN) if len(told[side]) > _SHOWN else ""
            named = joined(told[side][:_SHOWN])
            lines.append(tell("  {word}: {named}{rest}.", word=tell(word), named=named, rest=rest))
    return lines


def _cut(name: str) -> str:
    shown = as_name(name)
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "…"


def _weekdays(r: Calibration) -> list[str]:
    w = r.weekdays
    if w is None or w.gain is None:
        return []
    speeds = joined([f"{tell(name)} {speed:.2f}" for name, speed in zip(_NAMES, w.fitted.speed.tolist(), strict=True)])
    gain, low, high = percents(w.gain.mean, w.gain.low, w.gain.high)
    interval = tell("{gain} of their mean ({low} to {high})", gain=gain, low=low, high=high)
    fate = tell("written") if w.proved else tell("not written")
    return [
        tell(
            "Speeds: {speeds}. Past windows would have been forecast better with them by {interval}: {fate}.",
            speeds=speeds,
            interval=interval,
            fate=fate,
        )
    ]


def _holidays(r: Calibration) -> list[str]:
    h = r.holidays
    if h is None or not (h.found or h.once):
        return []
    if not h.found:
        days = plural(len(h.once), "day")
        return [
            tell(
                "On {days} of the year hardly anything happened, but each was seen once: not taken for holidays.",
                days=days,
            )
        ]
    shown = joined([day_of_year(*x.date) for x in h.found[:_SHOWN]])
    rest = tell(" and {more:,} more", more=len(h.found) - _SHOWN) if len(h.found) > _SHOWN else ""
    if h.gain is None:
        judged = tell("too few past windows hold some")
    else:
        gain, low, high = percents(h.gain.mean, h.gain.low, h.gain.high)
        judged = tell(
            "{past_windows} would have been forecast better with them by {gain} of their mean ({low} to {high})",
            past_windows=plural(h.windows, "past window"),
            gain=gain,
            low=low,
            high=high,
        )
    return [
        tell(
            "Holidays: {shown}{rest}; {judged}: {fate}.",
            shown=shown,
            rest=rest,
            judged=judged,
            fate=tell("written") if h.proved else tell("not written"),
        )
    ]
