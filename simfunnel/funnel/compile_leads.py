"""Lead sources as arrays: streams by owner, and the arrival rate on pieces of at most a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.errors import InputError
from simfunnel.funnel.assembly import Assembly
from simfunnel.funnel.clock import OperationalClock
from simfunnel.funnel.groups import Groups, Labels
from simfunnel.funnel.model import Arrivals, LeadStreams
from simfunnel.funnel.pack import pack_operations, ragged
from simfunnel.funnel.week_calendar import DAY
from simfunnel.funnel.win_months import largest_factor
from simfunnel.scenario.schema import LeadRate, LeadSource

YEAR_DAYS = 365.25
UNIT_DAYS: Mapping[str, float] = {
    "day": 1.0, "week": 7.0, "month": YEAR_DAYS / 12, "quarter": YEAR_DAYS / 4, "year": YEAR_DAYS
}  # fmt: skip
"""Length of the units of a lead rate, counted from as_of."""


def streams_of(lead: LeadSource, teams: Mapping[str, str]) -> list[tuple[Labels, float]]:
    """List the labels and the share of every stream of a source: one for each owner and segment."""
    owners: list[tuple[str | None, float]] = [*lead.owner_shares.items()] or [(None, 1.0)]
    segments: list[tuple[str | None, float]] = [*lead.segment_shares.items()] or [(None, 1.0)]
    return [
        (
            {
                "owner": owner,
                "team": None if owner is None else teams.get(owner),
                "segment": segment,
                "source": lead.name,
            },
            owner_share * segment_share,
        )
        for owner, owner_share in owners
        for segment, segment_share in segments
    ]


def compile_leads(
    assembly: Assembly,
    as_of: dt.date,
    horizon: int,
    clock: OperationalClock,
    groups: Groups,
    teams: Mapping[str, str],
) -> tuple[LeadStreams, Arrivals, list[str]]:
    """Compile the lead sources; also the names of the streams. `horizon` is in calendar days."""
    leads = assembly.scenario.leads
    source, mean, funnel, stage, amounts, level, combination = [], [], [], [], [], [], []
    group_lists, operations, names = [], [], []
    stream_start = [0]
    pieces: list[Floats] = []
    units: list[Floats] = []
    levels = []
    for number, lead in enumerate(leads):
        rate = _shifted_rate(lead, assembly)
        for labels, share in streams_of(lead, teams):
            amount = assembly.amount(lead.amount, labels, lead.stage)
            if amount is None:
                raise InputError(
                    f"leads.{lead.name}: no `amount` for its deals; give the source, its segment or the scenario one"
                )
            source.append(number)
            shifted = assembly.shifts.apply("leads.rate", rate.mean, {**labels, "stage": lead.stage})
            mean.append(max(0.0, shifted) * share)
            funnel.append(assembly.funnel(labels))
            stage.append(assembly.stage_index[lead.stage])
            amounts.append(assembly.amount_table(amount))
            level.append(assembly.level(labels["segment"]))
            combination.append(assembly.combination(labels))
            group_lists.append(groups.of(labels))
            operations.append(assembly.shifts.operations("win_rate", {**labels, "stage": lead.stage}))
            names.append(_stream_name(labels, lead))
        stream_start.append(len(source))
        unit = UNIT_DAYS[rate.per]
        pieces.append(_pieces(rate, unit, as_of, horizon, clock))
        units.append(_unit_shapes(rate, unit, as_of, horizon, max(rate.mean, sum(mean[stream_start[-2] :]))))
        levels.append(assembly.unit_level_table(rate.level_sd))
    group_start, group = ragged(group_lists)
    last = largest_factor(assembly.month_factors)
    operation_start, packed = pack_operations([*moves, *last] for moves in operations)

    def ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    streams = LeadStreams(
        source=ints(source), mean=np.array(mean, dtype=np.float64), funnel=ints(funnel), stage=ints(stage),
        amount_table=ints(amounts), level=ints(level), combination=ints(combination),
        group_start=group_start, group=group, operation_start=operation_start, operations=packed,
    )  # fmt: skip
    columns = np.concatenate([*pieces, np.zeros((6, 0))], axis=1)
    arrivals = Arrivals(
        stream_start=ints(stream_start),
        piece_start=np.concatenate([[0], np.cumsum([p.shape[1] for p in pieces])]).astype(np.int64),
        piece_day=np.ascontiguousarray(columns[0]),
        piece_length=np.ascontiguousarray(columns[1]),
        piece_clock=np.ascontiguousarray(columns[2]),
        piece_speed=np.ascontiguousarray(columns[3]),
        piece_rate=np.ascontiguousarray(columns[4]),
        piece_unit=columns[5].astype(np.int64),
        unit_start=np.concatenate([[0], np.cumsum([len(u) for u in units])]).astype(np.int64),
        unit_shape=np.concatenate([*units, np.zeros(0)]),
        level_table=ints(levels),
    )
    return streams, arrivals, names


def _stream_name(labels: Labels, lead: LeadSource) -> str:
    """Name that keys a stream's draws; a segment is in it only where the source has several."""
    name = lead.name if labels["owner"] is None else f"{lead.name}\x1f{labels['owner']}"
    return f"{name}\x1e{labels['segment']}" if len(lead.segment_shares) > 1 else name


