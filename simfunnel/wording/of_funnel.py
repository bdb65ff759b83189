"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import percent, period_told, plural, spelled_money

_GRANTED = {
    "leads": "that no new leads come (`leads`)",
    "correlation": "that deals are won and lost independently of each other (`correlation`)",
    "uncertain_rates": "that all rates are known exactly (`{{mean: 0.4, n: 120}}`)",
}


def _assumptions(missing: Sequence[str]) -> str:
    listed = joined([tell(_GRANTED[name]) for name in missing], last=" and ")
    return tell("the forecast takes for granted {listed}: the range is narrower than it should be", listed=listed)


def _conversion_capped(stage: str) -> str:
    return tell(
        "the conversion of {stage}, shifted or at the odds of a segment, was capped: with ways back it passed 100 %",
        stage=stage,
    )


def _months_capped(deals: int, factor: float) -> str:
    have = tell("has a win probability") if deals == 1 else tell("have win probabilities")
    return tell(
        "{open_deals} {have} that times {factor:g} would pass 100 %: in such months a win is as "
        "good as certain, and no factor makes it more so (wins_by_month_of_quarter)",
        open_deals=plural(deals, "open deal"),
        have=have,
        factor=factor,
    )


def _nobody_of_that_name(dimension: str, name: str, nearest: str | None) -> str:
    hint = tell("; did you mean '{nearest}'?", nearest=nearest) if nearest else ""
    return tell(
        "no open deal, win or lead source has the {dimension} '{name}'{hint}",
        dimension=term(dimension),
        name=name,
        hint=hint,
    )


def _amounts_drawn(deals: int, mean: float, currency: str) -> str:
    have = "has" if deals == 1 else "have"
    if deals == 1:
        expected = tell("{mean} {currency} in the mean", mean=spelled_money(mean), currency=currency)
    else:
        expected = tell("together {mean} {currency} in the mean", mean=spelled_money(mean), currency=currency)
    return tell(
        "{open_deals} {has_or_have} no amount: drawn from `amount`, {expected}",
        open_deals=plural(deals, "open deal"),
        has_or_have=have,
        expected=expected,
    )


def _beyond_support(deals: int, stage: str, fate: str) -> str:
    ends = tell("counted as lost") if fate == "lost" else tell("restarted at age 0")
    return tell(
        "{open_deals} in {stage}: in the stage for longer than almost any deal that left it, "
        "beyond observed support; {ends} (pipeline.beyond_support)",
        open_deals=plural(deals, "open deal"),
        stage=stage,
        ends=ends,
    )


def _ages_beyond_support(deals: int, stage: str, share: float) -> str:
    have = "has" if deals == 1 else "have"
    return tell(
        "{open_deals} of unknown entry in {stage} {has_or_have} an age drawn from `age`: {share} of it "
        "is beyond observed support and counts as lost (pipeline.beyond_support)",
        open_deals=plural(deals, "open deal"),
        stage=stage,
        has_or_have=have,
        share=percent(share),
    )


def _earlier_wins_unknown(period: str, start: dt.date) -> str:
    return tell(
        "cash: deals won before {period} began ({start}) may still be paying, and the pipeline "
        "file holds none; with their won rows (amount, close date) their instalments are counted",
        period=period_told(period),
        start=start,
    )


def _earlier_wins_without_amount(wins: int, start: dt.date) -> str:
    return tell(
        "cash: {wins} before {start} without an amount: what they may still pay is not counted",
        wins=plural(wins, "win"),
        start=start,
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "conversion_capped": _conversion_capped,
    "months_capped": _months_capped,
    "nobody_of_that_name": _nobody_of_that_name,
    "amounts_drawn": _amounts_drawn,
    "beyond_support": _beyond_support,
    "ages_beyond_support": _ages_beyond_support,
    "earlier_wins_unknown": _earlier_wins_unknown,
    "earlier_wins_without_amount": _earlier_wins_without_amount,
    "no_amount": lambda: tell("no amount, and no `amount` distribution for deals without one"),
    "assumptions_missing": _assumptions,
}
CAUTIONS: frozenset[str] = frozenset({"assumptions_missing"})
