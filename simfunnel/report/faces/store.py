"""The faces of what a store says of itself, and of what was brought into it or erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfunnel.report.faces.base import ResultFace, as_json
from simfunnel.report.faces.keys import flat
from simfunnel.store.forecasts import levels
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from simfunnel.record.imported import Imported
    from simfunnel.record.listing import Erasure, StoreCheck, StoreDay, StoreListing

SHOWN = (0.1, 0.5, 0.9)
"""Quantiles of kept forecasts that are listed."""


class _StoreFace(ResultFace[Any]):
    @property
    def provenance(self) -> str:
        """Which store it is of."""
        return f"simfunnel {__version__}; store {self.result.store}"


class StoreListingFace(_StoreFace):
    """Keys, table and page of ``store list``."""

    name = "snapshots"
    result: StoreListing

    def rows(self) -> list[dict[str, Any]]:
        """One for each snapshot."""
        return [
            {
                "book": book, "valid_day": one.valid_day.isoformat(), "recorded_at": one.recorded_at,
                "rows": one.rows, "source_hash": one.source_hash, "file": one.reading.get("file"),
                "forecasts": self.result.forecasts.get((book, one.valid_day), 0),
                "submissions": self.result.submissions.get((book, one.valid_day), 0),
            }
            for book, one in self.result.snapshots
        ]  # fmt: skip

    def keys(self) -> dict[str, Any]:
        """The snapshots; ``--json`` prints the list alone."""
        return {"snapshots": self.rows()}

    def json(self) -> str:
        """The list."""
        return as_json(self.rows())  # type: ignore[arg-type]

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each snapshot."""
        import pandas as pd

        return {"snapshots": pd.DataFrame(self.rows())}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.store import listing_page

        return listing_page(self.result, self.rows(), width)


class StoreDayFace(_StoreFace):
    """Keys, tables and page of ``store show``."""

    name = "day"
    result: StoreDay

    def keys(self) -> dict[str, Any]:
        """The snapshot, what it changed, and what was forecast."""
        r = self.result
        return {
            "book": r.book, "valid_day": r.snapshot.valid_day.isoformat(), "recorded_at": r.snapshot.recorded_at,
            "rows": r.snapshot.rows, "source_hash": r.snapshot.source_hash, "file": r.snapshot.reading.get("file"),
            "before": None if r.before is None else r.before.isoformat(),
            "changes": {"new": list(r.new), "left": list(r.left), "changed": list(r.changed)},
            "columns": {"new": list(r.new_columns), "gone": list(r.gone_columns)},
            "forecasts": [
                {"made": said["recorded_at"], "as_of": said["as_of"], "currency": said["currency"],
                 "periods": [_part(part) for part in said["parts"]]}
                for said in r.forecasts
            ],
            "submissions": [
                {"owner": one.owner, "made": one.made.isoformat(), "period": one.period, "kind": one.kind,
                 "amount": one.amount, "source": one.source}
                for one in r.submissions
            ],
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The changes by deal, and the forecasts by period."""
        import pandas as pd

        data = self.keys()
        changes = [{"change": kind, "id": name} for kind, names in data["changes"].items() for name in names]
        said = [{"made": one["made"], **flat(part)} for one in data["forecasts"] for part in one["periods"]]
        tables = {"changes": pd.DataFrame(changes, columns=["change", "id"]), "forecasts": pd.DataFrame(said)}
        return tables | ({"submissions": pd.DataFrame(data["submissions"])} if data["submissions"] else {})

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.store import day_page

        return day_page(self.result, self.keys(), width)


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    values = part["quantiles"]
    at = {f"{level:g}": values[int(abs(levels(len(values)) - level).argmin())].item() for level in SHOWN}
    return {
        "label": part["period"], "mean": part["mean"], "quantiles": at, "weighted": part["weighted"],
        "target": part["target"], "p_attain": part["p_attain"],
    }  # fmt: skip


class StoreCheckFace(_StoreFace):
    """Keys and page of ``store check``."""

    name = "check"
    result: StoreCheck

    def keys(self) -> dict[str, Any]:
        """Whether all is whole, and what is not."""
        return {
            "ok": self.result.ok,
            "faults": [{"what": fault.what, "where": fault.where} for fault in self.result.faults],
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each fault."""
        import pandas as pd

        return {"faults": pd.DataFrame(self.keys()["faults"], columns=["what", "where"])}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.store import check_store_page

        return check_store_page(self.result)


class ErasureFace(_StoreFace):
    """Keys and page of ``store forget``."""

    name = "forget"
    result: Erasure

    def keys(self) -> dict[str, Any]:
        """How much went."""
        done = self.result.forgotten
        return {
            "book": self.result.book, "kind": done.kind, "deals": done.deals, "versions": done.versions,
            "files": done.files, "forecasts": done.forecasts, "submissions": done.submissions,
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row."""
        import pandas as pd

        return {"forget": pd.DataFrame([self.keys()])}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.store import erasure_page

        return erasure_page(self.result)


class ImportedFace(_StoreFace):
    """Keys and page of ``store import``."""

    name = "import"
    result: Imported

    def keys(self) -> dict[str, Any]:
        """How much came."""
        r = self.result
        return {
            "book": r.book, "first": None if r.first is None else r.first.isoformat(),
            "last": None if r.last is None else r.last.isoformat(), "snapshots": r.snapshots, "already": r.already,
            "versions": r.versions, "unchanged": r.unchanged, "left_out": r.left_out,
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row."""
        import pandas as pd

        return {"import": pd.DataFrame([self.keys()])}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.store import imported_page

        return imported_page(self.result)
