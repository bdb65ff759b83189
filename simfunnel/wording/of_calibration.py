"""Sentences about what is doubtful in what was learned from a history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import percent, plural, spelled_money


def _few_events(decided: int) -> str:
    return tell(
        "only {deals} decided: rates and times rest on little, their intervals are wide", deals=plural(decided, "deal")
    )


def _no_past_window(days: int) -> str:
    return tell(
        "the history is too short for a past window of {days} days: how far forecasts miss is a prior, not measured",
        days=days,
    )


def _undated_fact(fields: Sequence[str]) -> str:
    return tell(
        "{fields}: no date says since when it was known; taken as known from the creation of a "
        "deal on (`history.undated: unknown` leaves it out)",
        fields=joined(fields),
    )


def _not_reproduced(learned: float, found: float) -> str:
    return tell(
        "the written scenario misses a window by {found:.1%} beyond luck where past errors say "
        "{learned:.1%}: its range is not that of the past",
        found=found,
        learned=learned,
    )


def _no_skill() -> str:
    return tell(
        "stage and age say nothing of what comes of a deal: chances that differ less would have fit the past as well"
    )


def _beyond_seen(deals: int, value: float) -> str:
    return tell(
        "{open_deals}, worth {value}, older than any deal that ever left their stage: nothing is expected of them",
        open_deals=plural(deals, "open deal"),
        value=spelled_money(value),
    )


def _anchored_far(factor: float) -> str:
    return tell(
        "the recent run-rate and the model contradict each other: win rates are multiplied by "
        "{factor:.2f}; look at the inflow of new deals (`run --no-anchor` leaves the factor out)",
        factor=factor,
    )


def _deals_unplaced(deals: int) -> str:
    return tell(
        "{deals} never seen in a stage: they count neither in rates nor among the deals that come in",
        deals=plural(deals, "deal"),
    )


def _stage_renamed(old: str, new: str, day: dt.date) -> str:
    return tell(
        "{old} is not seen after {day}, {new} not before: if the stage was only renamed, one is "
        "learned of both with `history.stage_map: {{{old}: {new}}}` and {new} alone in "
        "`history.stages`",
        old=old,
        day=day,
        new=new,
    )


def _prior_used(file: str | None, weight: float, taken: Sequence[str]) -> str:
    alone = tell("; from it alone: {taken}", taken=joined(taken)) if taken else ""
    return tell(
        "{prior} weighs {weight} of the deals that the rates rest on{alone}",
        prior=_prior(file),
        weight=percent(weight),
        alone=alone,
    )


def _prior_left_out(file: str | None, keys: Sequence[str]) -> str:
    named = joined([f"`{key}`" for key in keys])
    return tell(
        "{prior} has {named}: left out, its rates and times are taken as they are without",
        prior=_prior(file),
        named=named,
    )


def _prior(file: str | None) -> str:
    return tell("the prior") if file is None else tell("the prior {file}", file=file)


def _wide_gaps(gap: float, stages: Sequence[str]) -> str:
    return tell(
        "the exports are {gap:.0f} days apart, longer than half of the stays in {stages}: what was "
        "passed between two of them is guessed by its chances, and rates learned so are biased; "
        "export more often",
        gap=gap,
        stages=joined(stages),
    )


def _groups_left_out(groups: int, most: int) -> str:
    return tell(
        "the segments of the history are {groups:,}, more than the {most} that a scenario holds: "
        "rates are those of all deals; name another column with --by",
        groups=groups,
        most=most,
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "few_events": _few_events,
    "prior_used": _prior_used,
    "prior_left_out": _prior_left_out,
    "no_past_window": _no_past_window,
    "undated_fact": _undated_fact,
    "not_reproduced": _not_reproduced,
    "no_skill": _no_skill,
    "beyond_seen": _beyond_seen,
    "deals_unplaced": _deals_unplaced,
    "anchored_far": _anchored_far,
    "wide_gaps": _wide_gaps,
    "stage_renamed": _stage_renamed,
    "groups_left_out": _groups_left_out,
}
CAUTIONS = frozenset(SENTENCES)
