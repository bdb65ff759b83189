"""The face of `compare`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.storage import SCHEMA_VERSION
from simfunnel.planning.compare.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.compare.named import NamedDeal
from simfunnel.planning.compare.waterfall import Movement, SalesProgress, Step
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import difference_dict, flat, number, provenance_dict
from simfunnel.report.faces.quality import caution_dict
from simfunnel.report.words.compare import compare_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class ComparisonFace(ResultFace[Comparison]):
    """Keys, tables, page and pictures of `compare`."""

    name = "comparison"
    former = ("waterfall*",)

    def keys(self) -> dict[str, Any]:
        """What ``compare --json`` prints."""
        return comparison_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Every period of every forecast, and the waterfalls."""
        import pandas as pd

        result = self.result
        sides = [(result.name, result.base_periods), *((other.name, other.periods) for other in result.others)]
        rows = [{"name": name, **flat(_period(period))} for name, periods in sides for period in periods]
        steps = [
            {
                "name": other.name,
                "period": other.waterfall.period,
                **{key: value for key, value in _step(step).items() if key != "named"},
            }
            for other in result.others
            if other.waterfall is not None
            for step in other.waterfall.steps
        ]
        tables = {"comparison": pd.DataFrame(rows)}
        if steps:
            tables["waterfall"] = pd.DataFrame(steps)
        deals = [
            {"forecast": other.name, "cause": step.cause, **_named(deal)}
            for other in result.others
            if other.waterfall is not None
            for step in other.waterfall.steps
            for deal in step.named or ()
        ]
        if deals:
            tables["movers"] = pd.DataFrame(deals)
        return tables

    def page(self, width: int) -> RenderableType:
        """The page of `compare`."""
        from simfunnel.report.console.compare import compare_page

        return compare_page(self.result, width)

    @property
    def provenance(self) -> str:
        """How to make the result again."""
        return self.result.base.provenance.line()

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Forecasts side by side, and a waterfall for each that has one."""
        from simfunnel.report.plots.comparison import comparison_figures

        return comparison_figures(self.result)

    def texts(self) -> Sequence[str]:
        """Names of what is compared."""
        return (self.result.name, *(other.name for other in self.result.others))


def comparison_keys(result: Comparison) -> dict[str, Any]:
    """Give a comparison; the differences of each of `others` are to the base."""
    return {
        "schema_version": SCHEMA_VERSION,
        "simfunnel": result.base.provenance.version,
        "sentence": compare_sentence(result),
        "currency": result.base.currency,
        "base": result.name,
        "base_forecast": provenance_dict(result.base),
        "base_periods": [
            {key: row[key] for key in ("label", "mean", "p_attain", "target")}
            for row in map(_period, result.base_periods)
        ],
        "base_cautions": _cautions(result.base),
        "others": [_compared(other) for other in result.others],
    }


def _cautions(forecast: Forecast) -> list[dict[str, Any]]:
    """What may change the decision, about the data of one of those compared."""
    return [caution_dict(caution) for caution in forecast.quality.cautions]


def _compared(other: Compared) -> dict[str, Any]:
    """Give one forecast against the base."""
    return {
        "name": other.name,
        "forecast": provenance_dict(other.forecast),
        "cautions": _cautions(other.forecast),
        "paired": other.paired,
        "periods": [_period(period) for period in other.periods],
        "waterfall": None if other.waterfall is None else [_step(step) for step in other.waterfall.steps],
        "no_waterfall": other.no_waterfall,
        "sales_progress": None if other.progress is None else _sales_progress(other.progress),
    }


def _period(period: PeriodComparison) -> dict[str, Any]:
    """Give one period against that of the base."""
    return {
        "label": period.label,
        "mean": period.mean,
        "p_attain": period.p_attain,
        "target": period.target,
        **difference_dict(period.difference),
    }


def _step(step: Step) -> dict[str, Any]:
    """Give one cause of a waterfall."""
    return {
        "cause": step.cause,
        "deals": step.deals,
        "amount": step.amount,
        "delta_mean": step.mean.mean,
        "delta_mean_stderr": number(step.mean.stderr),
        "delta_p50": step.p50,
        "delta_p": step.p_attain,
        "note": step.note,
        **({} if step.named is None else {"named": [_named(deal) for deal in step.named]}),
    }


def _named(deal: NamedDeal) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(deal).items() if name != "account"}


def _sales_progress(result: SalesProgress) -> dict[str, Any]:
    """Give the sales progress: by the forecast, and by the weighted pipeline."""

    def one(progress: Movement) -> dict[str, Any]:
        return {**dataclasses.asdict(progress), "progress": progress.progress}

    return {
        "period": result.period,
        "days": result.days,
        "forecast": one(result.forecast),
        "weighted_pipeline": one(result.weighted),
    }
