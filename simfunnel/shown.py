"""What every result inherits: the forms in which it is shown, each asked of its face, which is found by a registry.

A result knows nothing of JSON, tables, pages or pictures. Its face declares them, in one file under `report/faces`;
`FACES` says which, as text, so that importing a result imports none of that.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from simfunnel.wording.language import ENGLISH, language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

FACES = {
    "Forecast": "simfunnel.report.faces.forecast:ForecastFace",
    "Check": "simfunnel.report.faces.check:CheckFace",
    "Plan": "simfunnel.report.faces.plan:PlanFace",
    "Levers": "simfunnel.report.faces.levers:LeversFace",
    "Stress": "simfunnel.report.faces.stress:StressFace",
    "Calibration": "simfunnel.report.faces.calibration:CalibrationFace",
    "Metrics": "simfunnel.report.faces.metrics:MetricsFace",
    "Health": "simfunnel.report.faces.health:HealthFace",
    "Track": "simfunnel.report.faces.track:TrackFace",
    "Backtest": "simfunnel.report.faces.backtest:BacktestFace",
    "KeptPipeline": "simfunnel.report.faces.keep:KeepFace",
    "KeptSubmissions": "simfunnel.report.faces.submissions:KeptSubmissionsFace",
    "TrackRecord": "simfunnel.report.faces.track_record:TrackRecordFace",
    "Imported": "simfunnel.report.faces.store:ImportedFace",
    "StoreListing": "simfunnel.report.faces.store:StoreListingFace",
    "StoreDay": "simfunnel.report.faces.store:StoreDayFace",
    "StoreCheck": "simfunnel.report.faces.store:StoreCheckFace",
    "Erasure": "simfunnel.report.faces.store:ErasureFace",
    "Batch": "simfunnel.report.faces.batch:BatchFace",
    "Comparison": "simfunnel.report.faces.comparison:ComparisonFace",
}
"""Name of a result type -> ``module:class`` of its face."""


class Face(Protocol):
    """The forms in which one result is shown."""

    def keys(self) -> dict[str, Any]:
        """The result as plain data, as ``--json`` prints it: null for what is unknown, never NaN."""

    def json(self) -> str:
        """The same as one JSON document."""

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The tables, by file name: tidy, one row for each thing."""

    def page(self, width: int) -> RenderableType:
        """The console page, for a number of characters in a line."""

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The pictures, by file name: what draws each."""

    def html(self) -> str:
        """What a notebook shows."""

    def save(self, folder: Path, **options: Any) -> Path:
        """Write the result to a folder."""

    def workbook(self, target: Path) -> None:
        """Write the result as a workbook."""


def face_of(result: object) -> Face:
    """Give the face of a result.

    Raises
    ------
    LookupError
        If no face is registered for its type.
    """
    for kind in type(result).__mro__:
        if kind.__name__ in FACES:
            module, _, name = FACES[kind.__name__].partition(":")
            face: Face = getattr(importlib.import_module(module), name)(result)
            return face
    raise LookupError(f"no face for {type(result).__name__}: register one in simfunnel.shown.FACES")


class Shown:
    """A result that can be shown: as data, tables, files, and in a notebook."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain data, as ``--json`` prints it: null for what is unknown, never NaN."""
        with language(ENGLISH):
            return face_of(self).keys()

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Give the tables of the result by name: what ``--out`` writes as CSV."""
        with language(ENGLISH):
            return face_of(self).frames()

    def frame(self) -> pd.DataFrame:
        """Give the first table of the result."""
        return next(iter(self.frames().values()))

    def save(self, folder: str | os.PathLike[str], **options: Any) -> Path:
        """Save to a folder: JSON, tables, and what else belongs to the result; returns the folder.

        Parameters
        ----------
        folder
            Where to; made if it is not there.
        **options
            ``plots=True`` draws the pictures too; ``force=True`` replaces files that simfunnel did not write.

        Raises
        ------
        InputError
            If the folder is a file, is being written by somebody else, or a file in the way is not ours.
        SurroundingsError
            If the disk is full, or the folder may not be written.
        """
        return face_of(self).save(Path(folder), **options)

    def _repr_html_(self) -> str:
        """Show the result in a notebook."""
        return face_of(self).html()
