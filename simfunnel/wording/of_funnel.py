"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

from collections.abc import Callable

from simfunnel.wording.numbers import plural


def _conversion_capped(stage: str) -> str:
    return f"the shifted conversion of {stage} was capped at 100 %"


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


SENTENCES: dict[str, Callable[..., str]] = {
    "conversion_capped": _conversion_capped,
    "nobody_of_that_name": _nobody_of_that_name,
    "amounts_drawn": _amounts_drawn,
    "beyond_support": _beyond_support,
    "no_amount": lambda: "no amount, and no `amount` distribution for deals without one",
}
CAUTIONS: frozenset[str] = frozenset()
