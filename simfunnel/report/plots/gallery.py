"""Which plots there are, and writing them to files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.report.plots.revenue import distribution, exceedance, fan
from simfunnel.report.plots.style import plot_style

if TYPE_CHECKING:
    from simfunnel.funnel.model import Model

KINDS = ("distribution", "exceedance", "fan", "funnel", "occupancy")
NEED_DEALS = ("funnel", "occupancy")
"""Plots that need the deals, which a saved forecast does not hold."""
NEED_TRIALS = ("occupancy",)
"""Plots of trajectories, which an exact forecast does not have."""
OCCUPANCY_TRIALS = 1_000


def draw(kind: str, forecast: Forecast, model: Model | None = None, period: str | int = 0) -> Figure:
    """Draw one plot; call within `plot_style`.

    Parameters
    ----------
    kind
        One of `KINDS`.
    forecast
        The forecast.
    model
        The compiled model; needed by ``funnel`` and ``occupancy``.
    period
        Period of ``distribution`` and ``exceedance``.
    """
    if kind == "distribution":
        return distribution(forecast, period)
    if kind == "exceedance":
        return exceedance(forecast, period)
    if kind == "fan":
        return fan(forecast)
    if model is None:
        raise InputError(f"the plot {kind} needs the scenario; a saved forecast does not hold the deals")
    from simfunnel.report.plots import stages

    if kind == "funnel":
        return stages.funnel(model)
    if kind == "occupancy":
        from simfunnel.engine.occupancy import stage_occupancy

        if not forecast.trials:
            raise InputError(
                "the plot occupancy walks trajectories, and an exact forecast has none; use --method simulate"
            )
        horizon = float((model.periods[-1].end - model.as_of).days)
        # whole weeks where there are enough of them: within a week, weekends would draw a saw blade
        step = 7.0 if horizon >= 56 else 1.0
        days = np.append(np.arange(0.0, horizon - 0.5, step), horizon - 1e-3)[: int(horizon // step) + 1]
        trials = min(OCCUPANCY_TRIALS, forecast.provenance.trials)
        return stages.occupancy(model, stage_occupancy(model, days, trials, forecast.provenance.seed))
    raise InputError(f"unknown plot '{kind}'; expected one of {', '.join(KINDS)}")


def _metadata(suffix: str, line: str) -> dict[str, str | None]:
    """How to make the picture again, where the format keeps it; no date, so that equal forecasts give equal files."""
    if suffix == "svg":
        return {"Date": None, "Description": line}
    return {"Description": line} if suffix == "png" else {"Subject": line, "CreationDate": None}


def save_plots(
    forecast: Forecast,
    ready: Prepared | None,
    folder: str | os.PathLike[str],
    *,
    variant: str | None = None,
    kinds: tuple[str, ...] = KINDS,
    formats: tuple[str, ...] = ("png", "svg"),
    period: str | int = 0,
) -> list[Path]:
    """Draw plots and write each in every format; returns the files."""
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    model = None if ready is None else ready.model(ready.variant(variant), ())
    texts = [forecast.provenance.scenario_name, *(model.names.stages if model else ())]
    figures = {
        kind: partial(draw, kind, forecast, model, period)
        for kind in kinds if model is not None or kind not in NEED_DEALS
    }  # fmt: skip
    return save_figures(figures, where, texts=texts, provenance=forecast.provenance.line(), formats=formats)


def save_figures(
    figures: Mapping[str, Callable[[], Figure]],
    folder: Path,
    *,
    texts: Sequence[str],
    provenance: str,
    formats: tuple[str, ...] = ("png", "svg"),
) -> list[Path]:
    """Draw figures, each by its function, and write each in every format; returns the files."""
    written = []
    with plot_style(texts):
        for name, make in figures.items():
            figure = make()
            for suffix in formats:
                path = folder / f"{name}.{suffix}"
                figure.savefig(path, metadata=_metadata(suffix, provenance))
                written.append(path)
    return written
