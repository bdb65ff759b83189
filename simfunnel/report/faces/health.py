"""The face of the health of open deals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.diagnosis.health.results import DealHealth, Health
from simfunnel.diagnosis.results import Times
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import flat
from simfunnel.report.faces.quality import caution_dict
from simfunnel.report.faces.submissions import bias_keys
from simfunnel.report.words.health import deal_sentence, first_sentence
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class HealthFace(ResultFace[Health]):
    """Keys, tables, page and picture of `health`."""

    name = "health"

    def keys(self) -> dict[str, Any]:
        """What ``health --json`` prints."""
        return health_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each open deal; one for each owner."""
        import pandas as pd

        keys = self.keys()
        rows = []
        for deal in keys["deals"]:
            days, periods = deal.pop("stage_days"), deal.pop("p_win_by_period")
            earlier = deal.pop("earlier")
            row = {**deal, "flags": " ".join(deal["flags"])}
            row |= {"earlier_as_of": earlier[0]["as_of"], "earlier_p_win": earlier[0]["p_win"]} if earlier else {}
            row |= {f"p_win_{label}": p for label, p in periods.items()}
            row |= {f"{end}_days_{what}": value for end, times in days.items() for what, value in times.items()}
            rows.append(row)
        return {"deals": pd.DataFrame(rows), "owners": pd.DataFrame([flat(owner) for owner in keys["owners"]])}

    def page(self, width: int) -> RenderableType:
        """The page of `health`."""
        from simfunnel.report.console.health import health_page

        return health_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which scenario, which history."""
        r = self.result
        by = "" if r.history is None else f"; history {r.history}"
        return f"simfunnel {__version__}; scenario {r.scenario or 'without name'}; as of {r.as_of}{by}"

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Age against chance."""
        from simfunnel.report.plots.health import ages

        return {"deals": partial(ages, self.result)} if self.result.deals else {}

    def texts(self) -> Sequence[str]:
        """Names of stages and deals."""
        return [text for deal in self.result.deals for text in (deal.stage, deal.name or deal.id)]


def health_keys(r: Health) -> dict[str, Any]:
    """Give what was found: chances are the law's, differences paired with their standard errors."""
    w = r.without
    return {
        "sentence": first_sentence(r),
        "as_of": r.as_of.isoformat(),
        "currency": r.currency,
        "periods": list(r.periods),
        "deals": [_deal(deal, r) for deal in r.deals],
        "drop": list(r.drop),
        "without": {
            "period": r.goal, "target": r.target, "deals": w.deals, "value": w.value, "delta_mean": w.mean.mean,
            "delta_mean_stderr": w.mean.stderr, "delta_p": None if w.p_attain is None else w.p_attain.mean,
            "delta_p_stderr": None if w.p_attain is None else w.p_attain.stderr,
        },
        "owners": [
            {
                "owner": o.owner, "open": o.open, "value": o.value, "expected": o.expected, "flagged": o.flagged,
                "drop": o.drop, "decided_in_cycle": o.decided_in_cycle, "won_of_decided": o.won_of_decided,
                "commit": None if o.commit is None else bias_keys(o.commit),
            }
            for o in r.owners
        ],
        "counts": dict(r.counts),
        "expected": sum(deal.expected for deal in r.deals),
        "forecast_open_mean": r.forecast_mean.mean,
        "forecast_open_mean_stderr": r.forecast_mean.stderr,
        "cautions": [caution_dict(caution) for caution in r.cautions],
    }  # fmt: skip


def _deal(deal: DealHealth, r: Health) -> dict[str, Any]:
    return {
        "id": deal.id, "name": deal.name, "owner": deal.owner, "stage": deal.stage,
        "days_in_stage": deal.days_in_stage, "p_win": deal.p_win,
        "p_win_by_period": dict(zip(r.periods, deal.p_by_period, strict=True)),
        "amount": deal.amount, "expected": deal.expected, "owner_probability": deal.owner_probability,
        "category": deal.category,
        "close_date": None if deal.close_date is None else deal.close_date.isoformat(),
        "stage_days": {"won": _times(deal.won_days), "lost": _times(deal.lost_days)},
        "earlier": [{"as_of": day.isoformat(), "p_win": p} for day, p in deal.earlier],
        "sentence": deal_sentence(deal, r.idle_days, r.as_of), "flags": list(deal.flags), "drop": deal.drop,
    }  # fmt: skip


def _times(times: Times) -> dict[str, float | None]:
    return {"median": times.median, "p90": times.p90}
