"""The scenario as YAML: every number beside what it rests on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Iterator

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.believed import (
    pooled_comment,
    prior_amount_lines,
    prior_correlation_lines,
    prior_header,
    prior_lead_lines,
    prior_ways,
    quantile_lines,
)
from simfunnel.calibration.group_inflow import LEAST_ENTRY
from simfunnel.calibration.group_lines import group_lead_lines, segment_lines
from simfunnel.calibration.learned import Learned
from simfunnel.calibration.month_lines import month_lines, written_periods
from simfunnel.calibration.pace import STEP
from simfunnel.estimation.holiday_gain import PLAIN, HolidayGain
from simfunnel.estimation.holidays import with_holidays
from simfunnel.estimation.laws import quantile_points
from simfunnel.estimation.transitions import StageExits
from simfunnel.estimation.win_rates import dirichlet_n
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.history.history import DAY
from simfunnel.version import __version__
from simfunnel.wording.numbers import percent, plural

_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
MARK = "Learned by simfunnel"
"""In the first line: a file that has it may be written again."""
CHECK, _DIGITS = "# check ", 12
"""Begins the last line, and how many digits follow."""
FEWEST_AGES, AGE_POINTS = 5, 11
"""Open deals of a stage from which on their ages are written, and in how many points."""


def scenario_text(learned: Learned) -> str:
    """Write the scenario."""
    text = "\n".join(_lines(learned)) + "\n"
    return f"{text}{CHECK}{_check_of(text)}: while nothing above is changed, calibrate -o may write this file anew\n"


def changed_since(text: str) -> bool:
    """Whether somebody changed a scenario after it was written; nobody knows of one without a last line that tells."""
    above, mark, last = text.rpartition(CHECK)
    return bool(mark) and (last[:_DIGITS] != _check_of(above) or last.count("\n") > 1)


def _check_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _lines(x: Learned) -> Iterator[str]:
    decided = x.deals.won + x.deals.lost
    yield f"# {MARK} {__version__} from {_name(x.view.file)}, as known at the start of {x.day}."
    yield (
        f"# {x.deals.n:,} deals, {decided:,} of them decided ({x.deals.won:,} won, {x.deals.lost:,} lost), "
        f"observed from {x.observed_from}."
    )
    if x.half_life is None:
        yield "# All of it weighs alike."
    else:
        yield f"# What happened {x.half_life:g} days ago weighs half of what happened yesterday."
    if x.blend is not None:
        yield prior_header(x.blend)
    yield "version: 1"
    yield f"name: {_text(x.name)}"
    yield f"as_of: {x.day}"
    supposed = "" if x.currency_told or x.counted else "   # the history names none: write that of your amounts"
    yield f"currency: {x.currency}{supposed}"
    yield f"periods: {written_periods(x.periods)}"
    yield from _clock(x)
    yield "stages:"
    for k in range(len(x.stages)):
        if x.stages[k].entered or x.blend is not None:
            yield from _stage(x, k)
    yield from _amounts(x)
    if x.groups is not None:
        yield from segment_lines(x.groups, x.view.stages, _text)
    yield from _pipeline(x)
    yield from _leads(x)
    yield from _dependence(x)


def _clock(x: Learned) -> Iterator[str]:
    w, h = x.weekdays, x.holidays
    weekdays = w is not None and w.proved and w.gain is not None
    if w is not None and w.gain is not None and weekdays:
        yield (
            f"# {plural(int(w.fitted.exits.sum()), 'exit')} by weekday; past windows of {x.horizon:.0f} days would "
            f"have been forecast better by {percent(w.gain.mean)} of their mean"
        )
        yield f"# ({percent(w.gain.low)} to {percent(w.gain.high)}, {w.independent:.1f} windows that do not overlap)"
    speeds = w.fitted if w is not None and weekdays else PLAIN
    if h is None or h.gain is None or not h.proved:
        if weekdays:
            yield f"clock: {{weekdays: {_rounded(speeds.speed)}}}"
        return
    speeds = with_holidays(speeds, h.found)
    yield "clock:"
    yield f"  weekdays: {_rounded(speeds.speed)}"
    yield (
        f"  # {plural(len(h.found), 'day')} of the year on which hardly anything happened in two years or more; "
        f"{plural(h.windows, 'past window')} that held some"
    )
    yield (
        f"  # would have been forecast better by {percent(h.gain.mean)} of their mean ({percent(h.gain.low)} to "
        f"{percent(h.gain.high)}) by what other years show"
    )
    yield "  holidays:"
    for day in _holidays(x, h):
        yield f"    {day}: {speeds.on(day):.3g}"


def _rounded(speed: Floats) -> str:
    return json.dumps([round(v, 3) for v in speed.tolist()])


def _holidays(x: Learned, h: HolidayGain) -> Iterator[dt.date]:
    """Dates of the days of the year, from the oldest entry of an open deal until the forecast ends."""
    days = {holiday.date for holiday in h.found}
    day = x.day - dt.timedelta(days=math.ceil(float(x.book.open_age.max(initial=0.0))))
    end = fiscal_periods(x.periods, x.day)[-1].end
    while day < end:
        if (day.month, day.day) in days:
            yield day
        day += dt.timedelta(days=1)


def _stage(x: Learned, k: int) -> Iterator[str]:
    exits, rate = x.stages[k], x.win_rate[k]
    yield f"  - name: {_text(x.view.stages[k])}"
    yield (
        f"    # entered by {plural(exits.entered, 'deal')}; finally won {percent(float(rate[0]))} "
        f"({percent(float(rate[1]))} to {percent(float(rate[2]))})"
    )
    pooled = None if x.blend is None else x.blend.stages[k]
    if pooled is not None:
        yield pooled_comment(pooled)
    yield "    transitions:"
    ends = [*x.view.stages, "Won", "Lost"]
    shares = [(j, float(p)) for j, p in enumerate(exits.probability.tolist()) if round(p, 6) > 0]
    undecided = round(1.0 - sum(round(p, 6) for _, p in shares), 6)
    if undecided < 1e-5 and shares:  # rounding; the largest takes it
        largest = max(range(len(shares)), key=lambda i: shares[i][1])
        shares[largest] = (shares[largest][0], round(shares[largest][1], 6) + undecided)
        undecided = 0.0
    for j, p in shares:
        low, high = exits.interval(j)
        own = pooled is None or pooled.own_law[j]
        few = "; so few that a family gives their days" if own and exits.families[j] is not None else ""
        believed = "" if pooled is None else f", prior {percent(float(pooled.prior.probability[j]))}"
        yield (
            f"      # {plural(int(exits.counts[j]), 'exit')}{believed}, worth {exits.n_effective[j]:,.0f} independent "
            f"deals; {percent(low)} to {percent(high)}{few}"
        )
        for part, law in [(p, list(_law(exits, j)))] if own or pooled is None else prior_ways(pooled, j, round(p, 6)):
            yield f"      - to: {_text(ends[j])}"
            yield f"        probability: {round(part, 6):.6g}"
            yield from law
    if undecided > 0:
        oldest = (exits if pooled is None else pooled.found).incidence.oldest
        never = "" if pooled is None else ", or never decided by the prior"
        yield f"      # still undecided after {oldest:,.0f} days, the oldest that was seen{never}"
        yield f"      - {{to: Lost, probability: {undecided:.6g}, duration: never}}"
    if len(shares) + (undecided > 0) > 1:
        yield f"    n: {max(1.0, dirichlet_n(exits)):.0f}   # independent deals that the rates of this stage are worth"
    yield from _ages(x.book.open_age[x.book.open_stage == k])


def _ages(ages: Floats) -> Iterator[str]:
    """Ages of the open deals: of those in the pipeline file whose entry nobody knows, nothing better is known."""
    if len(ages) < FEWEST_AGES or ages.max() < 0.001:
        return
    p = np.linspace(0.0, 1.0, AGE_POINTS)
    points = [[round(q, 4), round(a, 3)] for q, a in zip(p.tolist(), np.quantile(ages, p).tolist(), strict=True)]
    yield f"    # days so far of the {len(ages):,} open deals: for those whose entry a pipeline file does not tell"
    yield f"    age: {json.dumps({'empirical': {'quantiles': points}})}"


def _law(exits: StageExits, j: int) -> Iterator[str]:
    fitted = exits.families[j]
    if fitted is not None:
        yield f"        duration: {{{fitted.family}: {json.dumps(fitted.written).replace(chr(34), '')}}}"
        return
    age, mass = exits.masses(j)
    yield from quantile_lines(quantile_points(age, mass, pooled=0.01))


def _pipeline(x: Learned) -> Iterator[str]:
    yield "pipeline:"
    yield f"  file: {_text(x.pipeline)}"
    yield f"  time_zone: {_text(x.view.time_zone)}"
    yield "  tail: 0   # laws end where nothing older was seen; what is undecided there never ends"
    r = x.realization
    if r is not None:
        of = plural(r.n, "won deal")
        yield f"  # final over listed amount of {of}: {r.mean:.3f} in the mean, {percent(r.moved)} moved"
        yield f"  realization: {json.dumps({'empirical': {'quantiles': r.points}})}"
    period = fiscal_periods(x.periods, x.day)[0]
    begun = x.view.midnight(period.start) / DAY
    if period.start < x.day and not (x.book.won & (x.book.closed >= begun)).any():
        closed = f"{{period: {_text(period.label)}, amount: 0}}"
        yield f"closed: [{closed}]   # nothing was won from {period.start} to {x.day}"


def _amounts(x: Learned) -> Iterator[str]:
    if x.counted:
        yield "amount: 1   # wins are counted, not their money"
        return
    if x.blend is not None and x.blend.amounts is not None:
        yield from prior_amount_lines(x.blend)
        return
    if x.amounts is None:
        return
    a = x.amounts
    yield f"# {plural(a.n, 'won deal')}: median {a.median:,.0f}, mean {a.mean:,.0f}, sd {a.sd:,.0f}"
    yield f"amount: {json.dumps(a.written)}"
    if a.level_sd > 0:
        yield f"amount_level: {{sd: {a.level_sd:.4f}}}   # of the mean, from their number"


def _leads(x: Learned) -> Iterator[str]:
    a = x.arrivals
    if x.blend is not None and x.blend.inflow is not None:
        yield from prior_lead_lines(x.blend)
        return
    if a.per_day <= 0:
        yield "# no new deal came in the last four weeks: no leads are expected"
        return
    low, high = a.interval()
    yield (
        f"# {plural(a.n, 'new deal')} in the last four weeks: {7 * a.per_day:,.2f} a week "
        f"({7 * low:,.2f} to {7 * high:,.2f} over the next {x.horizon:.0f} days)"
    )
    if x.groups is not None:
        yield from group_lead_lines(x.groups, 7 * a.per_day, x.view.stages, _text)
    else:
        yield from _sources(x)
    sd = math.sqrt(math.expm1((x.spread * a.error_sd) ** 2))
    yield f"leads_level: {{sd: {sd:.4f}}}   # how far past windows of {x.horizon:.0f} days came from such rates"


def _sources(x: Learned) -> Iterator[str]:
    yield "leads:"
    entry = np.where(x.entry >= LEAST_ENTRY, x.entry, 0.0)
    entry = entry / entry.sum()
    for k, share in enumerate(entry.tolist()):
        if share > 0:
            stage = x.view.stages[k]
            name = "new deals" if share > 1 - LEAST_ENTRY else f"new in {stage}"
            yield f"  - name: {_text(name)}"
            yield f"    stage: {_text(stage)}"
            yield f"    rate: {{per: week, mean: {7 * x.arrivals.per_day * share:.5g}}}"


def _dependence(x: Learned) -> Iterator[str]:
    d = x.dependence
    if x.anchor is not None and abs(x.anchor.factor - 1) >= 0.001:
        a = x.anchor
        yield (
            f"# the run-rate expects {a.run_rate:,.0f} of the next {x.horizon:.0f} days, the model {a.model:,.0f}; by "
            f"their past errors the run-rate weighs {percent(a.weight)}"
        )
        yield f"anchor: {{factor: {a.factor:.4f}, spread: {a.spread:.4f}}}"
    yield from month_lines(x.months, x.periods, x.horizon)
    if x.blend is not None and x.blend.correlation is not None:
        yield from prior_correlation_lines(x.blend)
        return
    if d.windows:
        yield (
            f"# {plural(d.windows, 'past window')}, {d.independent:.1f} of them independent: missed by "
            f"{percent(d.error_sd)} beyond luck, given the new deals that came"
        )
    else:
        yield f"# no past window of {x.horizon:.0f} days to learn from: a prior"
    yield f"correlation: {{market: {d.correlation:.5f}}}"
    if d.pace is not None and d.pace.written and d.pace.fall is not None:
        yield (
            f"# {percent(STEP - 1)} more speed moves the wins of {x.horizon:.0f} days by "
            f"{percent(d.pace.moved * (STEP - 1))}; past windows missed more in their first half than in their second"
        )
        yield f"pace: {{sd: {d.pace.sd:.4f}, mean: {d.pace.mean:.4f}}}"


def _text(value: str) -> str:
    """Text as JSON writes it; what YAML takes for the end of a line or refuses is escaped."""
    written = json.dumps(value, ensure_ascii=False)
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found.group()):04x}", written)


def _name(file: str | None) -> str:
    return "a history in memory" if file is None else file.replace("\n", " ")
