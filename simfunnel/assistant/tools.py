"""The tools: each calls one public function and answers with the JSON of its command.

Parameters and their descriptions are what an assistant is told of them. Nothing is written, and no file is read but
those below the folder and what a scenario there names.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from simfunnel.assistant.answers import answer
from simfunnel.assistant.place import Place, check_overrides
from simfunnel.errors import InputError, SurroundingsError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.forecast.inputs import Prepared

Answer = dict[str, Any]
MOST_TRIALS = 1_000_000
Scenario = Annotated[str, Field(description="Path of a scenario file, relative to the server's folder.")]
Set = Annotated[
    list[str],
    Field(description="Changes of the scenario as path=value, such as stages.Proposal.conversion=0.5, "
                      "leads.inbound.rate.mean=40 or targets[0].amount=3M.", max_length=50),
]  # fmt: skip
Variant = Annotated[str | None, Field(description="A variant that the scenario declares.")]
Trials = Annotated[
    int | None, Field(ge=100, le=MOST_TRIALS, description="Simulated futures; default: the scenario's or the tool's.")
]
Seed = Annotated[int | None, Field(ge=0, lt=2**64, description="Random seed; one seed gives the same bits.")]
Period = Annotated[
    str | None,
    Field(description="Label of a period such as 2027-Q1, or total; default: the first that has a target, or the first "
                      "where `target` is given."),
]  # fmt: skip
Target = Annotated[str | None, Field(description="Amount to reach, such as 3M; default: the scenario's.")]
Confidence = Annotated[str, Field(description="Wanted P(attain), such as 0.8 or 80%.")]


class Tools:
    """The tools for the scenarios below a folder."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def each(self) -> list[Callable[..., Answer]]:
        """All of them."""
        return [
            self.scenarios, self.validate, self.run, self.plan, self.levers, self.stress, self.compare, self.health,
        ]  # fmt: skip

    def _ready(self, scenario: str, changes: list[str]) -> Prepared:
        from simfunnel.forecast.inputs import prepare

        check_overrides(changes)
        return prepare(self._place.file(scenario), overrides=changes)

    def scenarios(self) -> Answer:
        """List the scenario files below the server's folder."""
        return {"scenarios": self._place.scenarios()}

    def validate(self, scenario: Scenario, set: Set = []) -> Answer:  # noqa: B006 - the option's name; never changed
        """Check a scenario and its open deals: what is doubtful, what each column was taken for, rows left out."""
        from simfunnel.forecast.check import check

        ready = self._ready(scenario, set)
        return answer(check(ready.loaded), ready, "validate", [scenario], {"--set": set})

    def run(
        self,
        scenario: Scenario,
        set: Set = [],  # noqa: B006
        variant: Variant = None,
        target: Target = None,
        period: Period = None,
        by: Annotated[
            list[Literal["owner", "team", "segment", "source"]],
            Field(description="Also give the forecast by these groups."),
        ] = [],  # noqa: B006
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """Forecast bookings per period: their distribution and the probability of reaching the target."""
        from simfunnel.forecast import simulate
        from simfunnel.forecast.inputs import with_target
        from simfunnel.planning.pairs.goal import resolve_target

        if period is not None and target is None:
            raise InputError("period says what target is to be reached in; give target as well")
        ready = self._ready(scenario, set)
        if target is not None:
            ready = with_target(ready, resolve_target(target), period)
        result = simulate(ready, variant=variant, trials=trials, seed=seed, groups=by, samples=None)
        options = {
            "--set": set, "--variant": variant, "--target": target, "--period": period, "--by": by,
            "--trials": trials, "--seed": seed,
        }  # fmt: skip
        return answer(result, ready, "run", [scenario], options, leave_out=() if by else ("groups",))

    def plan(
        self,
        scenario: Scenario,
        set: Set = [],  # noqa: B006
        confidence: Confidence = "0.8",
        target: Target = None,
        period: Period = None,
        variant: Variant = None,
        deals: Annotated[bool, Field(description="Also name the fewest open deals that would close the gap.")] = False,
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """Say how many leads the target takes at a wanted probability, and what the funnel should hold."""
        from simfunnel.diagnosis.health import deals_to_drop
        from simfunnel.planning.plan.leads_needed import leads_needed

        ready = self._ready(scenario, set)
        to_drop = deals_to_drop(ready, variant=variant) if deals else frozenset[str]()
        result = leads_needed(
            ready, target=target, confidence=confidence, period=period, deals=deals, to_drop=to_drop, variant=variant,
            trials=trials, seed=seed,
        )  # fmt: skip
        options = {
            "--set": set, "--confidence": confidence, "--target": target, "--period": period, "--variant": variant,
            "--deals": deals, "--trials": trials, "--seed": seed,
        }  # fmt: skip
        return answer(result, ready, "plan", [scenario], options)

    def levers(
        self,
        scenario: Scenario,
        set: Set = [],  # noqa: B006
        by: Annotated[str, Field(description="How far each lever is moved, such as 10%.")] = "10%",
        confidence: Confidence = "0.8",
        target: Target = None,
        period: Period = None,
        variant: Variant = None,
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """Say what more leads, bigger deals, a higher win rate and a shorter cycle are worth."""
        from simfunnel.planning.levers.levers import a_little_more
        from simfunnel.planning.levers.levers import levers as moved

        ready = self._ready(scenario, set)
        result = moved(
            ready, by=a_little_more(by), period=period, target=target, confidence=confidence, variant=variant,
            trials=trials, seed=seed,
        )  # fmt: skip
        options = {
            "--set": set, "--by": by, "--confidence": confidence, "--target": target, "--period": period,
            "--variant": variant, "--trials": trials, "--seed": seed,
        }  # fmt: skip
        return answer(result, ready, "levers", [scenario], options)

    def stress(
        self,
        scenario: Scenario,
        set: Set = [],  # noqa: B006
        by: Annotated[str, Field(description="How far each assumption is moved, such as 10%.")] = "10%",
        target: Target = None,
        period: Period = None,
        variant: Variant = None,
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """Say what each assumption is worth, how far it may fall, which deals the target rests on, what misses it."""
        from simfunnel.planning.stress.stress import stress as stressed

        ready = self._ready(scenario, set)
        result = stressed(
            ready, by=by, grid=None, period=period, target=target, variant=variant, trials=trials, seed=seed
        )
        options = {
            "--set": set, "--by": by, "--no-grid": True, "--target": target, "--period": period, "--variant": variant,
            "--trials": trials, "--seed": seed,
        }  # fmt: skip
        return answer(result, ready, "stress", [scenario], options)

    def compare(
        self,
        scenarios: Annotated[
            list[str],
            Field(min_length=1, max_length=10, description="Paths; the first is what others are compared with."),
        ],
        set: Set = [],  # noqa: B006
        variants: Annotated[list[str], Field(description="Also compare these variants of the first scenario.")] = [],  # noqa: B006
        target: Target = None,
        period: Period = None,
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """Compare scenarios, or variants of one; two of different dates are explained cause by cause."""
        from simfunnel.planning.compare.compare import compare as compared

        every = [self._ready(scenario, set) for scenario in scenarios]
        result = compared(*every, variants=variants, period=period, target=target, trials=trials, seed=seed)
        options = {
            "--set": set, "--variant": variants, "--target": target, "--period": period, "--trials": trials,
            "--seed": seed,
        }  # fmt: skip
        return answer(result, every[0], "compare", scenarios, options)

    def health(
        self,
        scenario: Scenario,
        set: Set = [],  # noqa: B006
        history: Annotated[
            str | None, Field(description="Path of a file of past deals below the folder: what is usual rests on it.")
        ] = None,
        target: Target = None,
        period: Period = None,
        variant: Variant = None,
        trials: Trials = None,
        seed: Seed = None,
    ) -> Answer:
        """List the open deals that make the forecast doubtful, and what it loses without those to drop."""
        from simfunnel.diagnosis.health import health as looked_at
        from simfunnel.history import read_history

        ready = self._ready(scenario, set)
        past = None if history is None else read_history(self._place.file(history))
        commits, earlier = _kept(ready)
        result = looked_at(
            ready, history=past, period=period, target=target, variant=variant, trials=trials, seed=seed,
            commits=commits, earlier=earlier,
        )  # fmt: skip
        options = {
            "--set": set, "--history": history, "--target": target, "--period": period, "--variant": variant,
            "--trials": trials, "--seed": seed,
        }  # fmt: skip
        return answer(result, ready, "health", [scenario], options)


def _kept(ready: Prepared) -> tuple[dict[str, OwnerBias], list[tuple[dt.date, Mapping[str, float]]]]:
    """What owners committed and what chances were, of the store that the scenario names; none if it cannot be read."""
    from simfunnel.record.earlier import chances_if_there
    from simfunnel.record.place import book_of, store_there
    from simfunnel.record.track import commit_biases
    from simfunnel.store import Store

    where = store_there(ready.loaded)
    if where is None:
        return {}, []
    commits: dict[str, OwnerBias] = {}
    with suppress(InputError, SurroundingsError):  # as for the command: a store that nobody named is no condition
        likely, until = book_of(ready.loaded), ready.scenario.as_of
        commits = commit_biases(Store.open(where), book=None, likely=likely, until=until)
    return commits, chances_if_there(ready)
