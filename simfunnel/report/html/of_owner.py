"""The report of one person: what would tell of others is taken out before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.of_group import of_group
from simfunnel.report.html.material import Keys, Material, Source
from simfunnel.shown import face_of
from simfunnel.values.messages import unknown
from simfunnel.wording.language import Told, tell
from simfunnel.wording.numbers import plural

ASKED = ("plan", "health")
"""Results that can be told of one person."""
OF_ALL = ("bottleneck",)
"""Sections that tell of everybody alone."""


def check_owner(forecast: Forecast, owner: str) -> None:
    """Refuse a name that has no deals, wins or leads."""
    known = [label for dimension, label in forecast.groups if dimension == "owner"]
    if owner not in known:
        raise InputError(f"--owner: {unknown('owner', owner, known)}")


def of_owner(m: Material, owner: str, sources: Sequence[Source]) -> Material:
    """Keep what is of one owner.

    Parameters
    ----------
    m
        What there is; a plan is kept if it is of the owner.
    owner
        Whose report it is.
    sources
        What makes it again.

    Returns
    -------
    Material
        With a forecast of the owner's group alone, the owner's deals, and no word of the whole or of others.
    """
    deals = [] if m.health is None else [deal for deal in m.health["deals"] if deal["owner"] == owner]
    forecast = of_group(m.forecast, ("owner", owner), len(deals))
    return Material(
        scenario=m.scenario, forecast=forecast, run=face_of(forecast).keys(), assumed=m.assumed,
        plan=m.plan if m.plan is not None and m.plan["owner"] == owner else None,
        health=None if m.health is None else _health(deals), owner=owner,
        period=m.period, why=_asked(m.why), absent=_asked(m.absent),
        sources=tuple(sources),
    )  # fmt: skip


def left_out() -> Told:
    """Say what a report of one person does not tell, and where it stands."""
    return tell(
        "Left out of a report of one person, because it is of everybody: what changed since the last kept forecast, "
        "bottlenecks, levers, forecasts of the past, and what the forecast rests on most. The report without --owner "
        "has it."
    )


def _asked(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name in ASKED}


def _health(deals: list[Keys]) -> Keys:
    doubtful = sum(bool(deal["flags"]) for deal in deals)
    open_deals = plural(len(deals), "open deal")
    told = tell("Doubtful: {n} of {deals}.", n=f"{doubtful:,}", deals=open_deals)
    return {"deals": deals, "sentence": told, "cautions": []}
