"""Why a forecast moved between two kept days, with the deals that moved it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared, ScenarioLike, as_loaded, prepare
from simfunnel.forecast.labels import without_over
from simfunnel.planning.compare.compare import Compared, Comparison, compare
from simfunnel.planning.compare.named import NamedDeal
from simfunnel.planning.compare.waterfall import Step
from simfunnel.planning.pairs.goal import Amount
from simfunnel.progress import Progress
from simfunnel.record.pushes import Pushed, pushes
from simfunnel.scenario import LoadedScenario, parse_scenario
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.forecasts import details_of, forecasts
from simfunnel.store.snapshots import Snapshot, deal_names, recording_before, snapshots
from simfunnel.store.store import newest
from simfunnel.store.versions import state_at
from simfunnel.wording.language import joined, tell


@dataclass(frozen=True)
class KeptDay:
    """A day of a store, with what was assumed on it."""

    snapshot: Snapshot
    scenario: Mapping[str, Any] | None
    """The scenario kept with the newest forecast of that day or before."""
    deals: frozenset[str]
    """Every deal in the file, also those that are over."""


def explain(
    store: Store,
    first: dt.date,
    last: dt.date,
    *,
    book: str | None = None,
    scenario: ScenarioLike | None = None,
    overrides: Sequence[str] = (),
    recorded_before: str | None = None,
    period: str | None = None,
    target: Amount | None = None,
    trials: int | None = None,
    seed: int | None = None,
    kernel: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the newest snapshots at or before two days: cause by cause, and deal by deal.

    Parameters
    ----------
    store
        The store.
    first, last
        The days, the earlier first.
    book
        Which pipeline.
    scenario
        What is assumed, on both days; default: on each the scenario that was kept with its forecast.
    overrides
        ``path=value`` texts, for both.
    recorded_before
        ISO time: as it was known before it.
    period, target, trials, seed, kernel, threads, progress
        As `compare` takes them.

    Raises
    ------
    InputError
        If there are not two snapshots, or no scenario was kept and none is given.
    """
    if first >= last:
        raise InputError(f"--from {first}: expected a day before --to {last}")
    likely = None if scenario is None else as_loaded(scenario, overrides).scenario.name or None
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown, likely)
        known_by = None if recorded_before is None else recording_before(connection, recorded_before)
        listed = snapshots(connection, number, known_by)
        where = f"{store.address.shown}, book {name!r}"
        days = [kept_day(connection, newest(listed, day, where), known_by) for day in (first, last)]
    if days[0].snapshot.id == days[1].snapshot.id:
        raise InputError(f"{where}: of both days the newest snapshot is of {days[0].snapshot.valid_day}")
    sides = [_side(store, name, day, scenario, overrides, recorded_before) for day in days]
    between = days[0].snapshot.valid_day, days[1].snapshot.valid_day
    reading = sides[1].scenario.pipeline.model_dump(include={"date_format", "time_zone"})
    with store.reading() as connection:
        pushed = pushes(connection, number, between, known_by, reading)
    _check_common([[one.label for one in side.periods] for side in sides], days)
    found = compare(
        *sides, period=period, target=target, trials=trials, seed=seed, kernel=kernel, threads=threads, named=True,
        progress=progress,
    )  # fmt: skip
    others = tuple(_told(one, sides, pushed) for one in found.others)
    names = [str(day.snapshot.valid_day) for day in days]
    return dataclasses.replace(found, name=names[0], others=(dataclasses.replace(others[0], name=names[1]),))


def kept_day(connection: sa.Connection, one: Snapshot, known_by: int | None) -> KeptDay:
    """Look up the newest scenario that was kept by a day, and who was in its file."""
    kept = [row for row in forecasts(connection, one.book, known_by=known_by) if row["as_of"] <= str(one.valid_day)]
    names = deal_names(connection, one.book)
    state = state_at(connection, one.book, str(one.valid_day), known_by)
    return KeptDay(
        one, details_of(connection, kept[-1]["id"])["scenario"] if kept else None,
        frozenset(names[deal][0] for deal in state),
    )  # fmt: skip


def as_kept(store: Store, book: str, day: KeptDay) -> Prepared:
    """Prepare a day under the scenario that was kept with it."""
    return _side(store, book, day, None, (), None)


