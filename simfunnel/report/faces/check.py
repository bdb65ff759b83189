"""The face of a scenario that was checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfunnel.forecast.check import Check
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.quality import caution_dict, quality_dict

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType


class CheckFace(ResultFace[Check]):
    """Keys and page of `validate`."""

    name = "validate"

    def keys(self) -> dict[str, Any]:
        """What ``validate --json`` prints."""
        quality = self.result.compiled.quality
        cautions = [caution_dict(caution) for caution in quality.cautions]
        return {"valid": True, "cautions": cautions, "data_quality": quality_dict(quality)}

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Rows that are not in the forecast."""
        import pandas as pd

        return {"excluded": pd.DataFrame(self.keys()["data_quality"]["excluded"])}

    def page(self, width: int) -> RenderableType:
        """The page of `validate`."""
        from simfunnel.report.console.check import check_page

        return check_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which scenario and data were checked."""
        return f"sha256 {self.result.prepared.sha256()}"
