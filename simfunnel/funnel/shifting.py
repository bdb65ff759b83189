"""Which shifts concern which deal, stream and funnel, and what they do to single numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from simfunnel.errors import InputError, Problem
from simfunnel.funnel.shift_arithmetic import coded, shifted_number
from simfunnel.scenario.schema import Pace, Scenario, Shift


class UnmatchedShiftError(InputError):
    """A shift is narrowed to names that nothing has."""


class Shifts:
    """The shifts of a forecast, and which of them have matched something."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self.all = tuple(shifts)
        self._matched = [False] * len(self.all)
        self._of: dict[str, list[tuple[int, Shift]]] = {}
        for i, shift in enumerate(self.all):
            self._of.setdefault(shift.target.name, []).append((i, shift))

    def of(self, name: str, context: Mapping[str, str | None], *, ignore: str | None = None) -> tuple[Shift, ...]:
        """List the shifts of path `name` whose filters agree with `context`, in order.

        Parameters
        ----------
        name
            A path, such as ``conversion``.
        context
            Filter -> value of the thing in question; a filter that is missing here never matches.
        ignore
            A filter that is checked elsewhere.
        """
        found = []
        for i, shift in self._of.get(name, ()):
            if all(context.get(k) == v for k, v in shift.target.filters.items() if k != ignore):
                self._matched[i] = True
                found.append(shift)
        return tuple(found)

    @cached_property
    def deals(self) -> frozenset[str]:
        """Ids of the deals that are shifted alone."""
        return frozenset(deal for shift in self.all if (deal := shift.target.deal) is not None)

    def move(self, name: str) -> bool:
        """Whether any shift is of path `name`."""
        return name in self._of

    def filters(self, *names: str) -> tuple[str, ...]:
        """List what shifts of these paths are narrowed by."""
        return tuple(
            sorted({key for name in names for _, shift in self._of.get(name, ()) for key in shift.target.filters})
        )

    def own(self, name: str, deal: str) -> tuple[Shift, ...]:
        """List the shifts of path `name` that are of this deal alone."""
        if deal not in self.deals:
            return ()
        return tuple(s for s in self.all if s.target.name == name and s.target.deal == deal)

    def operations(self, name: str, context: Mapping[str, str | None]) -> tuple[tuple[int, float], ...]:
        """Give the same as (code, value) pairs for kernels."""
        return tuple(coded(s) for s in self.of(name, context))

    def apply(self, name: str, value: float, context: Mapping[str, str | None]) -> float:
        """Apply the shifts of `name` to a number."""
        for shift in self.of(name, context):
            value = shifted_number(value, shift)
        return value

    def require_matches(self) -> None:
        """Raise InputError for every shift that has matched nothing."""
        lost = [s for s, matched in zip(self.all, self._matched, strict=True) if not matched]
        if lost:
            raise UnmatchedShiftError(
                Problem(f"the shift '{s.path}' matches nothing: no deal, lead source or stage has these names")
                for s in lost
            )


def shifted_scenario(scenario: Scenario, shifts: Shifts) -> Scenario:
    """Apply the shifts of single numbers: correlation, pace, level, tail."""
    update: dict[str, object] = {}
    shares = {
        name: shifts.apply(f"correlation.{name}", getattr(scenario.correlation, name), {})
        for name in ("market", "segment", "owner")
    }
    if shares != {name: getattr(scenario.correlation, name) for name in shares}:
        if sum(shares.values()) >= 1 or min(shares.values()) < 0:
            text = ", ".join(f"{name} {value:g}" for name, value in shares.items())
            raise InputError(f"shifted correlations must each be at least 0 and sum to less than 1, found {text}")
        update["correlation"] = scenario.correlation.model_copy(update=shares)
    sd = scenario.pace.sd if scenario.pace else 0.0
    if (moved := shifts.apply("pace.sd", sd, {})) != sd:
        update["pace"] = (scenario.pace or Pace(sd=0.0)).model_copy(update={"sd": max(0.0, moved)})
    tail = shifts.apply("pipeline.tail", scenario.pipeline.tail, {})
    if tail != scenario.pipeline.tail:
        update["pipeline"] = scenario.pipeline.model_copy(update={"tail": tail})
    return scenario.model_copy(update=update) if update else scenario
