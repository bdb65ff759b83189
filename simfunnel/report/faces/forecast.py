"""The face of a forecast."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.errors import InputError
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.estimates import Attainment, DistributionSummary
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.storage import arrays_file, storage_keys, write_arrays, write_parquet
from simfunnel.forecast.summary import GroupSummary, PeriodSummary
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import number, provenance_dict
from simfunnel.report.faces.quality import caution_dict, quality_dict
from simfunnel.report.words.forecast import leading_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


KINDS = ("distribution", "exceedance", "fan", "funnel", "occupancy")
NEED_DEALS = ("funnel", "occupancy")
"""Pictures that need the deals, which a saved forecast does not hold."""


class ForecastFace(ResultFace[Forecast]):
    """Keys, tables, page and pictures of `run`."""

    name = "forecast"
    former = ("summary", "samples", *KINDS)

    def keys(self) -> dict[str, Any]:
        """What ``run --json`` prints."""
        return forecast_keys(self.result)

    def stored(self) -> dict[str, Any]:
        """The same, and what it takes to load the forecast again."""
        return {**self.keys(), "storage": storage_keys(self.result)}

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each group and period, the total included; the group of everything has empty labels."""
        import pandas as pd

        summary = self.result.summary
        every = [("", "", summary.overall)]
        every += [(dimension, label, group) for dimension, labels in summary.groups.items()
                  for label, group in labels.items()]  # fmt: skip
        return {"summary": pd.DataFrame(
            [_row(dimension, label, period) for dimension, label, group in every
             for period in (*group.periods, group.total)])}  # fmt: skip

    def page(self, width: int, by: Collection[str] = ()) -> RenderableType:
        """The page of `run`; `by` are further dimensions to show."""
        from simfunnel.report.console.forecast import forecast_page

        return forecast_page(self.result, by, width)

    @property
    def provenance(self) -> str:
        """How to make the forecast again."""
        return self.result.provenance.line()

    def figures(self, period: str | int = 0) -> Mapping[str, Callable[[], Figure]]:
        """Distribution, exceedance and fan; where the deals are known the funnel, and trajectories with trials."""
        from simfunnel.report.plots import revenue, stages

        forecast = self.result
        drawn: dict[str, Callable[[], Figure]] = {
            "distribution": partial(revenue.distribution, forecast, period),
            "exceedance": partial(revenue.exceedance, forecast, period),
            "fan": partial(revenue.fan, forecast),
        }
        compiled = forecast.compiled
        if compiled is not None:
            drawn["funnel"] = partial(stages.funnel, compiled)
            if forecast.trials:
                drawn["occupancy"] = lambda: stages.occupancy(compiled.book, forecast.occupancy())
        return drawn

    def chosen_figures(self, kinds: Sequence[str], period: str | int = 0) -> Mapping[str, Callable[[], Figure]]:
        """Some of the pictures by name; all that can be drawn for none.

        Raises
        ------
        InputError
            If one of them cannot be drawn of this forecast, or there is no such period.
        """
        forecast = self.result
        forecast.mean(period)  # raises for a period that is not there
        figures = self.figures(period)
        if forecast.compiled is None and (missing := [kind for kind in kinds if kind in NEED_DEALS]):
            raise InputError(f"{' and '.join(missing)}: needs the scenario; a saved forecast does not hold the deals")
        if "occupancy" in kinds and not forecast.trials:
            raise InputError(
                "the plot occupancy walks trajectories, and an exact forecast has none; use --method simulate"
            )
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise InputError(f"unknown plot '{unknown[0]}'; expected one of {', '.join(KINDS)}")
        return {name: make for name, make in figures.items() if not kinds or name in kinds}

    def draw(self, kind: str, period: str | int = 0) -> Figure:
        """Draw one picture by name."""
        from simfunnel.report.plots.style import plot_style

        with plot_style(self.texts()):
            return self.chosen_figures((kind,), period)[kind]()

    def save_plots(
        self,
        folder: Path,
        kinds: Sequence[str] = (),
        formats: Sequence[str] = ("png", "svg"),
        period: str | int = 0,
    ) -> list[Path]:
        """Write some pictures (all that can be drawn, for none) in every format; returns the files."""
        from simfunnel.report.plots.files import save_figures

        figures = self.chosen_figures(kinds, period)
        return save_figures(figures, folder, texts=self.texts(), provenance=self.provenance, formats=formats)

    def texts(self) -> Sequence[str]:
        """Name of the scenario and of its stages."""
        compiled = self.result.compiled
        return (self.result.provenance.scenario_name, *(compiled.book.stages if compiled else ()))

    def files(self) -> Mapping[str, Callable[[Path], None]]:
        """What is known: trials or distributions; trials as Parquet too, where pyarrow is installed."""
        if isinstance(self.result.known, Counted):
            return {}
        written = {arrays_file(self.result): partial(write_arrays, self.result)}
        if self.result.trials and importlib.util.find_spec("pyarrow") is not None:
            written["samples.parquet"] = partial(write_parquet, self.result)
        return written

    def html(self) -> str:
        """The summary of everything, for a notebook."""
        frame = self.frames()["summary"]
        shown = frame[frame["dimension"] == ""].drop(columns=["dimension", "group"])
        return str(shown.to_html(index=False, na_rep=""))


