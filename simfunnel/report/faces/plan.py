"""The face of `plan`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.planning.plan.fewest_deals import FewestDeals
from simfunnel.planning.plan.ideal_funnel import IdealFunnel, IdealStage
from simfunnel.planning.plan.leads_needed import LeadValue, Plan, SourceNeed
from simfunnel.planning.plan.unknowns import Change, Unknowns
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import estimate_keys, flat, needed_dict, provenance_dict
from simfunnel.report.words.plan import deals_sentence, plan_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class PlanFace(ResultFace[Plan]):
    """Keys, tables, page and pictures of `plan`."""

    name = "plan"
    former = ("sources", "curve", "ideal_funnel", "lead_values", "unknowns", "lead_curve")

    def keys(self) -> dict[str, Any]:
        """What ``plan --json`` prints."""
        return plan_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Sources, curve, ideal funnel, worth of leads, unknowns."""
        import pandas as pd

        plan = self.result
        ideal = [
            {"owner": funnel.owner, **_ideal_stage(stage)}
            for funnel in (plan.ideal, *plan.owners)
            for stage in funnel.stages
        ]
        return {
            "sources": pd.DataFrame([_source(source) for source in plan.sources]),
            "curve": pd.DataFrame([dataclasses.asdict(point) for point in plan.points]),
            "ideal_funnel": pd.DataFrame(ideal),
            "lead_values": pd.DataFrame([_lead_value(value) for value in plan.lead_values]),
            "unknowns": pd.DataFrame([flat(_unknowns(plan.unknowns))]),
        }

    def page(self, width: int) -> RenderableType:
        """The page of `plan`."""
        from simfunnel.report.console.plan import plan_page

        return plan_page(self.result, width)

    @property
    def provenance(self) -> str:
        """How to make the result again."""
        return self.result.base.provenance.line()

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The curve of P(attain) against lead rate, and the ideal funnel."""
        from simfunnel.report.plots.planning import ideal_against_actual, lead_curve_plot

        return {
            "lead_curve": partial(lead_curve_plot, self.result),
            "ideal_funnel": partial(ideal_against_actual, self.result),
        }

    def texts(self) -> Sequence[str]:
        """Names of the scenario, its stages and lead sources."""
        plan = self.result
        stages = (stage.stage for stage in plan.ideal.stages)
        return (plan.base.provenance.scenario_name, *stages, *(source.name for source in plan.sources))


def plan_keys(plan: Plan) -> dict[str, Any]:
    """Give a plan."""
    interval = plan.multiplier_interval
    return {
        **provenance_dict(plan.base),
        "sentence": plan_sentence(plan),
        "period": plan.goal.period,
        "target": plan.target,
        "confidence": plan.confidence,
        **estimate_keys("p_attain_now", plan.p_attain_now),
        "multiplier": plan.multiplier,
        "multiplier_interval": None if interval is None else list(interval),
        "reachable": plan.reachable,
        **estimate_keys("p_attain_limit", plan.curve.limit),
        "max_multiplier": plan.curve.highest,
        "by": plan.by,
        "owner": plan.owner,
        "sources": [_source(source) for source in plan.sources],
        "curve": [dataclasses.asdict(point) for point in plan.points],
        "extra_by_stage": [dataclasses.asdict(extra) for extra in plan.extra],
        "lead_values": [_lead_value(value) for value in plan.lead_values],
        "ideal_funnel": [_ideal_stage(stage) for stage in plan.ideal.stages],
        "ideal": _ideal(plan.ideal),
        "ideal_funnel_by_owner": {
            owner.owner: {**_ideal(owner), "stages": [_ideal_stage(stage) for stage in owner.stages]}
            for owner in plan.owners
        },
        "unknowns": _unknowns(plan.unknowns),
        "deals": None if plan.deals is None else _deals(plan.deals),
        "deals_sentence": deals_sentence(plan),
    }  # fmt: skip


def _source(source: SourceNeed) -> dict[str, Any]:
    """Give what a lead source would have to bring."""
    return dataclasses.asdict(source)


def _lead_value(value: LeadValue) -> dict[str, Any]:
    """Give what one more lead is worth by when it arrives."""
    return {
        "source": value.source,
        "week": value.start.isoformat(),
        **estimate_keys("value", value.value),
        **estimate_keys("p_attain_gain", value.p_attain),
    }


def _ideal_stage(stage: IdealStage) -> dict[str, Any]:
    """Give what a stage should hold; the gap is what is missing (negative where there is more than needed)."""
    return {**dataclasses.asdict(stage), "gap_count": stage.gap_count, "gap_value": stage.gap_value}


def _ideal(ideal: IdealFunnel) -> dict[str, Any]:
    """Give what an ideal funnel rests on."""
    data = dataclasses.asdict(ideal)
    del data["stages"]
    return data


def _deals(found: FewestDeals) -> dict[str, Any]:
    """Give the fewest deals that close the gap."""
    p = found.p_all
    return {
        "set": None if found.deals is None else [deal.id for deal in found.deals],
        "named": [dataclasses.asdict(deal) for deal in found.deals or ()],
        "p_all": None if p is None else p.mean, "p_all_stderr": None if p is None else p.stderr,
        "p_attain": found.p_attain,
        "alternatives": [
            {"without": one.without, "set": None if one.deals is None else [deal.id for deal in one.deals],
             "named": None if one.deals is None else [dataclasses.asdict(deal) for deal in one.deals],
             "p_all": one.p_all}
            for one in found.alternatives
        ],
        "fair_set": None if found.fair is None else [deal.id for deal in found.fair], "fair_p_all": found.fair_p_all,
    }  # fmt: skip


def _unknowns(unknowns: Unknowns) -> dict[str, Any]:
    """Give the other unknowns of a plan."""
    return {
        "safe_target": unknowns.safe_target,
        "safe_target_interval": list(unknowns.safe_target_interval),
        "deal_size": needed_dict(unknowns.deal_size),
        "conversion": needed_dict(unknowns.conversion),
        "cycle": needed_dict(unknowns.cycle),
        **_change("average_deal", unknowns.average_deal),
        **_change("win_rate", unknowns.win_rate),
        **_change("sales_cycle", unknowns.sales_cycle),
        "closed_already": unknowns.closed_already,
        "coverage": unknowns.coverage,
        "coverage_needed": unknowns.coverage_needed,
    }


def _change(name: str, change: Change | None) -> dict[str, float | None]:
    """Give a figure now and what it would have to be."""
    return {f"{name}_now": None if change is None else change.now,
            f"{name}_needed": None if change is None else change.needed}  # fmt: skip
