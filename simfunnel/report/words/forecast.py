"""Numbers and sentences as a sales manager reads them."""

from __future__ import annotations

from simfunnel.forecast.estimates import Attainment
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.funnel.calendar import Period
from simfunnel.wording.numbers import money, percent


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
    return f"{trials:,} trials" if trials else "computed exactly"


def leading_sentence(forecast: Forecast) -> str:
    """Say the one thing a manager wants to know first."""
    overall = forecast.summary.overall
    chosen = next((p for p in (*overall.periods, overall.total) if p.attainment), overall.periods[0])
    b, noun = chosen.bookings.quantiles, noun_of(chosen)
    where = "in all periods together" if chosen.label == "total" else f"in {chosen.label}"
    closed = chosen.by_origin["closed"].mean
    if chosen.target is not None and closed >= chosen.target:
        text = (
            f"{money(chosen.target)} {where} is reached: {money(closed)} are won; "
            f"8 in 10 {noun} end between {money(b[0.1])} and {money(b[0.9])}."
        )
    elif chosen.target is None or chosen.attainment is None:
        text = (
            f"An even chance of at least {money(b[0.5])} {where}; "
            f"8 in 10 {noun} end between {money(b[0.1])} and {money(b[0.9])}."
        )
    else:
        chance = _chance(chosen.attainment, forecast.trials)
        least = "ends with nothing more won" if closed > 0 else "ends with nothing won"
        worst = f"ends below {money(b[0.1])}" if b[0.1] > closed else least
        text = f"{chance} of reaching {money(chosen.target)} {where}; 1 in 10 {noun} {worst}."
    if not_to_be_relied_on(forecast):
        text = f"Do not rely on this, simulate instead: {text[0].lower()}{text[1:]}"
    if forecast.closed_missing:
        first = forecast.periods[0]
        text += (
            f" Careful: {first.label} began on {first.start} and nothing was given as won before {forecast.as_of}; "
            "add the won rows to the pipeline file, or `closed`."
        )
    return text


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


def _chance(attainment: Attainment, trials: int) -> str:
    text = percent(attainment.probability, trials)
    return f"{text.replace('<', 'Less than ').replace('>', 'More than ')} chance"