def forecast_keys(forecast: Forecast) -> dict[str, Any]:
    """Give a forecast as plain data: null for what is unknown, never NaN."""
    p = forecast.provenance
    overall = _group(forecast.summary.overall)
    return {
        **provenance_dict(forecast),
        "sentence": leading_sentence(forecast),
        "trials": p.trials or None,
        "law_error": p.law_error,
        "environment": dict(p.environment),
        "implied_win_correlation": None if forecast.implied is None else dataclasses.asdict(forecast.implied),
        "data_quality": quality_dict(forecast.quality),
        "cautions": [caution_dict(caution) for caution in forecast.cautions],
        "warnings": list(forecast.warnings),
        "closed_missing": forecast.closed_missing,
        **overall,
        "groups": {
            dimension: {label: _group(summary) for label, summary in labels.items()}
            for dimension, labels in forecast.summary.groups.items()
        },
    }  # fmt: skip


def _group(summary: GroupSummary) -> dict[str, Any]:
    """Give the periods and the total of a group."""
    return {
        "periods": [_period(period) for period in summary.periods],
        "total": _period(summary.total),
    }


def _period(period: PeriodSummary) -> dict[str, Any]:
    """Give one period."""
    written: dict[str, Any] = {
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "bookings": _distribution(period.bookings),
        "wins": _distribution(period.wins),
    }
    if period.cash is not None:
        written["cash"] = _distribution(period.cash)
    written["by_origin"] = {
        origin: {"mean": e.mean, "stderr": number(e.stderr)} for origin, e in period.by_origin.items()
    }
    written["target"] = period.target
    written["attainment"] = None if period.attainment is None else _attainment(period.attainment)
    written["open_pipeline"] = period.open_pipeline
    written["weighted_pipeline"] = period.weighted_pipeline
    written["weighted_pipeline_by_close_date"] = period.weighted_pipeline_by_close_date
    written["coverage"] = period.coverage
    return written


def _distribution(d: DistributionSummary) -> dict[str, Any]:
    """Give a distribution."""
    written: dict[str, Any] = {
        "mean": d.mean,
        "stderr": number(d.stderr),
        "sd": number(d.sd),
        "quantiles": {f"{q:g}": value for q, value in d.quantiles.items()},
        "quantile_intervals": {f"{q:g}": list(bounds) for q, bounds in d.quantile_intervals.items()},
    }
    return written if d.exact is None else written | dataclasses.asdict(d.exact)


def _attainment(a: Attainment) -> dict[str, Any]:
    """Give the chance of reaching a target."""
    return {
        "probability": a.probability,
        "stderr": a.stderr,
        "interval": list(a.interval),
        "mean_shortfall": a.mean_shortfall,
        "mean_shortfall_stderr": number(a.mean_shortfall_stderr),
        "mean_ratio": a.mean_ratio,
        "mean_ratio_stderr": number(a.mean_ratio_stderr),
    }


def _row(dimension: str, label: str, period: PeriodSummary) -> dict[str, Any]:
    b, a = period.bookings, period.attainment
    row: dict[str, Any] = {
        "dimension": dimension, "group": label, "period": period.label, "start": period.start, "end": period.end,
        "mean": b.mean, "stderr": b.stderr, "sd": b.sd,
        **{f"p{100 * q:g}": value for q, value in b.quantiles.items()},
        **{f"mean_{origin}": e.mean for origin, e in period.by_origin.items()},
        **{f"mean_{origin}_stderr": e.stderr for origin, e in period.by_origin.items()},
        "mean_wins": period.wins.mean,
        "mean_cash": None if period.cash is None else period.cash.mean,
        "target": period.target,
        "p_attain": a.probability if a else None,
        "p_attain_low": a.interval[0] if a else None,
        "p_attain_high": a.interval[1] if a else None,
        "mean_shortfall": a.mean_shortfall if a else None,
        "mean_shortfall_stderr": a.mean_shortfall_stderr if a else None,
        "mean_ratio": a.mean_ratio if a else None,
        "mean_ratio_stderr": a.mean_ratio_stderr if a else None,
        "open_pipeline": period.open_pipeline,
        "weighted_pipeline": period.weighted_pipeline,
        "weighted_pipeline_by_close_date": period.weighted_pipeline_by_close_date,
        "coverage": period.coverage,
    }  # fmt: skip
    return row
