"""The face of kept forecasts beside what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.backtesting.record import RecordSummary, record_summary
from simfunnel.record.track import TrackRecord
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import flat
from simfunnel.report.faces.submissions import record_keys
from simfunnel.report.faces.track import forecast_keys
from simfunnel.report.words.track import track_sentence
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class TrackRecordFace(ResultFace[TrackRecord]):
    """Keys, tables, page and pictures of `track`."""

    name = "track"

    def keys(self) -> dict[str, Any]:
        """What ``track --json`` prints."""
        r = self.result
        whole = record_summary(r.of())
        return {
            "store": r.store, "book": r.book, "currency": r.currency, "by": r.by,
            "sentence": track_sentence(r.of(), whole), "made_afterwards": r.afterwards,
            "at_unknown_stage": r.elsewhere,
            "forecasts": [forecast_keys(row) for row in r.forecasts], "summary": _summary(whole),
            "groups": [
                {"dimension": group[0], "label": group[1], "summary": _summary(record_summary(r.of(group)))}
                for group in r.groups
            ],
            "submissions": record_keys(r.owners),
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each period of each forecast, and for each group."""
        import pandas as pd

        data = self.keys()
        tables = {"forecasts": pd.DataFrame([flat(row) for row in data["forecasts"]])}
        if data["submissions"] is not None:
            tables["submissions"] = pd.DataFrame(data["submissions"]["submissions"])
            tables["owners"] = pd.DataFrame([flat(row) for row in data["submissions"]["owners"]])
        if not data["groups"]:
            return tables
        groups = [{"dimension": g["dimension"], "label": g["label"], **flat(g["summary"])} for g in data["groups"]]
        return {**tables, "groups": pd.DataFrame(groups)}

    def page(self, width: int) -> RenderableType:
        """The page of `track`."""
        from simfunnel.report.console.track_record import track_record_page

        return track_record_page(self.result, width)

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The forecasts of a period as it neared its end; and how far owners are off."""
        from simfunnel.report.plots.owners import biases, drawn
        from simfunnel.report.plots.track import nearing, period_shown

        shown, owners = period_shown(self.result), drawn(self.result.owners)
        pictures: dict[str, Callable[[], Figure]] = {}
        if shown is not None:
            pictures["track"] = partial(nearing, self.result, shown)
        if owners:
            pictures["owners"] = partial(biases, owners)
        return pictures

    def texts(self) -> Sequence[str]:
        """Names of owners."""
        return [one.owner or "" for one in ([] if self.result.owners is None else self.result.owners.biases)]

    @property
    def provenance(self) -> str:
        """Which store it is of."""
        return f"simfunnel {__version__}; forecasts kept in {self.result.store}, book {self.result.book}"


def _summary(s: RecordSummary | None) -> dict[str, Any]:
    if s is None:
        return {"n": 0}
    a = s.attained
    return {
        "n": s.n, "periods": s.periods, "mean_actual": s.mean_actual, "crps": s.crps, "relative_crps": s.relative_crps,
        "bias": s.bias, "bias_interval": None if s.bias_interval is None else list(s.bias_interval),
        "coverage": {f"{level:g}": share for level, share in s.coverage.items()}, "inside_80": s.inside_80,
        "missed_by": s.missed_by,
        "reliability": None if a is None else {
            "n": a.n, "p": a.p, "share": a.share, "share_interval": list(a.interval), "brier": a.brier,
        },
        "baselines": {
            name: {"n": n, "crps": theirs, "crps_ours": ours} for name, (n, theirs, ours) in s.rivals.items()
        },
    }  # fmt: skip
