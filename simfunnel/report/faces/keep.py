"""The face of a pipeline that was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfunnel.record.keep import KeptPipeline
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.submissions import kept_keys

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from simfunnel.record.keep import KeptCommits


class KeepFace(ResultFace[KeptPipeline]):
    """Keys and page of `keep`."""

    name = "keep"

    def keys(self) -> dict[str, Any]:
        """What ``keep --json`` prints."""
        r = self.result
        overall = r.forecast.summary.overall
        rows = [*overall.periods, overall.total] if len(overall.periods) > 1 else overall.periods
        return {
            "valid_day": r.valid_day.isoformat(), "recorded_at": r.recorded_at, "new_versions": r.new_versions,
            "unchanged": r.unchanged, "store": r.store, "book": r.book, "rows": r.rows, "source_hash": r.source_hash,
            "corrected": r.corrected, "same_file": r.same, "over": list(r.over),
            "ahead": list(r.ahead), "rows_before": r.rows_before,
            "forecast": {
                "new": r.forecast_new, "as_of": r.forecast.as_of.isoformat(), "currency": r.forecast.currency,
                "periods": [
                    {"label": row.label, "mean": row.bookings.mean, "target": row.target,
                     "p_attain": None if row.attainment is None else row.attainment.probability}
                    for row in rows
                ],
            },
            "submissions": None if r.submissions is None else kept_keys(r.submissions),
            "commits": None if r.commits is None else commit_keys(r.commits),
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """What was forecast, by period."""
        import pandas as pd

        return {"keep": pd.DataFrame(self.keys()["forecast"]["periods"])}

    def page(self, width: int) -> RenderableType:
        """The page of `keep`."""
        from simfunnel.report.console.store import keep_page

        return keep_page(self.result)

    @property
    def provenance(self) -> str:
        """How the forecast was made."""
        return self.result.forecast.provenance.line()


def commit_keys(r: KeptCommits) -> dict[str, Any]:
    """What the export says that its owners commit, and why nothing was read where that is so."""
    said = r.found.said
    return {
        "column": r.found.column,
        "submissions": [
            {"owner": one.owner, "period": one.period, "kind": one.kind, "amount": one.amount} for one in said
        ],
        "new": r.told.new, "unchanged": r.told.unchanged, "corrected": r.told.corrected, "overruled": r.overruled,
        "left_out": [
            {"why": why, "deals": count, "amount": amount} for why, (count, amount) in r.found.left_out.items()
        ],
        "words": dict(r.found.words),
        "why": None if r.found.why is None else {"code": r.found.why.code, "sentence": r.found.why.sentence},
    }  # fmt: skip