def _side(
    store: Store, book: str, day: KeptDay, scenario: ScenarioLike | None, overrides: Sequence[str],
    recorded_before: str | None,
) -> Prepared:  # fmt: skip
    """The scenario with the snapshot in place of its pipeline file."""
    if scenario is None and day.scenario is None:
        raise InputError(
            f"no forecast was kept for {day.snapshot.valid_day} or before, so nobody knows what was assumed: name the "
            "scenario, as in `simfunnel compare SCENARIO --store ... --from ... --to ...`"
        )
    data = dict(as_loaded(scenario, overrides).scenario.model_dump(mode="json") if scenario is not None
                else day.scenario or {})  # fmt: skip
    more = overrides if scenario is None else ()
    return prepare(_seen_on(store, book, day.snapshot.valid_day, data, more, recorded_before))


def with_kept_deals(
    store: Store, book: str, day: dt.date, scenario: ScenarioLike, overrides: Sequence[str] = ()
) -> Prepared:  # fmt: skip
    """Prepare a scenario as of a kept day, with the deals of that day in place of its own.

    Parameters
    ----------
    store, book, day
        Where they are kept: the newest snapshot of that day or before.
    scenario, overrides
        The scenario; targets and closed wins of periods that the day does not see are left out.

    Raises
    ------
    InputError
        If the scenario or the deals cannot be used.
    """
    loaded = as_loaded(scenario, overrides)
    seen = _seen_on(store, book, day, loaded.scenario.model_dump(mode="json"))
    place = json.dumps({"url": store.address.shown, "book": book}, ensure_ascii=False)
    here = f"as_of={day}", f"pipeline.store={place}"
    return prepare(dataclasses.replace(seen, source=loaded.source, overrides=(*loaded.overrides, *here)))


def _seen_on(
    store: Store, book: str, day: dt.date, data: Mapping[str, Any], overrides: Sequence[str] = (),
    recorded_before: str | None = None,
) -> LoadedScenario:  # fmt: skip
    """The scenario on a day, with what a store keeps of it in place of its deals."""
    url = store.address.url if store.address.path is None else str(store.address.path)
    place = {"url": url, "book": book} | ({"recorded_before": recorded_before} if recorded_before else {})
    pipeline = {**data["pipeline"], **dict.fromkeys(("file", "url", "sql")), "opportunities": [], "store": place}
    pipeline = {key: value for key, value in pipeline.items() if value not in (None, [])}
    made = {**data, "pipeline": pipeline, "as_of": day.isoformat()}
    given = {key: value for key, value in made.items() if value is not None}
    return without_over(parse_scenario(given, overrides), ahead=True)[0]


def _check_common(periods: Sequence[Sequence[str]], days: Sequence[KeptDay]) -> None:
    """Refuse days whose forecasts have no period in common: a quarter's end lies between them."""
    if not set(periods[0]) & set(periods[1]):
        told = [f"{day.snapshot.valid_day} of {', '.join(own)}" for day, own in zip(days, periods, strict=True)]
        raise InputError(
            f"the forecasts have no period in common: that of {told[0]}, that of {told[1]}; name days of one period, "
            "or forecast more of them on both (--set periods.count=2)"
        )


def _told(one: Compared, sides: Sequence[Prepared], pushed: Mapping[str, Pushed]) -> Compared:
    """Say what became of each deal besides its cause: pushed how often, from whom to whom."""
    if one.waterfall is None:
        return one
    closes = [
        dict(zip(side.table.open.id, side.table.open.close_date + side.scenario.as_of.toordinal(), strict=True))
        for side in sides
    ]

    def note(step: Step, deal: NamedDeal) -> NamedDeal:
        then, now = (float(side.get(deal.id, np.nan)) for side in closes)
        if step.cause not in ("newly created", "won") and now > then:
            before, after = (dt.date.fromordinal(int(day)) for day in (then, now))
            told = tell("close date {before} → {after}", before=before, after=after)
            told = joined([told, pushed[deal.id].words]) if deal.id in pushed else told
            return dataclasses.replace(deal, note=joined([deal.note, told], "; ") if deal.note else told)
        return deal

    steps = tuple(
        dataclasses.replace(step, named=None if step.named is None else tuple(note(step, d) for d in step.named))
        for step in one.waterfall.steps
    )
    return dataclasses.replace(one, waterfall=dataclasses.replace(one.waterfall, steps=steps))
