"""The face of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simfunnel.batch.batch import FAILED, UNCHANGED, Batch
from simfunnel.report.faces.base import ResultFace
from simfunnel.version import __version__
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import plural

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType


class BatchFace(ResultFace[Batch]):
    """Keys, table and page of `batch`."""

    name = "batch"

    def keys(self) -> dict[str, Any]:
        """What ``batch --json`` prints."""
        r = self.result
        return {
            "sentence": _sentence(r),
            "jobs": [
                {"name": job.name, "state": job.state, "seconds": round(job.seconds, 3), "bundle": job.bundle or None,
                 "error": job.error or None}
                for job in r.jobs
            ],
            "done": r.done, "failed": r.failed,
        }  # fmt: skip

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each job."""
        import pandas as pd

        return {"jobs": pd.DataFrame(self.keys()["jobs"])}

    def page(self, width: int) -> RenderableType:
        """The page of `batch`."""
        from rich.console import Group
        from rich.text import Text

        from simfunnel.report.console.layout import table

        rows = [
            {"Job": job.name, "State": tell(job.state), "Seconds": f"{job.seconds:,.1f}", "Folder": job.bundle}
            for job in self.result.jobs
        ]
        errors = [
            Text(tell("! {name}: {error}", name=job.name, error=job.error), style="yellow")
            for job in self.result.jobs
            if job.state == FAILED
        ]
        return Group(Text(_sentence(self.result), style="bold"), Text(), table(rows, ("Folder",), width), *errors)

    @property
    def provenance(self) -> str:
        """What made it."""
        return f"simfunnel {__version__}; forecasts in {self.result.folder}"


def _sentence(r: Batch) -> str:
    before = sum(job.state == UNCHANGED for job in r.jobs)
    told = tell("{done:,} of {jobs} done", done=r.done, jobs=plural(len(r.jobs), "job"))
    if before:
        told = tell("{told}, {before:,} of them before", told=told, before=before)
    return tell("{told}; {failed:,} failed.", told=told, failed=r.failed) if r.failed else tell("{told}.", told=told)
