"""The funnel as a process: exits of each stage with their probabilities, durations and uncertain draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simfunnel.families.beta import Beta
from simfunnel.families.build import build_distribution
from simfunnel.families.computed import Distribution
from simfunnel.funnel.model import BACKWARD, FORWARD, TO_LOST
from simfunnel.funnel.shift_arithmetic import OPERATION_CODES, coded, shifted_distribution
from simfunnel.scenario import schema
from simfunnel.scenario.schema import LOST, WON, Rate, Scenario, Shift, Stage


@dataclass(frozen=True)
class Exit:
    """One way out of a stage."""

    to: int
    """Index of the stage entered next; S for Won, S + 1 for Lost."""
    direction: int
    duration: Distribution
    share: float
    """P(this exit | this exit or a later one of the list), at the mean rates."""
    draw: str | None = None
    """Name of the uncertain draw that replaces `share`."""


@dataclass(frozen=True)
class StageProcess:
    """The exits of one stage, Lost last, and what moves its forward probability: odds of the segment, then shifts."""

    exits: tuple[Exit, ...]
    operations: tuple[tuple[int, float], ...] = ()
    ages: Distribution | None = None
    """Of the open deals whose entry is unknown, calendar days; None: those of steady state."""


class ProcessBuilder:
    """Builds the funnel variants of a scenario; what is written once becomes one distribution and one draw."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.draws: dict[str, Beta] = {}
        """Uncertain draws by name, in order of first use."""
        self._durations: dict[tuple[object, ...], Distribution] = {}
        self._kept: list[object] = []

    def funnel(self, segment: str | None, shifts: Sequence[Shift]) -> tuple[StageProcess, ...]:
        """Build the funnel of a segment under the shifts of `conversion` and `duration` that apply to it."""
        base = self.scenario.stages
        stages, odds = self.scenario.stages_for(segment), self.scenario.odds_for(segment)
        return tuple(
            self._stage(
                stages, i, segment if self._differs(base, stages, i) else None, shifts, odds.get(stages[i].name)
            )
            for i in range(len(stages))
        )

    @staticmethod
    def _differs(base: Sequence[Stage], stages: Sequence[Stage], i: int) -> bool:
        """Whether a segment writes a rate of its own for stage i (a win rate also depends on the next one)."""

        def rates(of: Sequence[Stage]) -> tuple[object, ...]:
            following = of[i + 1].win_rate if of[i].win_rate is not None and i + 1 < len(of) else None
            ways = tuple(map(id, of[i].transitions or ()))
            return id(of[i].conversion), id(of[i].win_rate), id(following), ways, of[i].n

        return rates(base) != rates(stages)

    def _stage(
        self, stages: Sequence[Stage], i: int, segment: str | None, shifts: Sequence[Shift], odds: float | None
    ) -> StageProcess:
        stage, S = stages[i], len(stages)
        mine = [s for s in shifts if s.target.filters.get("stage", stage.name) == stage.name]
        moves = [s for s in mine if s.target.name == "duration"]
        operations = tuple(coded(s) for s in mine if s.target.name == "conversion")
        if odds is not None:  # the rate stays the one of all deals, with its draw; shifts come on top
            operations = ((OPERATION_CODES["odds"], odds), *operations)
        name = stage.name if segment is None else f"{stage.name}\x1f{segment}"
        if stage.transitions is not None:
            exits = self._general(stages, stage, name, moves, i)
        else:
            rate = conversion_of(stages, i)
            assert stage.duration is not None
            lost_duration = stage.lost_duration if stage.lost_duration is not None else stage.duration
            exits = [
                Exit(i + 1, FORWARD, self._duration(stage.duration, moves), rate.mean, self._beta(name, rate)),
                Exit(S + 1, TO_LOST, self._duration(lost_duration, moves), 1.0),
            ]
        if operations and all(e.direction != TO_LOST for e in exits):
            # what a shift takes from the forward exits goes to Lost, after the time of those who advance
            forward = next((e for e in exits if e.direction == FORWARD), exits[0])
            exits = [*exits, Exit(S + 1, TO_LOST, forward.duration, 1.0)]
        ages = None if stage.age is None else self._duration(stage.age, ())
        return StageProcess(tuple(exits), operations, ages)

    def _general(self, stages: Sequence[Stage], stage: Stage, name: str, moves: Sequence[Shift], i: int) -> list[Exit]:
        index = {s.name: k for k, s in enumerate(stages)} | {WON: len(stages), LOST: len(stages) + 1}
        ordered = sorted(stage.transitions or (), key=lambda t: t.to == LOST)
        total = sum(t.probability for t in ordered)
        exits, rest = [], 1.0
        for k, t in enumerate(ordered):
            to = index[t.to]
            direction = TO_LOST if t.to == LOST else FORWARD if to > i else BACKWARD
            p = t.probability / total
            after = sum(u.probability for u in ordered[k + 1 :]) / total
            share = p / (p + after) if p > 0 else 0.0
            if k == len(ordered) - 1:
                share = 1.0
            draw = None
            if stage.n is not None and p > 0 and after > 0:
                draw = f"{name}\x1e{k}"  # not \x1f: a segment may be named like a number
                self.draws.setdefault(draw, Beta(stage.n * p, stage.n * after))
            exits.append(Exit(to, direction, self._duration(t.duration, moves), share, draw))
            rest -= p
        return exits

    def _beta(self, name: str, rate: Rate) -> str | None:
        if rate.n is None or rate.mean in (0.0, 1.0):
            return None
        self.draws.setdefault(name, Beta(rate.mean * rate.n, (1 - rate.mean) * rate.n))
        return name

    def _duration(self, written: schema.Distribution, moves: Sequence[Shift]) -> Distribution:
        key = (id(written), *((s.operation, s.value) for s in moves))
        if key not in self._durations:
            built = build_distribution(written)
            for shift in moves:
                built = shifted_distribution(built, shift)
            self._durations[key] = built
            self._kept.append(written)  # an id stays unique only while its object lives
        return self._durations[key]


def conversion_of(stages: Sequence[Stage], i: int) -> Rate:
    """Conversion rate of stage i, which is not in the general form.

    Where win rates are written it is W_i / W_{i+1}, W after the last stage being 1.
    """
    if (stated := stages[i].conversion) is not None:
        return stated
    rate = stages[i].win_rate
    assert rate is not None
    following = stages[i + 1].win_rate if i + 1 < len(stages) else None
    after = following.mean if following is not None else 1.0
    return Rate(mean=min(1.0, rate.mean / after) if after > 0 else 0.0, n=rate.n)
