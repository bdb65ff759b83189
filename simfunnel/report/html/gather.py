"""Gathering what a report is made of: from folders where they are given, else computed, where that is cheap."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel import bundle
from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.forecast import simulate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.planning.pairs.goal import Goal, Share, resolve_confidence, resolve_goal
from simfunnel.report.html.commands import Commands, read_from
from simfunnel.report.html.material import Material, Source
from simfunnel.report.html.of_owner import ASKED, check_owner, of_owner
from simfunnel.shown import Shown, face_of
from simfunnel.wording.kept import is_told, restored
from simfunnel.wording.language import Told, tell
from simfunnel.wording.numbers import period_told, plural

if TYPE_CHECKING:
    from simfunnel.history.history import History
    from simfunnel.store import Store

NAMES = {"plan": "plan", "levers": "levers", "stress": "stress", "health": "health", "comparison": "changes",
         "metrics": "metrics", "backtest": "backtest", "track": "track"}  # fmt: skip
"""Name of a JSON file of a folder, without suffix -> what it is in a report."""
FORECAST = "forecast"
"""The same of a forecast."""
OF_THE_DAY = ("plan", "levers", "stress", "health")
"""Results that are wrong beside a forecast of another day."""
Step = Callable[[str], Any]
"""Called with the name of a result before it is computed; gives a progress callback, or None."""


@dataclass
class _Found:
    """What is there so far."""

    keys: dict[str, Any] = field(default_factory=dict)
    """Name in a report -> what the command prints with ``--json``."""
    forecast: Forecast | None = None
    sources: list[Source] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)


def gather(
    scenario: str,
    ready: Prepared,
    *,
    folders: Sequence[str] = (),
    wanted: Sequence[str] = (),
    history: History | None = None,
    store: str | None = None,
    book: str | None = None,
    options: Sequence[str] = (),
    trials: int | str | None = None,
    seed: int | None = None,
    variant: str | None = None,
    threads: int | None = None,
    owner: str | None = None,
    period: str | None = None,
    confidence: Share | None = None,
    told_in: str | None = None,
    step: Step = lambda _: None,
) -> Material:
    """Put together what a report shows.

    Parameters
    ----------
    scenario
        The scenario as it was named, for the commands that make the numbers again.
    ready
        The same, read.
    folders
        Folders that ``--out`` of run, plan, levers, stress, health, compare, metrics, backtest and track wrote.
    wanted
        Names of the sections; results that none of them shows are not computed; all for none.
    history
        A history of past deals, to be measured; None for none.
    store, book
        Where forecasts were kept; None: the scenario's own, if it is there.
    options
        Further options of the commands, such as ``--set`` and what it sets.
    trials, seed, variant, threads
        As the commands take them; a number of trials is that of every result, ``auto`` that of the forecast alone.
    owner
        Whose report it is; None for everybody's.
    period
        Label of the period that the report is about, or ``total``; None: the first that has a target.
    confidence
        Wanted chance of the target; None: 80 %.
    told_in
        Language that was asked for, for the commands that make the numbers again; None for none.
    step
        Told what is computed.

    Returns
    -------
    Material

    Raises
    ------
    InputError
        If a folder cannot be read, is of another scenario's day or aims at something else, the scenario cannot be
        forecast, or it has no such period.
    """
    found = _Found()
    goal = resolve_goal(
        ready.under(variant), period, required=False, of=None if owner is None else ("owner", owner)
    )  # fmt: skip
    sure = None if confidence is None else resolve_confidence(confidence)
    for folder in folders:
        _read(Path(folder), found, ready, {"period": period and goal.period, "confidence": sure})
    past = None if history is None else history.file or "HISTORY"
    commands = Commands(
        scenario, sets=options, variant=variant, trials=trials, seed=seed, told_in=told_in, history=past, store=store,
        book=book, folders=folders, period=period, confidence=confidence,
    )  # fmt: skip
    how: dict[str, Any] = {"seed": seed, "variant": variant, "threads": threads}
    if found.forecast is None:
        found.forecast = simulate(ready, trials=trials, progress=step("run"), **how)
        found.sources.insert(0, commands.computed("run"))
    if owner is not None:
        check_owner(found.forecast, owner)
    aim: dict[str, Any] = {"period": period, "confidence": 0.8 if sure is None else sure}
    more: dict[str, dict[str, Any]] = {
        "plan": {"owner": owner, "deals": True, **aim}, "levers": {**aim}, "stress": {"period": period},
        "health": {"period": period},
    }  # fmt: skip
    if "plan" not in found.keys and _is_wanted("plan", wanted):
        from simfunnel.diagnosis.health import deals_to_drop

        more["plan"]["to_drop"] = deals_to_drop(ready, history=history, variant=variant)
    if _is_wanted("health", wanted):
        from simfunnel.record.earlier import chances_if_there

        more["health"] |= {"earlier": chances_if_there(ready, store, book), "history": history}
    how["trials"] = None if trials == "auto" else trials
    _compute(ready, found, wanted, goal, how, more, commands, step)
    if owner is None:
        if history is not None and "metrics" not in found.keys:
            _measure(history, ready, found, commands, step)
        _remember(ready, found, store, book, commands, step)
    material = Material(
        scenario=scenario, forecast=found.forecast, run=face_of(found.forecast).keys(), assumed=ready.scenario,
        why=found.why, absent=found.absent, sources=tuple(found.sources), untold=tuple(found.untold),
        period=period and goal.period, **found.keys,
    )  # fmt: skip
    whole = commands.report(owner)
    if owner is None:
        return replace(material, report=whole)
    return of_owner(material, owner, [whole])


NEEDED = {
    "plan": ("enough", "moving", "actions"), "levers": ("actions",), "stress": ("actions", "trust"),
    "health": ("moving", "people"),
}  # fmt: skip
"""Result -> sections that show it."""


def _compute(
    ready: Prepared, found: _Found, wanted: Sequence[str], goal: Goal, how: Mapping[str, Any],
    more: Mapping[str, Mapping[str, Any]], commands: Commands, step: Step,
) -> None:  # fmt: skip
    """Compute what is missing and cheap; where a scenario does not allow it, remember why."""
    from simfunnel.diagnosis.health import health
    from simfunnel.planning.levers.levers import levers
    from simfunnel.planning.plan.leads_needed import leads_needed
    from simfunnel.planning.stress.stress import stress

    make: dict[str, Callable[..., Shown]] = {"plan": leads_needed, "levers": levers, "stress": stress, "health": health}
    if (owner := more["plan"]["owner"]) is not None:
        make = {name: compute for name, compute in make.items() if name in ASKED}
        if found.keys.get("plan", {}).get("owner") != owner:
            found.keys.pop("plan", None)
    for name, compute in make.items():
        if name in found.keys or not _is_wanted(name, wanted):
            continue
        if name == "plan" and goal.target is None:
            found.absent[name] = _without_target(goal.period, owner)
            continue
        try:
            found.keys[name] = face_of(compute(ready, progress=step(name), **how, **more.get(name, {}))).keys()
        except InputError as error:
            found.why[name] = str(error)
        else:
            found.sources.append(commands.computed(name))


def _without_target(period: str, owner: str | None) -> Told:
    """What a plan takes: a scenario without a target is no fault."""
    when = period_told(period)
    if owner is None:
        return tell("it takes a target of {period}, under `targets` in the scenario.", period=when)
    return tell("it takes a target of {owner} in {period}, under `targets` in the scenario.", owner=owner, period=when)


def _is_wanted(name: str, sections: Sequence[str]) -> bool:
    return not sections or bool(set(sections) & set(NEEDED[name]))


def _measure(history: History, ready: Prepared, found: _Found, commands: Commands, step: Step) -> None:
    """Measure a history by owner, as it was known on the day of the forecast."""
    from simfunnel.diagnosis import metrics

    try:
        measured = metrics(history, by="owner", as_of=ready.scenario.as_of, progress=step("metrics"))
    except InputError as error:
        found.why["metrics"] = str(error)
        return
    found.keys["metrics"] = face_of(measured).keys()
    found.sources.append(commands.metrics(str(ready.scenario.as_of)))


def _remember(
    ready: Prepared, found: _Found, store: str | None, book: str | None, commands: Commands, step: Step
) -> None:
    """Take what changed since the last kept day, and the record of kept forecasts, where a store is there."""
    from simfunnel.record.place import book_of, store_there

    where = store or store_there(ready.loaded)
    if where is None:
        return
    from simfunnel.record.track import track_record
    from simfunnel.store import Store

    try:
        opened = Store.open(where)
    except (InputError, SurroundingsError) as error:
        if store is not None:
            raise
        found.why |= {"track": str(error), "changes": str(error)}  # nobody named it: the report goes on without
        return
    own = book_of(ready.loaded, book)
    if "track" not in found.keys:
        try:
            found.keys["track"] = face_of(track_record(opened, book=own)).keys()
        except InputError as error:
            found.why["track"] = str(error)
        else:
            found.sources.append(commands.track(opened.address.shown, own))
    if "changes" not in found.keys:
        try:
            _explain(opened, own, ready, found, step)
        except InputError as error:
            found.why["changes"] = str(error)


def _explain(store: Store, book: str, ready: Prepared, found: _Found, step: Step) -> None:
    """Compare the newest kept day before that of the forecast with the newest up to it."""
    from simfunnel.record.explain import explain
    from simfunnel.record.listing import list_store

    as_of = ready.scenario.as_of
    until = sorted(one.valid_day for name, one in list_store(store, book).snapshots
                   if name == book and one.valid_day <= as_of)  # fmt: skip
    if len(until) < 2:
        found.absent["changes"] = tell(
            "it takes two kept days up to {as_of}, and the store has {days}; `simfunnel keep` keeps one.",
            as_of=as_of, days=plural(len(until), "day"),
        )  # fmt: skip
        return
    changes = explain(store, until[-2], until[-1], book=book, progress=step("changes"))
    found.keys["changes"] = face_of(changes).keys()


def _read(folder: Path, found: _Found, ready: Prepared, aim: Mapping[str, Any]) -> None:
    """Take every result of a folder that is not there yet; refuse one of another day or aim, which would be misread."""
    manifest = bundle.read(folder)
    if manifest is None:
        raise InputError(Problem("expected a folder that simfunnel wrote with --out, found none of its files",
                                 file=str(folder)))  # fmt: skip
    taken = False
    if f"{FORECAST}.json" in manifest.files:
        found.forecast = Forecast.load(folder)
        _same_day(folder, found.forecast.as_of.isoformat(), ready)
        found.sources.insert(0, read_from("run", manifest.command))
        taken = True
    for name, what in NAMES.items():
        if f"{name}.json" not in manifest.files:
            continue
        with manifest.open(f"{name}.json") as file:
            keys = json.load(file)
        if what in OF_THE_DAY:
            _same_day(folder, keys["as_of"], ready)
            _same_aim(folder, name, keys, aim)
        if "sentence" not in keys:
            message = f"{name}.json is of an earlier version; make it again: {shlex.join(manifest.command)}"
            raise InputError(Problem(message, file=str(folder)))
        if what not in found.keys:
            found.keys[what] = restored(keys)
            found.untold += [] if is_told(keys) else [name]
        found.sources.append(read_from(name, manifest.command))
        taken = True
    if not taken:
        names = ", ".join([FORECAST, *NAMES])
        raise InputError(Problem(f"holds no result that a report shows ({names})", file=str(folder)))


def _same_day(folder: Path, day: str, ready: Prepared) -> None:
    if day != ready.scenario.as_of.isoformat():
        message = f"is of {day}, and the scenario of {ready.scenario.as_of}; make it again, or leave it out"
        raise InputError(Problem(message, file=str(folder)))


def _same_aim(folder: Path, name: str, keys: Mapping[str, Any], aim: Mapping[str, Any]) -> None:
    for what, wanted in aim.items():
        if wanted is not None and keys.get(what, wanted) != wanted:
            message = (
                f"{name}.json has the {what} {keys[what]}, and --{what} is {wanted}; make it again, or leave it out"
            )
            raise InputError(Problem(message, file=str(folder)))
