"""Sentences about what is found about a forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from simfunnel.wording.language import tell, term
from simfunnel.wording.numbers import period_told, plural


def _closed_missing(period: str, start: dt.date, as_of: dt.date) -> str:
    return tell(
        "{period} began on {start} and nothing was given as won before {as_of}; add the won rows "
        "to the pipeline file, or `closed`",
        period=period_told(period),
        start=start,
        as_of=as_of,
    )


def _precision_not_reached(precision: float, trials: int, half_width: float) -> str:
    return tell(
        "precision {precision:g} is not reached with {trials:,} trials: the half-width is {half_width:.2g}",
        precision=precision,
        trials=trials,
        half_width=half_width,
    )


def _exact_fails_its_check(off: float) -> str:
    return tell(
        "exact: mean or sd of the computed distribution is {off:.1g} sd off its closed form: do "
        "not rely on it, simulate instead",
        off=off,
    )


def _exact_draws_are_rough(stderr: float) -> str:
    return tell(
        "exact: quasi-random draws of what deals share leave a standard error of {stderr:.1g} in "
        "probabilities; a simulation may be the better choice",
        stderr=stderr,
    )


def _exact_rule_is_rough(moves: float) -> str:
    return tell("exact: half as many nodes move a probability by {moves:.1g}", moves=moves)


def _exact_buckets_are_coarse(off: float) -> str:
    return tell("exact: the buckets are coarse, probabilities may be off by {off:.1g}", off=off)


def _exact_groups_are_rough(groups: int, bound: float, kind: str, dimension: str, name: str, off: float) -> str:
    return tell(
        "exact: in {groups} probabilities may be off by more than {bound:g}, most those "
        "of the {kind} of {dimension} {name} ({off:.1g}); a target of its own buys a group more "
        "work, or simulate",
        groups=plural(groups, "group"),
        bound=bound,
        kind=term(kind),
        dimension=term(dimension),
        name=name,
        off=off,
    )


def _exact_cash_is_rough(off: float) -> str:
    return tell("exact: when cash comes in is known to {off:.1g} of a win only; simulate instead to be sure", off=off)


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
