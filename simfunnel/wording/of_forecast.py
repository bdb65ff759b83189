"""Sentences about what is found about a forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable


def _closed_missing(period: str, start: dt.date, as_of: dt.date) -> str:
    return (
        f"{period} began on {start} and nothing was given as won before {as_of}; add the won rows to the pipeline "
        "file, or `closed`"
    )


def _precision_not_reached(precision: float, trials: int, half_width: float) -> str:
    return f"precision {precision:g} is not reached with {trials:,} trials: the half-width is {half_width:.2g}"


def _exact_fails_its_check(off: float) -> str:
    return (
        f"exact: mean or sd of the computed distribution is {off:.1g} sd off its closed form: do not rely on it, "
        "simulate instead"
    )


def _exact_draws_are_rough(stderr: float) -> str:
    return (
        f"exact: quasi-random draws of what deals share leave a standard error of {stderr:.1g} in probabilities; "
        "a simulation may be the better choice"
    )


def _exact_rule_is_rough(moves: float) -> str:
    return f"exact: half as many nodes move a probability by {moves:.1g}"


def _exact_buckets_are_coarse(off: float) -> str:
    return f"exact: the buckets are coarse, probabilities may be off by {off:.1g}"


def _exact_groups_are_rough(groups: int, bound: float, kind: str, dimension: str, name: str, off: float) -> str:
    return (
        f"exact: in {groups} {'group' if groups == 1 else 'groups'} probabilities may be off by more than {bound:g}, "
        f"most those of the {kind} of {dimension} {name} ({off:.1g}); a target of its own buys a group more work, or "
        "simulate"
    )


def _exact_cash_is_rough(off: float) -> str:
    return f"exact: when cash comes in is known to {off:.1g} of a win only; simulate instead to be sure"


SENTENCES: dict[str, Callable[..., str]] = {
    "closed_missing": _closed_missing,
    "precision_not_reached": _precision_not_reached,
    "exact_fails_its_check": _exact_fails_its_check,
    "exact_draws_are_rough": _exact_draws_are_rough,
    "exact_rule_is_rough": _exact_rule_is_rough,
    "exact_buckets_are_coarse": _exact_buckets_are_coarse,
    "exact_groups_are_rough": _exact_groups_are_rough,
    "exact_cash_is_rough": _exact_cash_is_rough,
}
CAUTIONS: frozenset[str] = frozenset({"closed_missing"})