def _shifted_rate(lead: LeadSource, assembly: Assembly) -> LeadRate:
    labels: dict[str, str | None] = {"source": lead.name, "stage": lead.stage}
    if len(lead.segment_shares) == 1:
        labels["segment"] = next(iter(lead.segment_shares))
    rate, shared = lead.rate, assembly.scenario.leads_level
    if shared is not None:
        rate = rate.model_copy(update={"level_sd": shared.sd})
    low = {"level_sd": 0.0, "dispersion": 1.0, "growth_per_year": -0.999999}
    update = {name: max(low[name], assembly.shifts.apply(f"leads.{name}", getattr(rate, name), labels)) for name in low}
    return rate.model_copy(update=update)


def daily_factor(rate: LeadRate, as_of: dt.date, days: Floats) -> Floats:
    """Growth x season on each whole day after as_of; constant within a day."""
    growth = (1 + rate.growth_per_year) ** (days / YEAR_DAYS)
    if not rate.seasonality:
        return np.asarray(growth)
    months = [(as_of + int(d) * DAY).month for d in days]
    return np.asarray(growth * np.array([rate.seasonality.get(m, 1.0) for m in months]))


def _pieces(rate: LeadRate, unit: float, as_of: dt.date, horizon: int, clock: OperationalClock) -> Floats:
    """Rows: start, length, operational start, speed, leads per day for a mean of 1, unit."""
    bounds = np.unique(np.concatenate([np.arange(horizon + 1.0), np.arange(0.0, horizon, unit)]))
    start, length = bounds[:-1], np.diff(bounds)
    operational = clock(bounds)
    daily = daily_factor(rate, as_of, np.floor(start)) / unit
    index = np.floor((start + 0.5 * length) / unit)
    return np.stack([start, length, operational[:-1], np.diff(operational) / length, daily, index])


def _unit_shapes(rate: LeadRate, unit: float, as_of: dt.date, horizon: int, mean: float) -> Floats:
    """Shape of each unit's gamma factor at the written rate: expected count of the whole unit / (dispersion - 1)."""
    count = int(np.ceil(horizon / unit - 1e-9))
    if rate.dispersion <= 1 or count == 0:
        return np.zeros(count)
    days = np.arange(np.ceil(count * unit) + 1)
    cumulative = np.concatenate([[0.0], np.cumsum(daily_factor(rate, as_of, days))])
    at = np.interp(np.arange(count + 1) * unit, np.arange(len(cumulative)), cumulative)
    return np.asarray((rate.mean or mean) * np.diff(at) / unit / (rate.dispersion - 1))
