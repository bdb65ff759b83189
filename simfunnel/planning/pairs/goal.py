"""What a plan aims at: a period, a target, a confidence, some lead sources. One place checks them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared
from simfunnel.scenario.periods import LARGEST_MONEY
from simfunnel.scenario.schema import TOTAL
from simfunnel.values.messages import nearest, show
from simfunnel.values.numbers import parse_fraction, parse_number

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
    whose: str = ""
    """Of whom, in a message."""
    others: tuple[str, ...] = ()
    """Periods that have a target, in a message."""

    @property
    def amount(self) -> float:
        """The target, for a question that needs one."""
        if self.target is None:
            instead = f", or --period {' or '.join(self.others)}, which has one" if self.others else ""
            raise InputError(
                f"the scenario has no target{self.whose} for {self.period}; give one, such as --target 3M{instead}"
            )
        return self.target


def resolve_goal(
    prepared: Prepared, period: str | int | None = None, target: Amount | None = None, *, required: bool = True,
    of: tuple[str, str] | None = None,
) -> Goal:  # fmt: skip
    """Find the period and the target (default the scenario's; `of` a group, that of the group).

    Without a period it is the first that has a target, as in the leading sentence of a forecast; where a target is
    given, or there is none, the first.

    Raises
    ------
    InputError
        For an unknown period, with the known ones; for a target that is no positive number; and, if `required`,
        where there is no target at all.
    """
    labels = [p.label for p in prepared.periods]
    targets = {t.period: t.amount for t in prepared.scenario.targets if t.group == of}
    aimed_at = [label for label in (*labels, TOTAL) if label in targets]
    if period is None and target is None and aimed_at:
        period = aimed_at[0]
    index = _period(labels, period)
    name = labels[index] if index < len(labels) else TOTAL
    if target is None:
        goal = Goal(name, index, targets.get(name), "" if of is None else f" of {of[1]}", tuple(aimed_at))
        if required:
            _ = goal.amount
        return goal
    return Goal(name, index, resolve_target(target))


def resolve_target(target: Amount) -> float:
    """Read a target: an amount above 0."""
    try:
        amount = parse_number(target)
    except ValueError as error:
        raise InputError(f"target: {error}; write an amount such as 3M or 250k") from None
    if not amount > 0:
        raise InputError(f"target: expected an amount above 0, found {show(target)}")
    if amount > LARGEST_MONEY:
        raise InputError(f"target: expected an amount of at most {LARGEST_MONEY:g}, found {show(target)}")
    return amount


def resolve_confidence(confidence: Share) -> float:
    """Read a confidence: a probability strictly between 0 and 1."""
    return resolve_share("confidence", confidence, "a probability", "0.8 or 80%")


def resolve_share(
    name: str, value: Share, what: str, example: str, *, low: float = 0.0, high: float = 1.0,
    span: str = "above 0 and below 1",
) -> float:  # fmt: skip
    """Read a share strictly between two bounds.

    Parameters
    ----------
    name
        Of the option, for the message.
    value
        What was given.
    what, example, span
        What it is, such as "a probability", how it may be written, and the bounds in words.
    low, high
        The bounds.
    """
    try:
        share = parse_fraction(value)
    except ValueError as error:
        raise InputError(f"{name}: {error}; write {what} such as {example}") from None
    if not low < share < high:
        raise InputError(f"{name}: expected {what} {span}, such as {example}, found {show(value)}")
    return share


def resolve_sources(prepared: Prepared, sources: Sequence[str] = ()) -> tuple[str, ...]:
    """Find lead sources by name; none given means all of them."""
    known = [lead.name for lead in prepared.scenario.leads]
    for name in sources:
        if name not in known:
            raise unknown_name("lead source", name, known)
    return tuple(name for name in known if not sources or name in sources)


def unknown_name(what: str, name: str, known: Sequence[str]) -> InputError:
    """Make the error for a name that is not in the scenario, with the one that was probably meant."""
    best = nearest(name, known)
    hint = f"; did you mean '{best}'?" if best else ""
    return InputError(f"no {what} '{name}' in the scenario{hint} (known here: {listed(known)})")


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
