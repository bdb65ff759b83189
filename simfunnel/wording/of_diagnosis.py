"""Sentences about what is doubtful in metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simfunnel.errors import shorten
from simfunnel.wording.language import joined, tell, term


def _few_events_in_groups(groups: int, of: int, least: int) -> str:
    return tell(
        "{groups:,} of {of:,} groups have fewer than {least} decided deals: what is said of them "
        "is mostly what is known of all",
        groups=groups,
        of=of,
        least=least,
    )


def _decided_without_stage(deals: int, decided: int) -> str:
    return tell(
        "{deals:,} of {decided:,} decided deals were never seen in a stage: counted as won or "
        "lost, and no part of any rate",
        deals=deals,
        decided=decided,
    )


def _flags_need_history(flags: Sequence[str]) -> str:
    return tell(
        "{flags}: only a history can tell (--history); times in stages are those of the scenario",
        flags=joined(map(term, flags)),
    )


def _other_history(deals: int) -> str:
    return tell(
        "none of the {deals:,} open deals is in the history by its id: pushed dates and ways back cannot be told",
        deals=deals,
    )


def _history_ends_early(last: str, as_of: str, days: int) -> str:
    return tell(
        "the history ends on {last}, {days:,} days before {as_of}: moves and pushes since then "
        "are not in it; a newer export tells of them",
        last=last,
        days=days,
        as_of=as_of,
    )


def _no_lost_deals() -> str:
    return tell(
        "the history holds no lost deal: how many deals an owner decides, and what share is won, "
        "cannot be told; an export with lost deals tells"
    )


def _stages_by_law(stages: Sequence[str]) -> str:
    return tell("{stages}: too few won deals in the history; times are those of the scenario", stages=joined(stages))


def _stages_not_in_history(stages: Sequence[str], there: Sequence[str]) -> str:
    return tell(
        "{stages}: not among the stages of the history ({there}); times are those of the "
        "scenario, and `history.stage_map` names them alike",
        stages=joined(stages),
        there=shorten(", ".join(there), 120),
    )


def _no_activity() -> str:
    return tell("no deal has a date of last activity: nobody can be called idle (`pipeline.columns.last_activity`)")


def _no_close_dates() -> str:
    return tell("no deal has a close date: none can be called past or implausible (`pipeline.columns.close_date`)")


SENTENCES: dict[str, Callable[..., str]] = {
    "few_events_in_groups": _few_events_in_groups,
    "decided_without_stage": _decided_without_stage,
    "flags_need_history": _flags_need_history,
    "other_history": _other_history,
    "history_ends_early": _history_ends_early,
    "no_lost_deals": _no_lost_deals,
    "stages_by_law": _stages_by_law,
    "stages_not_in_history": _stages_not_in_history,
    "no_activity": _no_activity,
    "no_close_dates": _no_close_dates,
}
CAUTIONS = frozenset(SENTENCES)
