"""The four levers: what a little more of each is worth, alone and together, and what each would have to be alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Z95, Estimate, estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike
from simfunnel.funnel.model import Model
from simfunnel.planning.pairs.differences import Difference, bookings, compare_forecasts, p_attain
from simfunnel.planning.pairs.goal import Amount, Goal, Share, resolve_confidence, resolve_goal
from simfunnel.planning.pairs.needed import Question, assumption_needed, search_steps
from simfunnel.planning.pairs.paired import PairedForecasts, as_prepared, shift, whole_trials
from simfunnel.planning.pairs.search import Needed
from simfunnel.progress import Progress, Steps
from simfunnel.scenario.schema import Shift
from simfunnel.shown import Shown
from simfunnel.values.messages import show
from simfunnel.values.numbers import parse_fraction
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    pass

ASSUMPTIONS = {"leads": "leads.rate", "amounts": "amount", "win_rate": "win_rate", "speed": "duration"}
"""Lever -> the assumption it moves; speed is the inverse of every duration."""
TITLES = {
    "leads": "more leads",
    "amounts": "bigger deals",
    "win_rate": "higher win rate",
    "speed": "shorter cycle",
    "all": "all together",
}


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever moved."""

    name: str
    """leads, amounts, win_rate, speed, or all."""
    title: str
    change: str
    """What was done, such as ``durations / 1.1``."""
    idle: str | None
    """Why the lever has nothing to act on; None where it has."""
    mean: float
    p_attain: float | None
    difference: Difference
    """Moved minus base."""
    needed: Needed | None
    """What it would have to be alone; None for all together, without a target, or where it moves nothing."""

    @property
    def moves(self) -> bool:
        """Whether the lever makes any difference to the forecast."""
        d = self.difference
        return d.mean.mean != 0 or d.mean.stderr > 0


@dataclass(frozen=True, slots=True)
class Levers(Shown):
    """What the levers are worth in one period."""

    goal: Goal
    """Period and target."""
    by: float
    """How far each was moved: 0.1 is 10 %."""
    confidence: float | None
    """P(attain) that `needed` reaches; None: the mean reaches the target."""
    mean: float
    """Mean bookings now, major units."""
    p_attain: Estimate | None
    """P(attain) now; None without a target."""
    levers: tuple[Lever, ...]
    """Leads, amounts, win rate, speed, and all together."""
    base: Forecast
    """The forecast that nothing was moved in."""

    @property
    def best(self) -> Lever:
        """The single lever worth most: in P(attain) where there is a target, else in money; idle only if all are."""
        return max(self.single, key=lambda lever: (not lever.idle, _gain(lever), lever.difference.mean.mean))

    @property
    def single(self) -> tuple[Lever, ...]:
        """The levers moved alone."""
        return tuple(lever for lever in self.levers if lever.name != "all")

    @property
    def moving(self) -> bool:
        """Whether any lever moves anything."""
        return any(lever.moves for lever in self.levers)

    def as_strong(self, lever: Lever, measure: Callable[[Lever], Estimate]) -> tuple[Lever, ...]:
        """List the single levers whose gain is within the simulation error of that of one, that one first."""
        mine = measure(lever)
        others = (other for other in self.single if other is not lever and other.moves)
        near = (
            o for o in others if abs(measure(o).mean - mine.mean) <= Z95 * math.hypot(measure(o).stderr, mine.stderr)
        )
        return (lever, *near)


