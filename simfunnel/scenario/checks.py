"""Checks between the parts of a scenario: every one runs, and each fault keeps its own place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from simfunnel.scenario.periods import Target
from simfunnel.scenario.shift_checks import check_shifts
from simfunnel.scenario.stages import END_STATES, LOST, SHARES_TOLERANCE, WON, Stage
from simfunnel.values.frozen import Fault, Loc
from simfunnel.values.messages import show, unknown

if TYPE_CHECKING:
    from simfunnel.scenario.schema import Scenario

Found = Iterator[tuple[Loc, str] | Fault]
_Place = Callable[..., Loc]


def check_scenario(scenario: Scenario, *, variants: bool = True) -> list[tuple[Loc, str] | Fault]:
    """Find everything in which the parts of a scenario do not agree; `variants`: also names in variants."""
    found: list[tuple[Loc, str] | Fault] = [*_stage_names(scenario)]
    if not found:  # with two stages of one name the other checks would only confuse
        found += check_stages(scenario.stages, ("stages",))
        found += _segments(scenario)
    found += _pipeline(scenario)
    found += _leads(scenario)
    found += _targets(scenario.targets, ("targets",))
    for name, variant in scenario.variants.items():
        found += _targets(variant.targets, ("variants", name, "targets"))
    found += _payment_terms(scenario)
    if variants:
        found += check_shifts(scenario)
    return found


def _stage_names(scenario: Scenario) -> Found:
    seen: set[str] = set()
    for i, stage in enumerate(scenario.stages):
        if stage.name in seen:
            yield ("stages", i, "name"), f"two stages are called {show(stage.name)}"
        seen.add(stage.name)


def check_stages(stages: Sequence[Stage], at: Loc, changed: frozenset[str] | None = None) -> Found:
    """Check stages together: known targets, one kind of rate, rising win rates, a way to the end.

    `changed` names the stages that a segment overrides; then places are stage names below `at`.
    """

    def place(i: int, *keys: str | int) -> Loc:
        if changed is None:
            return (*at, i, *keys)
        return (*at, stages[i].name, *keys) if stages[i].name in changed else at

    names = [stage.name for stage in stages]
    unknown_targets = False
    for i, stage in enumerate(stages):
        for j, transition in enumerate(stage.transitions or ()):
            if transition.to not in names and transition.to not in END_STATES:
                unknown_targets = True
                yield place(i, "transitions", j, "to"), unknown("stage", transition.to, [*names, *END_STATES])
    yield from _win_rates(stages, place)
    if not unknown_targets:
        reached = _can_end(stages)
        for i, stage in enumerate(stages):
            if not reached[i]:
                yield place(i), f"from the stage {show(stage.name)} neither Won nor Lost can ever be reached"


def _win_rates(stages: Sequence[Stage], place: _Place) -> Found:
    with_rate = [stage.win_rate is not None for stage in stages]
    if not any(with_rate):
        return
    if not all(with_rate):
        for i, stage in enumerate(stages):
            if not with_rate[i]:
                kind = "transitions" if stage.transitions is not None else "conversion"
                yield (
                    place(i, kind),
                    f"'win_rate' goes on every stage or on none; {show(stage.name)} has '{kind}'",
                )
        return
    means = [stage.win_rate.mean for stage in stages if stage.win_rate is not None]
    for i in range(1, len(means)):
        if means[i] < means[i - 1]:
            before = f"{show(stages[i - 1].name)} has {means[i - 1]:g}"
            yield (
                place(i, "win_rate"),
                f"win rates must not fall along the stages: {before}, found {means[i]:g}",
            )


def _can_end(stages: Sequence[Stage]) -> list[bool]:
    """Tell for each stage whether Won or Lost can be reached by exits that happen in finite time."""
    exits = [_exits(stages, i) for i in range(len(stages))]
    ended = {WON, LOST}
    while grown := {s.name for s, out in zip(stages, exits, strict=True) if s.name not in ended and out & ended}:
        ended |= grown
    return [stage.name in ended for stage in stages]


def _exits(stages: Sequence[Stage], i: int) -> set[str]:
    stage = stages[i]
    if stage.transitions is not None:
        return {t.to for t in stage.transitions if t.probability > 0 and not t.duration.is_never}
    forward = stages[i + 1].name if i + 1 < len(stages) else WON
    if stage.win_rate is not None:
        after = stages[i + 1].win_rate if i + 1 < len(stages) else None
        later = 1.0 if after is None else after.mean
        advance = stage.win_rate.mean / later if later > 0 else 0.0
    else:
        advance = stage.conversion.mean if stage.conversion is not None else 0.0
    out: set[str] = set()
    lost_duration = stage.lost_duration or stage.duration
    if advance > 0 and stage.duration is not None and not stage.duration.is_never:
        out.add(forward)
    if advance < 1 and lost_duration is not None and not lost_duration.is_never:
        out.add(LOST)
    return out


def _segments(scenario: Scenario) -> Found:
    names = [stage.name for stage in scenario.stages]
    for segment, part in scenario.segments.items():
        at: Loc = ("segments", segment, "stages")
        wrong = False
        for stage, change in part.stages.items():
            if stage not in names:
                wrong = True
                yield (*at, stage), unknown("stage", stage, names)
                continue
            try:
                scenario.stages[names.index(stage)].overridden(change)
            except ValidationError as error:
                wrong = True
                for line in error.errors(include_url=False):
                    text = str(line.get("ctx", {}).get("message", line["msg"]))
                    yield (
                        (*at, stage, *line["loc"]),
                        f"with this change of the segment {show(segment)}: {text}",
                    )
        if not wrong and part.stages:
            yield from check_stages(scenario.stages_for(segment), at, frozenset(part.stages))


def _pipeline(scenario: Scenario) -> Found:
    names = [stage.name for stage in scenario.stages]
    for key, stage in scenario.pipeline.stage_map.items():
        if stage is not None and stage not in names and stage not in END_STATES:
            yield ("pipeline", "stage_map", key), unknown("stage", stage, [*names, *END_STATES])
    for i, deal in enumerate(scenario.pipeline.opportunities):
        at: Loc = ("pipeline", "opportunities", i)
        if deal.stage in END_STATES:
            yield (
                (*at, "stage"),
                f"an open deal cannot be in {deal.stage}; what is won already goes into 'closed'",
            )
        elif deal.stage not in names:
            yield (*at, "stage"), unknown("stage", deal.stage, names)
        if deal.stage_entered is not None:
            entered = deal.stage_entered
            if _local_day(entered, scenario.pipeline.time_zone) >= scenario.as_of:
                text = f"must lie before as_of {scenario.as_of}, found {entered.isoformat()}"
                yield (*at, "stage_entered"), text


def _local_day(moment: date | datetime, time_zone: str | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is not None and time_zone is not None:
        try:
            moment = moment.astimezone(ZoneInfo(time_zone))
        except (KeyError, ValueError, OSError):  # no time zone data on this machine
            return moment.date()
    return moment.date()


def _leads(scenario: Scenario) -> Found:
    names = [stage.name for stage in scenario.stages]
    seen: set[str] = set()
    for i, source in enumerate(scenario.leads):
        if source.name in seen:
            yield ("leads", i, "name"), f"two lead sources are called {show(source.name)}"
        seen.add(source.name)
        if source.stage not in names:
            yield ("leads", i, "stage"), unknown("stage", source.stage, names)
        if scenario.leads_level is not None and source.rate.level_sd > 0:
            text = "`leads_level` says how all leads vary together; remove one of the two"
            yield ("leads", i, "rate", "level_sd"), text


def _targets(targets: Sequence[Target], at: Loc) -> Found:
    seen: dict[tuple[str, tuple[str, str] | None], int] = {}
    for i, target in enumerate(targets):
        key = (target.period, target.group)
        if key in seen:
            thing = "all deals" if target.group is None else f"the {target.group[0]} {show(target.group[1])}"
            text = f"a second target for {thing} in {target.period}, after targets[{seen[key]}]"
            yield Fault((*at, i), text, (*at, seen[key]), "; remove one")
        seen.setdefault(key, i)


def _payment_terms(scenario: Scenario) -> Found:
    total = sum(term.share for term in scenario.payment_terms)
    if total > 1 + SHARES_TOLERANCE:
        yield ("payment_terms",), f"shares must sum to at most 1, found {total:.10g}"
