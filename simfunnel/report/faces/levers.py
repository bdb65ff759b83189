"""The face of `levers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import difference_dict, estimate_keys, flat, needed_dict, provenance_dict
from simfunnel.report.words.levers import levers_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class LeversFace(ResultFace[Levers]):
    """Keys, tables, page and pictures of `levers`."""

    name = "levers"

    def keys(self) -> dict[str, Any]:
        """What ``levers --json`` prints."""
        return levers_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each lever."""
        import pandas as pd

        return {"levers": pd.DataFrame([flat(_lever(lever)) for lever in self.result.levers])}

    def page(self, width: int) -> RenderableType:
        """The page of `levers`."""
        from simfunnel.report.console.levers import levers_page

        return levers_page(self.result, width)

    @property
    def provenance(self) -> str:
        """How to make the result again."""
        return self.result.base.provenance.line()

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """A bar for each lever."""
        from simfunnel.report.plots.planning import lever_bars

        return {"levers": partial(lever_bars, self.result)}

    def texts(self) -> Sequence[str]:
        """Name of the scenario."""
        return (self.result.base.provenance.scenario_name,)


def levers_keys(result: Levers) -> dict[str, Any]:
    """Give what the levers are worth."""
    return {
        **provenance_dict(result.base),
        "sentence": levers_sentence(result),
        "period": result.goal.period,
        "target": result.goal.target,
        "confidence": result.confidence,
        "by": result.by,
        "base": {"mean": result.mean, **estimate_keys("p_attain", result.p_attain)},
        "levers": [_lever(lever) for lever in result.levers],
    }


def _lever(lever: Lever) -> dict[str, Any]:
    """Give one lever."""
    return {
        "name": lever.name,
        "change": lever.change,
        "idle": lever.idle,
        "mean": lever.mean,
        "p_attain": lever.p_attain,
        **difference_dict(lever.difference),
        "needed": needed_dict(lever.needed),
    }
