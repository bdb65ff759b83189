"""What a forecast holds besides its distribution: provenance, targets, what is closed, the open pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.errors import InputError
from simfunnel.forecast.implied import implied_correlation
from simfunnel.forecast.inputs import Prepared, environment
from simfunnel.forecast.pipeline_value import PipelineValue
from simfunnel.forecast.provenance import Provenance
from simfunnel.funnel.book import Book, Compiled
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL, Model
from simfunnel.scenario.schema import TOTAL, Shift
from simfunnel.version import __version__
from simfunnel.wording.findings import Finding


def known_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """Check names of dimensions."""
    asked = tuple(groups)
    if unknown := set(asked) - set(DIMENSIONS):
        raise InputError(f"unknown group {', '.join(sorted(unknown))}; expected some of {', '.join(DIMENSIONS)}")
    return asked


def targets_of(ready: Prepared, book: Book) -> dict[tuple[int, int], float]:
    """(group, period) -> target, the number of periods standing for the total."""
    labels = [p.label for p in book.periods] + [TOTAL]
    found = {}
    for target in ready.scenario.targets:
        group = ALL if target.group is None else book.groups.index(target.group)
        found[group, labels.index(target.period)] = target.amount
    return found


def closed_wins(model: Model) -> tuple[Ints, Ints]:
    """Bookings and wins before as_of, (G, K)."""
    shape = (model.groups, model.periods)
    amount, wins = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    c = model.closed
    for i in np.flatnonzero(c.booked).tolist():
        for g in c.group[c.group_start[i] : c.group_start[i + 1]]:
            amount[g, 0] += c.amount[i]
            wins[g, 0] += c.wins[i]
    return amount, wins


def pipeline_value(compiled: Compiled) -> PipelineValue:
    """Value of the open deals by group, plain and weighted with the win rate of the stage."""
    model, book = compiled.model, compiled.book.deals
    groups, K, deals = model.groups, model.periods, model.deals
    deal = np.repeat(np.arange(len(book.amount)), np.diff(deals.group_start))
    weighted = book.amount * book.stage_win_rate

    def by_group(values: Floats) -> Floats:
        return np.bincount(deals.group, weights=values[deal], minlength=groups).astype(np.float64)

    by_date = np.zeros((groups, K))
    for k in range(K):
        within = (book.close_date >= model.grid.day[k]) & (book.close_date < model.grid.day[k + 1])
        by_date[:, k] = by_group(np.where(within, weighted, 0.0))
    dated = by_group(np.isfinite(book.close_date).astype(np.float64)).astype(np.int64)
    return PipelineValue(by_group(book.amount), by_group(weighted), by_date, dated)


def standing_fields(
    ready: Prepared,
    compiled: Compiled,
    moved: Sequence[Shift],
    *,
    variant: str | None,
    method: str,
    kernel: str | None,
    trials: int,
    seed: int,
    law_error: float | None,
    notes: Sequence[Finding],
) -> dict[str, Any]:
    """Fields of a `Forecast` that do not depend on how its distributions were found."""
    book = compiled.book
    return {
        "provenance": Provenance(
            version=__version__,
            scenario_name=ready.scenario.name,
            scenario_path=ready.loaded.source,
            sha256=ready.sha256(moved),
            overrides=ready.loaded.overrides,
            variant=variant,
            method=method,
            kernel=kernel,
            trials=trials,
            seed=seed,
            law_error=law_error,
            environment=environment(),
        ),
        "as_of": book.as_of,
        "currency": book.currency,
        "minor_units": book.minor_units,
        "periods": book.periods,
        "groups": book.groups,
        "targets": targets_of(ready, book),
        "pipeline": pipeline_value(compiled),
        "implied": implied_correlation(compiled),
        "quality": compiled.quality,
        "findings": (*compiled.findings, *notes),
        "compiled": compiled,
    }
