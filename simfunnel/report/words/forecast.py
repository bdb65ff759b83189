"""Numbers and sentences as a sales manager reads them."""

from __future__ import annotations

from collections.abc import Mapping

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.funnel.calendar import Period
from simfunnel.report.words.changes import in_period
from simfunnel.report.words.reached import won_already
from simfunnel.wording.language import Told, tell
from simfunnel.wording.numbers import capitalized, chance, money, period_told, uncapitalized


def noun_of(period: PeriodSummary | Period) -> str:
    """Name a period's length in the plural: quarters, months, weeks, years, or futures."""
    days = (period.end - period.start).days
    nouns = {7: "weeks", 28: "months", 29: "months", 30: "months", 31: "months", 365: "years", 366: "years"}
    if "+" in period.label or period.label == "total":
        return "futures"
    if "-P" in period.label:
        return "periods"
    return "quarters" if "-Q" in period.label else nouns.get(days, "futures")


def how_made(forecast: Forecast) -> str:
    """Say how many trials a forecast rests on."""
    trials = forecast.provenance.trials
    return tell("{trials:,} trials", trials=trials) if trials else tell("computed exactly")


def leading_period(forecast: Forecast, period: str | None = None) -> PeriodSummary:
    """Give the period that the first sentence is about: the one that is named, else the first with a target."""
    overall = forecast.summary.overall
    found = (*overall.periods, overall.total)
    if period is not None:
        return next(p for p in found if p.label == period)
    return next((p for p in found if p.attainment), found[0])


def leading_sentence(forecast: Forecast, period: str | None = None) -> str:
    """Say the one thing a manager wants to know first; `period` as `leading_period` takes it."""
    chosen = leading_period(forecast, period)
    b, noun = chosen.bookings.quantiles, noun_of(chosen)
    where = in_period(chosen.label)
    closed = chosen.by_origin["closed"].mean
    if chosen.target is not None and won_already(chosen):
        text = tell(
            "{target} {where} is reached: {closed} are won; 8 in 10 {quarters_or_months} end between {p10} and {p90}.",
            target=money(chosen.target),
            where=where,
            closed=money(closed),
            quarters_or_months=noun,
            p10=money(b[0.1]),
            p90=money(b[0.9]),
        )
    elif chosen.target is None or chosen.attainment is None:
        text = tell(
            "An even chance of at least {p50} {where}; 8 in 10 {quarters_or_months} end between {p10} and {p90}.",
            p50=money(b[0.5]),
            where=where,
            quarters_or_months=noun,
            p10=money(b[0.1]),
            p90=money(b[0.9]),
        )
    else:
        reached = chance(chosen.attainment.probability, forecast.trials)
        if b[0.1] > closed:
            worst = tell("1 in 10 {quarters_or_months} ends below {p10}", quarters_or_months=noun, p10=money(b[0.1]))
        else:
            worst = _nothing_won(b, closed, noun)
        text = tell(
            "{chance} chance of reaching {target} {where}; {worst}.",
            chance=capitalized(reached),
            target=money(chosen.target),
            where=where,
            worst=worst,
        )
    if not_to_be_relied_on(forecast):
        text = tell("Do not rely on this, simulate instead: {text}", text=uncapitalized(text))
    if forecast.closed_missing:
        first = forecast.periods[0]
        text += tell(
            " Careful: {period} began on {start} and nothing was given as won before {as_of}; add the "
            "won rows to the pipeline file, or `closed`.",
            period=period_told(first.label),
            start=first.start,
            as_of=forecast.as_of,
        )
    return text


def _nothing_won(quantiles: Mapping[float, float], closed: float, noun: str) -> Told:
    """Say in what share of the futures nothing is won (any more), as far as the quantiles tell."""
    share = max(q for q, value in quantiles.items() if value <= closed)
    if share >= 0.9:
        often = tell("at least 9 in 10 {quarters_or_months} end", quarters_or_months=noun)
    elif share >= 0.75:
        often = tell("at least 3 in 4 {quarters_or_months} end", quarters_or_months=noun)
    elif share >= 0.5:
        often = tell("at least half of all {quarters_or_months} end", quarters_or_months=noun)
    elif share >= 0.25:
        often = tell("at least 1 in 4 {quarters_or_months} ends", quarters_or_months=noun)
    else:
        often = tell("at least 1 in 10 {quarters_or_months} ends", quarters_or_months=noun)
    if closed > 0:
        return tell("{often} with nothing more won", often=often)
    return tell("{often} with nothing won", often=often)


def not_to_be_relied_on(forecast: Forecast) -> bool:
    """Whether an exact forecast misses its own check: mean or sd of a distribution are not those of the closed form."""
    if forecast.provenance.method != "exact":
        return False
    from simfunnel.forecast.doubts import SELF_CHECK

    overall = forecast.summary.overall
    details = (
        kind.exact
        for period in (*overall.periods, overall.total)
        for kind in (period.bookings, period.wins, period.cash)
        if kind is not None
    )
    return any(detail is not None and not detail.check <= SELF_CHECK for detail in details)
