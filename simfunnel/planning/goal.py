"""What a plan aims at: a period, a target, a confidence, some lead sources. One place checks them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared
from simfunnel.scenario.messages import nearest, show
from simfunnel.scenario.numbers import parse_fraction, parse_number
from simfunnel.scenario.schema import TOTAL

Amount = float | int | str
"""An amount such as 3_000_000 or "3M"."""
Share = float | str
"""A share such as 0.8 or "80%"."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A period and what is to be reached in it."""

    period: str
    """Label of the period, or ``total``."""
    index: int
    """Position of the period; the number of periods stands for all of them together."""
    target: float | None
    """Amount to reach, major units; None where nobody gave one."""


def resolve_goal(
    prepared: Prepared, period: str | int | None = None, target: Amount | None = None, *, required: bool = True
) -> Goal:
    """Find the period (default the first) and the target (default the scenario's).

    Raises
    ------
    InputError
        For an unknown period, with the known ones; for a target that is no positive number; and, if `required`,
        where there is no target at all.
    """
    labels = [p.label for p in prepared.periods]
    index = _period(labels, period)
    name = labels[index] if index < len(labels) else TOTAL
    if target is None:
        found = [t.amount for t in prepared.scenario.targets if t.group is None and t.period == name]
        if not found and required:
            raise InputError(f"the scenario has no target for {name}; give one, such as --target 3M")
        return Goal(name, index, found[0] if found else None)
    return Goal(name, index, resolve_target(target))


def resolve_target(target: Amount) -> float:
    """Read a target: an amount above 0."""
    try:
        amount = parse_number(target)
    except ValueError as error:
        raise InputError(f"target: {error}; write an amount such as 3M or 250k") from None
    if not amount > 0:
        raise InputError(f"target: expected an amount above 0, found {show(target)}")
    return amount


def resolve_confidence(confidence: Share) -> float:
    """Read a confidence: a probability strictly between 0 and 1."""
    try:
        value = parse_fraction(confidence)
    except ValueError as error:
        raise InputError(f"confidence: {error}; write a probability such as 0.8 or 80%") from None
    if not 0 < value < 1:
        raise InputError(
            f"confidence: expected a probability above 0 and below 1, such as 0.8 or 80%, found {show(confidence)}"
        )
    return value


def resolve_sources(prepared: Prepared, sources: Sequence[str] = ()) -> tuple[str, ...]:
    """Find lead sources by name; none given means all of them."""
    known = [lead.name for lead in prepared.scenario.leads]
    for name in sources:
        if name not in known:
            best = nearest(name, known)
            hint = f"; did you mean '{best}'?" if best else ""
            raise InputError(f"no lead source '{name}' in the scenario{hint} (known here: {listed(known)})")
    return tuple(name for name in known if not sources or name in sources)


def listed(names: Iterable[str]) -> str:
    """Join names for a message."""
    return ", ".join(names) or "none"


def _period(labels: Sequence[str], period: str | int | None) -> int:
    if period is None:
        return 0
    if isinstance(period, int):
        if not 0 <= period < len(labels):
            raise InputError(f"period {period} is not one of 0 to {len(labels) - 1}")
        return period
    if period == TOTAL:
        return len(labels)
    if period not in labels:
        raise InputError(f"no period '{period}' in the scenario; known: {listed(labels)}, {TOTAL}")
    return labels.index(period)
