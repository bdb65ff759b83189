"""What the parts of a compilation share: funnel variants, factors, levels, tables, and their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simfunnel.families.build import build_distribution
from simfunnel.families.changed import Scaled
from simfunnel.families.computed import Distribution
from simfunnel.families.lognormal.computed import level_lognormal
from simfunnel.funnel.groups import Labels
from simfunnel.funnel.model import Factors, KeyNames
from simfunnel.funnel.process import ProcessBuilder, StageProcess
from simfunnel.funnel.quantile_tables import TableBuilder
from simfunnel.funnel.shift_arithmetic import shifted_distribution
from simfunnel.funnel.shifting import Shifts
from simfunnel.scenario import schema
from simfunnel.scenario.schema import Level, Scenario, Shift
from simfunnel.scenario.shifts import MARKET_FACTOR
from simfunnel.values.minor_units import minor_units


class Assembly:
    """Collects what deals and lead streams need, each thing once."""

    def __init__(self, scenario: Scenario, shifts: Shifts) -> None:
        self.scenario = scenario
        self.shifts = shifts
        self.tables = TableBuilder()
        self.process = ProcessBuilder(scenario)
        self.minor = minor_units(scenario.currency)
        self.stage_index = {stage.name: i for i, stage in enumerate(scenario.stages)}
        self.variants: list[tuple[StageProcess, ...]] = []
        self._variant_index: dict[tuple[object, ...], int] = {}
        self._telling = ("segment", *shifts.filters("conversion", "duration"))
        self._variant_of: dict[tuple[str | None, ...], int] = {}
        self._combinations: dict[tuple[int, int], int] = {}
        self._segments: dict[str, int] = {}
        self._owners: dict[str, int] = {}
        self._levels: dict[str, int] = {}
        self._level_tables: list[int] = []
        self._amounts: dict[tuple[object, ...], Distribution] = {}
        self._kept: list[object] = []
        factors = scenario.wins_by_month_of_quarter
        self.month_factors = None if factors is None or set(factors) == {1.0} else factors
        self.funnel({})  # variant 0: nothing narrowed

    def funnel(self, labels: Labels) -> int:
        """Index of the funnel variant of a deal or stream with these labels."""
        telling = tuple(labels.get(name) for name in self._telling)
        if telling not in self._variant_of:
            self._variant_of[telling] = self._variant(labels)
        return self._variant_of[telling]

    def _variant(self, labels: Labels) -> int:
        moves: list[Shift] = []
        for stage in self.stage_index:
            for name in ("conversion", "duration"):
                moves += self.shifts.of(name, {**labels, "stage": stage})
        mine = tuple(s for s in self.shifts.all if any(s is m for m in moves))
        segment = labels.get("segment")
        written = segment if segment in self.scenario.segments else None
        if written is not None and not self.scenario.segments[written].stages:
            written = None
        key = (written, *map(id, mine))
        if key not in self._variant_index:
            self._variant_index[key] = len(self.variants)
            self.variants.append(self.process.funnel(written, mine))
        return self._variant_index[key]

    def combination(self, labels: Labels) -> int:
        """Index of the combination of factors of something with these labels."""
        correlation = self.scenario.correlation

        def number(known: dict[str, int], label: str | None, load: float) -> int:
            return -1 if label is None or load <= 0 else known.setdefault(label, len(known))

        key = (
            number(self._segments, labels.get("segment"), correlation.segment),
            number(self._owners, labels.get("owner"), correlation.owner),
        )
        return self._combinations.setdefault(key, len(self._combinations))

    def level(self, segment: str | None) -> int:
        """Index of the amount level of a segment."""
        name = segment or ""
        if name not in self._levels:
            own = self.scenario.segments[name].amount_level if name in self.scenario.segments else None
            level: Level | None = own or self.scenario.amount_level
            sd = self.shifts.apply("amount_level.sd", level.sd if level else 0.0, {"segment": segment})
            self._levels[name] = len(self._levels)
            self._level_tables.append(self.tables.add(level_lognormal(sd)) if sd > 0 else -1)
        return self._levels[name]

    def amount(
        self, source: schema.Distribution | None, labels: Labels, stage: str, deal: str | None = None
    ) -> Distribution | None:
        """Amount of won deals (major units): of the source, else of the segment, else of the top level."""
        segment = labels.get("segment")
        own = self.scenario.segments[segment].amount if segment in self.scenario.segments else None
        written = source or own or self.scenario.amount
        if written is None:
            return None
        moves = self.shifts.of("amount", {**labels, "stage": stage, "deal": deal})
        key = (id(written), *((s.operation, s.value) for s in moves))
        if key not in self._amounts:
            built = build_distribution(written)
            for shift in moves:
                built = shifted_distribution(built, shift)
            self._amounts[key] = built
            self._kept.append(written)
        return self._amounts[key]

    def amount_table(self, amount: Distribution) -> int:
        """Quantile table of an amount, in minor units."""
        key = ("minor", id(amount))
        if key not in self._amounts:
            self._amounts[key] = Scaled(amount, float(self.minor)) if self.minor != 1 else amount
        return self.tables.add(self._amounts[key])

    def unit_level_table(self, sd: float, mean: float = 1.0) -> int:
        """Quantile table of a lognormal factor, of mean 1 unless given; -1 if it does not vary."""
        return self.tables.add(level_lognormal(sd, mean)) if sd > 0 else -1

    def factors(self) -> Factors:
        """Pack the factors collected so far."""
        c, pace = self.scenario.correlation, self.scenario.pace
        pairs = list(self._combinations) or [(-1, -1)]
        segment = np.array([s for s, _ in pairs], dtype=np.int64)
        owner = np.array([o for _, o in pairs], dtype=np.int64)
        return Factors(
            segment=segment,
            owner=owner,
            market_load=float(np.sqrt(c.market)),
            segment_load=float(np.sqrt(c.segment)),
            owner_load=float(np.sqrt(c.owner)),
            correlated=c.market + c.segment * (segment >= 0) + c.owner * (owner >= 0),
            pace_table=self.unit_level_table(pace.sd, pace.mean) if pace else -1,
            level_table=np.array(self._level_tables, dtype=np.int64),
            market_given=self.shifts.apply(MARKET_FACTOR, math.nan, {}),
        )

    def key_names(self, deals: Sequence[str], streams: Sequence[str], closed: Sequence[str]) -> KeyNames:
        """Names of everything collected so far that draws."""
        return KeyNames(
            deals=tuple(deals),
            rates=tuple(self.process.draws),
            segments=tuple(self._segments),
            owners=tuple(self._owners),
            levels=tuple(self._levels),
            sources=tuple(lead.name for lead in self.scenario.leads),
            lead_levels=tuple("" if self.scenario.leads_level else lead.name for lead in self.scenario.leads),
            streams=tuple(streams),
            closed=tuple(closed),
        )
