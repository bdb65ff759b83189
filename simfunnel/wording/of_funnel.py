"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from simfunnel.wording.numbers import percent, plural

_GRANTED = {
    "leads": "that no new leads come (`leads`)",
    "correlation": "that deals are won and lost independently of each other (`correlation`)",
    "uncertain_rates": "that all rates are known exactly (`{mean: 0.4, n: 120}`)",
}


def _assumptions(missing: Sequence[str]) -> str:
    parts = [_GRANTED[name] for name in missing]
    listed = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    return f"the forecast takes for granted {listed}: the range is narrower than it should be"


def _conversion_capped(stage: str) -> str:
    return f"the conversion of {stage}, shifted or at the odds of a segment, was capped: with ways back it passed 100 %"


def _months_capped(deals: int, factor: float) -> str:
    have = "has a win probability" if deals == 1 else "have win probabilities"
    return (
        f"{plural(deals, 'open deal')} {have} that times {factor:g} would pass 100 %: in such months a win is as "
        "good as certain, and no factor makes it more so (wins_by_month_of_quarter)"
    )


def _nobody_of_that_name(dimension: str, name: str, nearest: str | None) -> str:
    hint = f"; did you mean '{nearest}'?" if nearest else ""
    return f"no open deal, win or lead source has the {dimension} '{name}'{hint}"


def _amounts_drawn(deals: int, mean: float, currency: str) -> str:
    have, together = ("has", "") if deals == 1 else ("have", "together ")
    expected = f"{together}{mean:,.0f} {currency} in the mean"
    return f"{plural(deals, 'open deal')} {have} no amount: drawn from `amount`, {expected}"


def _beyond_support(deals: int, stage: str, fate: str) -> str:
    ends = "counted as lost" if fate == "lost" else "restarted at age 0"
    return (
        f"{plural(deals, 'open deal')} in {stage}: in the stage for longer than almost any deal that left it, beyond "
        f"observed support; {ends} (pipeline.beyond_support)"
    )


def _ages_beyond_support(deals: int, stage: str, share: float) -> str:
    have = "has" if deals == 1 else "have"
    return (
        f"{plural(deals, 'open deal')} of unknown entry in {stage} {have} an age drawn from `age`: {percent(share)} "
        "of it is beyond observed support and counts as lost (pipeline.beyond_support)"
    )


def _earlier_wins_unknown(period: str, start: dt.date) -> str:
    return (
        f"cash: deals won before {period} began ({start}) may still be paying, and the pipeline file holds none; with "
        "their won rows (amount, close date) their instalments are counted"
    )


def _earlier_wins_without_amount(wins: int, start: dt.date) -> str:
    return f"cash: {plural(wins, 'win')} before {start} without an amount: what they may still pay is not counted"


SENTENCES: dict[str, Callable[..., str]] = {
    "conversion_capped": _conversion_capped,
    "months_capped": _months_capped,
    "nobody_of_that_name": _nobody_of_that_name,
    "amounts_drawn": _amounts_drawn,
    "beyond_support": _beyond_support,
    "ages_beyond_support": _ages_beyond_support,
    "earlier_wins_unknown": _earlier_wins_unknown,
    "earlier_wins_without_amount": _earlier_wins_without_amount,
    "no_amount": lambda: "no amount, and no `amount` distribution for deals without one",
    "assumptions_missing": _assumptions,
}
CAUTIONS: frozenset[str] = frozenset({"assumptions_missing"})