def levers(
    scenario: ScenarioLike | Prepared,
    *,
    by: Share = 0.1,
    period: str | int | None = None,
    target: Amount | None = None,
    confidence: Share | None = 0.8,
    variant: str | None = None,
    shifts: Sequence[Shift] = (),
    overrides: Sequence[str] = (),
    trials: int | None = None,
    seed: int | None = None,
    kernel: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Levers:
    """Say what more leads, bigger deals, a higher win rate and a shorter cycle are worth.

    Parameters
    ----------
    scenario
        A scenario file, its content, or what `prepare` made of it.
    by
        How far each lever is moved, such as 0.1 or "10%": rate of new leads x 1.1, amounts of open and new deals x 1.1,
        the win rate of every deal x 1.1 (at most 1), durations / 1.1.
    period
        Label, position, or ``total``; default the first that has a target.
    target
        Amount to reach; default the scenario's. Without any, the levers are told in money only.
    confidence
        P(attain) that each lever, alone, is to reach; None asks for the mean to reach the target.
    variant, shifts, overrides, trials, seed, kernel, threads
        As `simulate` takes them; `PLANNING_TRIALS` trials unless told.
    progress
        Called with (done, in all).

    Raises
    ------
    InputError
        If the scenario cannot be used, or an option makes no sense.
    """
    prepared = as_prepared(scenario, overrides).under(variant)
    goal = resolve_goal(prepared, period, target, required=False)
    step = _step(by)
    wanted = None if confidence is None else resolve_confidence(confidence)
    asked = lever_questions(goal, wanted)
    idle = idle_levers(prepared.model((*prepared.variant(variant), *shifts), ()))
    moving = [name for name in asked if name not in idle]
    searches = sum(goal.target is not None and name in ("win_rate", "speed") for name in moving)
    steps = Steps(progress, 2 + len(moving) + search_steps(whole_trials(trials)) * searches)
    pairs = PairedForecasts(
        prepared, variant=variant, shifts=shifts, trials=trials, seed=seed, kernel=kernel, threads=threads,
        groups=("source",), periods=goal.index + 1, steps=steps,
    )  # fmt: skip
    base = pairs.base
    moves = {name: shift(q.path, scale=q.value(1 + step)) for name, q in asked.items() if name in moving}
    found = []
    for name, question in asked.items():
        moved = pairs.shifted((moves[name],)) if name in moves else base
        needed = assumption_needed(pairs, question) if goal.target is not None and name in moves else None
        found.append(_lever(name, step, base, moved, goal, idle.get(name), needed))
    moved = pairs.shifted(tuple(moves.values())) if moves else base
    found.append(_lever("all", step, base, moved, goal, None if moves else "nothing can be won", None))
    steps.finish()
    k = goal.index
    mean = _mean(base, k)
    return Levers(goal, step, wanted, mean.mean, p_attain(base, k, goal.target), tuple(found), base)


def idle_levers(model: Model) -> dict[str, str]:
    """Give the levers that have nothing to act on, and why."""
    leads = bool((model.streams.mean > 0).any())
    idle = {} if leads else {"leads": "the scenario has no leads to come"}
    if not leads and not len(model.deals.stage):
        idle = dict.fromkeys(("leads", "amounts", "win_rate", "speed"), "the scenario has neither open deals nor leads")
    return idle


def lever_questions(goal: Goal, confidence: float | None) -> dict[str, Question]:
    """Ask how far each lever must move, alone, for P(attain) = confidence (None: for the mean to be the target)."""
    return {name: Question(path, goal, confidence, inverse=name == "speed") for name, path in ASSUMPTIONS.items()}


def _lever(
    name: str, step: float, base: Forecast, moved: Forecast, goal: Goal, idle: str | None, needed: Needed | None
) -> Lever:
    p = p_attain(moved, goal.index, goal.target)
    return Lever(
        name=name, title=TITLES[name], change=_change(name, step), idle=idle,
        mean=_mean(moved, goal.index).mean, p_attain=None if p is None else p.mean,
        difference=compare_forecasts(base, moved, goal.index, goal.target), needed=needed,
    )  # fmt: skip


def _mean(forecast: Forecast, k: int) -> Estimate:
    return estimate(bookings(forecast, k), float(forecast.minor_units))


def _gain(lever: Lever) -> float:
    gain = lever.difference.p_attain
    return lever.difference.mean.mean if gain is None else gain.mean


def _change(name: str, step: float) -> str:
    factor = f"{1 + step:g}"
    return {
        "leads": tell("lead rates x {factor}", factor=factor),
        "amounts": tell("amounts x {factor}", factor=factor),
        "win_rate": tell("win rates x {factor}", factor=factor),
        "speed": tell("durations / {factor}", factor=factor),
        "all": tell("all of them"),
    }[name]


def _step(by: Share) -> float:
    try:
        step = parse_fraction(by)
    except ValueError as error:
        raise InputError(f"by: {error}; write a share such as 10%") from None
    if not -1 < step <= 10 or step == 0:
        raise InputError(f"by: expected a share such as 10%, above -100% and at most 1000%, found {show(by)}")
    return step


def a_little_more(by: str) -> float:
    """Read how far levers are moved where a person asks: up, and by no more than 100 %.

    Less is a question for `stress`, and 10 is seldom meant as ten times more.
    """
    try:
        step = parse_fraction(by)
    except ValueError as error:
        raise InputError(f"by: {error}; write a share such as 10%") from None
    if 0 < step <= 1:
        return step
    hint = "; for what less of each costs, see `simfunnel stress`" if step <= 0 else ""
    if 1 < step <= 100 and "%" not in by:
        hint = f"; did you mean {step:g}%?"
    raise InputError(f"by: expected a share above 0 and at most 100%, such as 10%, found '{by}'{hint}")
