"""The face of kept submissions, and the keys of what owners said beside what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfunnel.record.submissions import KeptSubmissions
from simfunnel.report.faces.base import ResultFace
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.record.owner_record import OwnerRecord, ScoredSubmission


class KeptSubmissionsFace(ResultFace[KeptSubmissions]):
    """Keys, table and page of ``store submissions``."""

    name = "submissions"

    def keys(self) -> dict[str, Any]:
        """What ``store submissions --json`` prints."""
        return kept_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each amount."""
        import pandas as pd

        said = [{"owner": one.owner, "made": one.made.isoformat(), "period": one.period, "kind": one.kind,
                 "amount": one.amount} for one in self.result.said]  # fmt: skip
        return {"submissions": pd.DataFrame(said)}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.submissions import kept_page

        return kept_page(self.result)

    @property
    def provenance(self) -> str:
        """Which store it is in."""
        return f"simfunnel {__version__}; store {self.result.store}"


def kept_keys(r: KeptSubmissions) -> dict[str, Any]:
    """How much was kept, and which owners nobody knows."""
    return {
        "book": r.book, "owners": len({one.owner for one in r.said}), "submissions": len(r.said), "new": r.told.new,
        "unchanged": r.told.unchanged, "corrected": r.told.corrected, "left_out": r.blank, "derived": r.derived,
        "unread_columns": list(r.unread),
        "unknown_owners": [{"owner": name, "nearest": near} for name, near in r.strangers],
    }  # fmt: skip


def record_keys(record: OwnerRecord | None) -> dict[str, Any] | None:
    """What owners said beside what came, and their biases; None where nothing was kept."""
    if record is None:
        return None
    from simfunnel.report.words.owners import owners_sentences

    order = [one for kind in dict.fromkeys(one.kind for one in record.biases) for one in record.of(kind)]
    return {
        "sentences": owners_sentences(record),
        "submissions": [_scored(row) for row in record.submissions],
        "all": [bias_keys(one) for one in record.biases if one.owner is None],
        "owners": [bias_keys(one) for one in order],
    }


def _scored(row: ScoredSubmission) -> dict[str, Any]:
    return {
        "owner": row.said.owner, "made": row.said.made.isoformat(), "period": row.said.period,
        "from": None if row.first is None else row.first.isoformat(),
        "to": None if row.last is None else row.last.isoformat(), "kind": row.said.kind, "amount": row.said.amount,
        "source": row.said.source, "actual": row.actual, "why": row.why,
    }  # fmt: skip


def bias_keys(one: OwnerBias) -> dict[str, Any]:
    """One owner's bias, or what all have in common."""
    return {
        "owner": one.owner, "kind": one.kind, "n": one.n, "periods": one.periods, "said": one.said, "came": one.came,
        "reached": one.reached, "bias": one.bias, "shrunk": one.shrunk,
        "interval": None if one.interval is None else list(one.interval), "p_high": one.p_high, "reach": one.reach,
        "verdict": one.verdict,
    }  # fmt: skip
