"""A report without names: deals, owners, accounts, teams, the scenario and its files are called something else.

Names are replaced in what the sections read, before anything is laid out: whole values, keys of tables, and inside
sentences. A stage, segment, source or variant that is called as somebody is has the same pseudonym, and the report
says so. What a sentence quotes of a cell is left out; keys that it names stay. Of what is told of a row stay our own
words, numbers and days.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from simfunnel.crm import PipelineTable
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.report.html.material import Keys, Material, Source
from simfunnel.report.html.pseudonyms import PSEUDONYM, pseudonyms
from simfunnel.scenario import Scenario
from simfunnel.wording.language import KINDS, NESTED, Told, again, is_ours, joined, literal, tell, text_of

_QUOTED = re.compile(r"'[^']*'|`[^`]*`|\"[^\"]*\"|«[^»]*»|\([^()]*\d+ rows?\)|“[^”]*”|（[^（）]*\d+行[^（）]*）")
_OURS = re.compile(r"new business|\d+ other deals")
"""What stands among the deals of a list and is none."""
_ROWS = {"excluded": "reason", "warnings": "message", "overrides": "what"}
_NAMED = ("owner", "team")
LEAST_CUT, MOST_CUT = 8, 120
"""Characters that are left of a name where it is cut: of those that are shown, none is cut to fewer or more."""
_LEFT_OUT, _REPEATED = "…", re.compile("…(?: ?…)+")


def anonymous(m: Material, ready: Prepared, key: bytes) -> Material:
    """Call everybody and everything by a pseudonym.

    Parameters
    ----------
    m
        What a report is made of.
    ready
        The scenario with its deals, which tells what is a name.
    key
        Secret of the pseudonyms.
    """
    called = _called(m, ready, key)
    hide, shown = _hider(called), _shown(ready)
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(m):
        value = getattr(m, field.name)
        if isinstance(value, Mapping) and field.name not in ("why", "absent"):
            changed[field.name] = _without_cells(_walk(value, hide), shown)
    why, absent = ({name: _unquoted(_walk(text, hide), shown) for name, text in of.items()} for of in (m.why, m.absent))
    ours = {*shown, *(label for of, label in m.forecast.groups if of not in _NAMED)}
    assumed = None if m.assumed is None else _assumed(m.assumed, hide)
    return dataclasses.replace(
        m, **changed, scenario=tell("SCENARIO"), forecast=_forecast(m.forecast, hide), assumed=assumed,
        owner=None if m.owner is None else hide(m.owner), why=why, absent=absent,
        sources=tuple(_nameless(source, hide) for source in (*m.sources, m.report) if source is not None),
        anonymous=True, alike=tuple(sorted({str(hide(name)) for name in ours if hide(name) != name})),
    )  # fmt: skip


def _assumed(scenario: Scenario, hide: Callable[[str], str]) -> Scenario:
    """The scenario with other names for stages, segments and sources that are called as somebody is."""

    def ways(stage: Any) -> dict[str, Any]:
        moved = stage.transitions
        return (
            {}
            if not moved
            else {"transitions": type(moved)(way.model_copy(update={"to": str(hide(way.to))}) for way in moved)}
        )

    segments = {
        str(hide(name)): its.model_copy(update={
            "stages": {str(hide(stage)): one.model_copy(update=ways(one)) for stage, one in its.stages.items()}
        })
        for name, its in scenario.segments.items()
    }  # fmt: skip
    return scenario.model_copy(update={
        "stages": type(scenario.stages)(
            stage.model_copy(update={"name": str(hide(stage.name)), **ways(stage)}) for stage in scenario.stages
        ),
        "segments": segments,
        "leads": type(scenario.leads)(
            lead.model_copy(update={"name": str(hide(lead.name))}) for lead in scenario.leads
        ),
    })  # fmt: skip


def _nameless(source: Source, hide: Callable[[str], str]) -> Source:
    """The command with no name but the pseudonym of a person."""
    before = ("", *source.nameless)
    words = [
        str(hide(word)) if last == "--owner" else word for last, word in zip(before, source.nameless, strict=False)
    ]
    more = ["--anonymize"] if source.name == "report" else []
    return Source(source.name, shlex.join(["simfunnel", *words, *more]), tuple(words))


def _called(m: Material, ready: Prepared, key: bytes) -> dict[str, str]:
    """Every name that is known, and what stands for it."""
    scenario, table = ready.scenario, ready.table
    owners = {label for dimension, label in m.forecast.groups if dimension == "owner"} | set(scenario.teams)
    teams = {label for dimension, label in m.forecast.groups if dimension == "team"} | set(scenario.teams.values())
    deals = set(table.open.id) | set(table.won.id) | {row["id"] for row in _rows(m.run) if row["id"]}
    names, accounts = _texts(table, "name"), _texts(table, "account")
    for results in (m.health, m.stress, m.changes, m.plan):
        for one in _entries(results):
            if one.get("kind", "deal") != "deal":  # a market, a segment: what is no name of anybody
                continue
            name = one.get("name") or one.get("deal_name") or ""
            if not _OURS.fullmatch(name):
                names.add(name)
            accounts.add(one.get("account") or "")
            deals.add(one.get("id") or "")
            owners.add(one.get("owner") or "")
    if m.metrics is not None and m.metrics["by"] in _NAMED:
        owners |= {group["label"] for group in m.metrics["groups"]}
    found: dict[str, str] = {}
    for kind, of in (("Deal", deals | names), ("Account", accounts), ("Team", teams), ("Owner", owners)):
        found |= pseudonyms(kind, (name for name in of if name != "(none)"), key)
    p = m.forecast.provenance
    places = (p.scenario_path, m.scenario, ready.loaded.source, m.run["data_quality"]["file"])
    found |= {str(place): tell("SCENARIO") for place in places if place}
    return found | ({p.scenario_name: tell("A sales pipeline")} if p.scenario_name else {})


def _shown(ready: Prepared) -> frozenset[str]:
    """Names that stay, also where they are quoted, but for those that somebody has too."""
    s = ready.scenario
    return frozenset([*(stage.name for stage in s.stages), *s.segments, *(lead.name for lead in s.leads), *s.variants])


def _texts(table: PipelineTable, column: str) -> set[str]:
    return {text for part in (table.open, table.won) for text in getattr(part, column, ()) if text}


def _rows(run: Keys) -> Iterable[Mapping[str, Any]]:
    for name in _ROWS:
        yield from run["data_quality"][name]


def _entries(thing: Any) -> Iterable[Mapping[str, Any]]:
    """Every mapping inside a result that is of a deal."""
    if isinstance(thing, Mapping):
        if {"id", "deal_name"} & set(thing):
            yield thing
        for value in thing.values():
            yield from _entries(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _entries(value)


def _hider(called: Mapping[str, str]) -> Callable[[str], str]:
    """What replaces names: a text that is one, and those inside a text that are words of their own, also cut ones."""
    words = sorted((name for name in called if any(c.isalpha() for c in name)), key=len, reverse=True)
    if not words:
        return lambda text: called.get(text, text)
    inside = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words))
    beginnings: dict[str, str] = {}

    def hide(text: str) -> str:
        if text in called:
            return called[text]
        if _LEFT_OUT in text and not beginnings:
            beginnings.update(_beginnings(called))
        return inside.sub(lambda found: called[found.group()], _without_cut(text, beginnings))

    return hide


def _beginnings(called: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What may be left of a long name where there is no room for all of it, and what stands for the name."""
    for name, other in called.items():
        line = " ".join(name.split())
        for size in range(LEAST_CUT, min(len(line), MOST_CUT)):
            yield line[:size].rstrip(), other


