"""Forecast a scenario without simulation: distributions by transforms, errors stated beside them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from simfunnel.arrays import Ints
from simfunnel.engine.exact.book.pieces import OfPeriod
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.engine.exact.nodes.shared import Part
from simfunnel.engine.exact.solve import WORK, SolvedDistribution, shared_nodes, solve
from simfunnel.engine.exact.wins.payments import CashTiming, rough_cash
from simfunnel.engine.exact.wins.tables import Tabulated
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.engine.run.executor import available_processors
from simfunnel.engine.run.memory import refuse_too_many_deals
from simfunnel.forecast.doubts import doubts_of_groups, doubts_of_whole
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike, prepare
from simfunnel.forecast.parallel import side_by_side
from simfunnel.forecast.solved import Solved
from simfunnel.forecast.standing import closed_wins, known_groups, standing_fields, targets_of
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL, Model
from simfunnel.scenario.schema import Shift
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

GROUP_SHARE = 0.1
"""Of the work, for a distribution of a group without a target."""
NODE_POINTS = 32
"""Quasi-random points of a replicate where the timing law is computed at each node."""


def exact_forecast(
    scenario: ScenarioLike | Prepared,
    *,
    seed: int | None = None,
    points: int | None = None,
    work: float = WORK,
    variant: str | None = None,
    shifts: Sequence[Shift] = (),
    overrides: Sequence[str] = (),
    pipeline: pd.DataFrame | None = None,
    groups: Iterable[str] = DIMENSIONS,
    progress: Callable[[int, int], None] | None = None,
) -> Forecast:
    """Forecast bookings without simulation.

    Given the factors, rates and levels that deals share, deals are independent and the transform of their sum is a
    product; what they share is integrated by a trapezoid rule where it has few dimensions, else by quasi-random
    draws in 8 replicates whose spread is reported as the standard error.

    Parameters
    ----------
    scenario
        A scenario file, a mapping with its content, a `Scenario`, or what `load_scenario` returned.
    seed
        Of the quasi-random shifts; default: the scenario's.
    points
        Quasi-random points of a replicate, a power of two; default as many as `work` allows.
    work
        Products of complex numbers that a distribution may cost, roughly; those of groups without a target a tenth.
    variant, shifts, overrides, pipeline, groups
        As for `simulate`.
    progress
        Called with (distributions done, distributions in all).

    Returns
    -------
    Forecast
        Its distributions are known, not trials: what takes trials is refused.

    Raises
    ------
    InputError
        If the scenario or its pipeline cannot be used, or asks for what only a simulation can do.
    """
    ready = scenario if isinstance(scenario, Prepared) else prepare(scenario, overrides=overrides, pipeline=pipeline)
    ready = ready.under(variant)
    seed = ready.scenario.simulation.seed if seed is None else seed
    moved = (*ready.variant(variant), *shifts)
    compiled = ready.compiled(moved, known_groups(groups))
    model, book = compiled.model, compiled.book
    targets = targets_of(ready, book)
    closed, closed_count = closed_wins(model)
    found, law_error, rough = _solve_all(compiled, targets, closed, seed, points, work, progress)
    return Forecast(
        **standing_fields(
            ready,
            compiled,
            moved,
            variant=variant,
            method="exact",
            kernel=None,
            trials=0,
            seed=seed,
            law_error=law_error,
            notes=[*doubts_of_whole(found), *doubts_of_groups(found, book.groups), *rough],
        ),
        known=Solved(found, closed, closed_count, book.minor_units),
    )


def _timings(model: Model) -> tuple[WinTiming, CashTiming | None]:
    """Compute when wins fall, and when they are paid, side by side."""
    found: dict[str, WinTiming | CashTiming] = {}

    def compute(kind: str) -> None:
        found[kind] = CashTiming(model) if kind == CASH else WinTiming(model)

    asked = [(CASH,), (WINS,)] if len(model.payment.share) else [(WINS,)]
    side_by_side(compute, asked, workers=min(len(asked), available_processors()))
    timing, cash = found[WINS], found.get(CASH)
    assert isinstance(timing, WinTiming)
    assert cash is None or isinstance(cash, CashTiming)
    return timing, cash


def _alike(parts: Sequence[Part], targeted: Container[int]) -> list[int]:
    """Of each group the first that holds the same: an owner who is a team, say. Everything and goals stand alone."""
    first: dict[tuple[bytes, ...], int] = {}
    return [
        g
        if g == ALL or g in targeted
        else first.setdefault((part.deals.tobytes(), part.streams.tobytes(), part.closed.tobytes()), g)
        for g, part in enumerate(parts)
    ]


def _solve_all(
    compiled: Compiled,
    targets: Mapping[tuple[int, int], float],
    closed: Ints,
    seed: int,
    points: int | None,
    work: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[tuple[int, int, str], SolvedDistribution], float, list[Finding]]:
    model, minor = compiled.model, compiled.book.minor_units
    refuse_too_many_deals(len(model.deals.stage), available_processors())
    timing, cash = _timings(model)
    K = model.periods
    kinds = (BOOKINGS, WINS) if cash is None else (BOOKINGS, WINS, CASH)
    parts = [Part.of_group(model, g) for g in range(model.groups)]
    given = None
    if timing.by_node:
        few = min(points or NODE_POINTS, NODE_POINTS)
        given = shared_nodes(parts[ALL], OfPeriod(timing, K), seed=seed, points=few)

    def distribution(g: int, k: int, kind: str) -> SolvedDistribution:
        source = cash if cash is not None and kind == CASH else timing
        goal = targets.get((g, k)) if kind == BOOKINGS else None
        gap = None if goal is None else goal * minor - float(closed[g, k] if k < K else closed[g].sum())
        effort = work if g == ALL or goal else GROUP_SHARE * work
        return solve(
            parts[g],
            kind,
            OfPeriod(source, k),
            target=gap,
            seed=seed,
            points=points,
            work=effort,
            given=given,
        )

    # one period is the total
    asked = [(g, k, kind) for g in range(len(parts)) for kind in kinds for k in range(K + 1 if K > 1 else K)]
    # tables that grow with the nodes that are asked for depend on the order of asking, in their last digits
    ordered = not all(isinstance(t.tables, Tabulated) for t in (timing, *([] if cash is None else [cash.wins])))
    alike = _alike(parts, {g for g, _ in targets})
    own = [(g, k, kind) for g, k, kind in asked if alike[g] == g]
    found = side_by_side(distribution, own, workers=1 if ordered else available_processors(), progress=progress)
    once = dict(zip(own, found, strict=True))
    solved = {(g, k, kind): once[alike[g], k, kind] for g, k, kind in asked}
    if K == 1:
        solved |= {(g, K, kind): s for (g, _, kind), s in solved.items()}
    if cash is None:
        return solved, timing.error, []
    return solved, max(timing.error, cash.error), rough_cash(cash)
