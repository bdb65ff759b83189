"""What was learned from a history, with its uncertainty: the numbers that the scenario is written from."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.calibration.anchor import Stack
from simfunnel.calibration.dependence import Dependence
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.arrivals import Arrivals
from simfunnel.estimation.transitions import StageExits
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.shown import Shown
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Counts:
    """Deals of the view."""

    n: int
    won: int
    lost: int
    void: int
    open: int
    vanished: int
    unseen: int = 0
    """Born and ended between two snapshots: known of some forms only."""


@dataclass(frozen=True, eq=False)
class Calibration(Shown):
    """Rates, times, inflow, amounts and dependence of a history as of a day.

    Attributes
    ----------
    stages
        Exits of each stage; causes are the stages, then Won, then Lost.
    win_rate
        (K, 3) chance that a deal entering each stage is won within the ages seen, and the ends of its 90 % interval.
    entry
        (K,) share of new deals that begin in each stage.
    scenario
        The scenario as YAML, with a comment for every number.
    pipeline
        Rows of the pipeline file that goes with it: header first.
    """

    file: str | None
    as_of: dt.date
    observed_from: dt.date
    horizon: float
    value: str
    half_life: float | None
    names: tuple[str, ...]
    deals: Counts
    stages: tuple[StageExits, ...]
    win_rate: Floats
    open_count: tuple[int, ...]
    entry: Floats
    arrivals: Arrivals
    amounts: Amounts | None
    dependence: Dependence
    anchor: Stack | None
    oldest_age: float
    """Oldest age in a stage seen at risk, days."""
    open_value_beyond: float
    """Value of open deals that are older than any exit ever seen from their stage."""
    scenario: str
    pipeline: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...] = ()
    cautions: tuple[Finding, ...] = ()
    total_error: float | None = None
    """Root mean square of the log errors of past windows whose arrivals were not known."""
    daily: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """New deals of each day observed, the last the day before `as_of`."""

    @property
    def pipeline_text(self) -> str:
        """The pipeline file."""
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows(self.pipeline)
        return file.getvalue()

    def prepared(self, overrides: Sequence[str] = ()) -> Prepared:
        """Give the scenario with its open deals, ready to be forecast, without a file.

        Parameters
        ----------
        overrides
            ``path=value`` texts, as for any scenario.
        """
        return prepare(self.data(), overrides=overrides, pipeline=self.deals_frame())

    def data(self) -> dict[str, Any]:
        """The scenario as data, without its pipeline file."""
        from ruamel.yaml import YAML

        data = dict(YAML(typ="safe", pure=True).load(self.scenario))
        data["pipeline"] = {key: value for key, value in data["pipeline"].items() if key != "file"}
        return data

    def deals_frame(self) -> pd.DataFrame:
        """The pipeline file as a data frame."""
        import pandas as pd

        return pd.DataFrame(self.pipeline[1:], columns=list(self.pipeline[0]))