def _without_cut(text: str, beginnings: Mapping[str, str]) -> str:
    """A text with other names in place of those that end in an ellipsis."""
    at = text.find(_LEFT_OUT)
    while at >= 0:
        for start in range(max(0, at - MOST_CUT), at - LEAST_CUT + 1):
            if (other := beginnings.get(text[start:at].rstrip())) is not None:
                text, at = f"{text[:start]}{other}{text[at + 1 :]}", start + len(other) - 1
                break
        at = text.find(_LEFT_OUT, at + 1)
    return text


def _walk(thing: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(thing, Told):
        return _without_names(thing, hide)
    if isinstance(thing, str):
        return hide(thing)
    if isinstance(thing, Mapping):
        return {hide(key) if isinstance(key, str) else key: _walk(value, hide) for key, value in thing.items()}
    return [_walk(one, hide) for one in thing] if isinstance(thing, list | tuple) else thing


def _without_names(told: Told, hide: Callable[[str], str]) -> str:
    """A told text with other names in it: what is ours in it, in whatever language, stays."""
    if told.kind == "text_of":
        text, fields = told.made_of
        return text_of(text, _walk(fields, hide))
    if told.kind == "joined":
        texts, *between = told.made_of
        return joined(_walk(texts, hide), *between)
    return KINDS[told.kind](*_walk(told.made_of, hide)) if told.kind in (*NESTED, "quoted") else told.again()


def _without_cells(keys: Keys, shown: Container[str]) -> Keys:
    """Without what is quoted of cells, in the report on the data and in what is told of it."""
    found = dict(keys)
    if "data_quality" in found:
        quality = dict(found["data_quality"])
        for name, words in _ROWS.items():
            quality[name] = [{**row, words: _reason(row[words], row["code"])} for row in quality[name]]
        found["data_quality"] = quality
    for name in ("cautions", "warnings", "excluded"):
        if isinstance(found.get(name), list | tuple):
            found[name] = [
                {**one, "sentence": _unquoted(one["sentence"], shown)}
                if isinstance(one, Mapping)
                else _unquoted(one, shown)
                for one in found[name]
            ]
    return found


def _unquoted(text: str, shown: Container[str]) -> str:
    """Without what is quoted, but for what our own text quotes, such as a key of the scenario, and names that stay."""
    own = {found.group() for words in _literals(text) for found in _QUOTED.finditer(words)}

    def kept(found: re.Match[str]) -> str:
        return found.group() if found.group() in own or found.group()[1:-1] in shown else _LEFT_OUT

    return _REPEATED.sub(_LEFT_OUT, _QUOTED.sub(kept, again(text)))


def _literals(thing: Any) -> Iterator[str]:
    """What the texts say that a text was made of, each with a mark for every field."""
    if isinstance(thing, Told):
        if thing.kind == "text_of":
            yield literal(thing.made_of[0])
        for part in thing.made_of:
            yield from _literals(part)
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _literals(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _literals(value)


def _reason(text: str, code: str) -> str:
    """What is told of a row, without a word of its cells; of one that was kept without its parts, the kind it is."""
    return _masked(text) if isinstance(text, Told) else code.replace("_", " ")


def _masked(thing: Any) -> Any:
    if isinstance(thing, Told):
        if thing.kind == "text_of":
            text, fields = thing.made_of
            if text == PSEUDONYM:
                return thing.again()
            return text_of(text, {name: value if "_or_" in name else _masked(value) for name, value in fields.items()})
        if thing.kind == "joined":
            parts, *between = thing.made_of
            return joined(list(dict.fromkeys(_masked(parts))), *between)
        if thing.kind == "term":
            return thing.again() if is_ours(thing.made_of[0]) else _LEFT_OUT
        return KINDS[thing.kind](*_masked(thing.made_of)) if thing.kind in (*NESTED, "quoted") else thing.again()
    if isinstance(thing, str):
        return _LEFT_OUT
    return [_masked(one) for one in thing] if isinstance(thing, list | tuple) else thing


def _forecast(forecast: Forecast, hide: Callable[[str], str]) -> Forecast:
    """The same numbers; groups, scenario and changes of it by other names."""
    p = forecast.provenance
    p = dataclasses.replace(
        p, scenario_name=hide(p.scenario_name or ""), scenario_path="", overrides=(),
        variant=None if p.variant is None else str(hide(p.variant)),
    )  # fmt: skip
    groups = tuple((of, hide(label)) for of, label in forecast.groups)
    return dataclasses.replace(forecast, provenance=p, groups=groups, compiled=None)
