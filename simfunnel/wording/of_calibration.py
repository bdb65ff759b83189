"""Sentences about what is doubtful in what was learned from a history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from simfunnel.wording.numbers import percent, plural


def _few_events(decided: int) -> str:
    return f"only {plural(decided, 'deal')} decided: rates and times rest on little, their intervals are wide"


def _no_past_window(days: int) -> str:
    return f"the history is too short for a past window of {days} days: how far forecasts miss is a prior, not measured"


def _undated_fact(fields: Sequence[str]) -> str:
    return (
        f"{', '.join(fields)}: no date says since when it was known; taken as known from the creation of a deal on "
        "(`history.undated: unknown` leaves it out)"
    )


def _not_reproduced(learned: float, found: float) -> str:
    return (
        f"the written scenario misses a window by {found:.1%} beyond luck where past errors say {learned:.1%}: its "
        "range is not that of the past"
    )


def _no_skill() -> str:
    return "stage and age say nothing of what comes of a deal: chances that differ less would have fit the past as well"


def _beyond_seen(deals: int, value: float) -> str:
    return (
        f"{plural(deals, 'open deal')}, worth {value:,.0f}, older than any deal that ever left their stage: nothing is "
        "expected of them"
    )


def _anchored_far(factor: float) -> str:
    return (
        f"the recent run-rate and the model contradict each other: win rates are multiplied by {factor:.2f}; look at "
        "the inflow of new deals (`run --no-anchor` leaves the factor out)"
    )


def _deals_unplaced(deals: int) -> str:
    return (
        f"{plural(deals, 'deal')} never seen in a stage: they count neither in rates nor among the deals that come in"
    )


def _stage_renamed(old: str, new: str, day: dt.date) -> str:
    return (
        f"{old} is not seen after {day}, {new} not before: if the stage was only renamed, one is learned of both with "
        f"`history.stage_map: {{{old}: {new}}}` and {new} alone in `history.stages`"
    )


def _prior_used(file: str | None, weight: float, taken: Sequence[str]) -> str:
    alone = f"; from it alone: {', '.join(taken)}" if taken else ""
    return f"{_prior(file)} weighs {percent(weight)} of the deals that the rates rest on{alone}"


def _prior_left_out(file: str | None, keys: Sequence[str]) -> str:
    named = ", ".join(f"`{key}`" for key in keys)
    return f"{_prior(file)} has {named}: left out, its rates and times are taken as they are without"


def _prior(file: str | None) -> str:
    return "the prior" if file is None else f"the prior {file}"


def _wide_gaps(gap: float, stages: Sequence[str]) -> str:
    return (
        f"the exports are {gap:.0f} days apart, longer than half of the stays in {', '.join(stages)}: what was passed "
        "between two of them is guessed by its chances, and rates learned so are biased; export more often"
    )


def _groups_left_out(groups: int, most: int) -> str:
    return (
        f"the segments of the history are {groups:,}, more than the {most} that a scenario holds: rates are those of "
        "all deals; name another column with --by"
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
