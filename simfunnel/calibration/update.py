"""Newly learned numbers put into a scenario that somebody keeps: his targets, names, judgement and comments stay."""

from __future__ import annotations

import difflib
import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simfunnel.bundle.durable import write_through
from simfunnel.calibration.believed import points_in_lines
from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.kept_comments import with_comments_below, with_comments_of
from simfunnel.calibration.written import MARK
from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.forecast.inputs import prepare
from simfunnel.scenario import load_scenario

LEARNED = (
    "as_of",
    "clock",
    "stages",
    "amount",
    "amount_level",
    "leads",
    "leads_level",
    "anchor",
    "wins_by_month_of_quarter",
    "correlation",
    "pace",
)
"""Keys whose numbers come from the history."""
BY_PROOF = ("pace", "wins_by_month_of_quarter")
"""Of those, what is written only where past windows prove it: what somebody wrote himself then stays."""
_LAW = re.compile(r"^( +)quantiles: \[(\[.*\])\]$", re.MULTILINE)
"""A law of time as it stands in one line."""


def updated(result: Calibration, path: Path) -> tuple[str, str]:
    """Give the text of a scenario before and after its numbers are replaced.

    Stages that the history has are replaced by name, others stay. The rates of the user's own lead sources are scaled
    so that together they are the inflow that was learned. The user's own segments stay as they are; in a scenario that
    `calibrate` wrote (its first line says so) odds and amounts of the segments that were learned are replaced, but for
    stages of a segment that say more than odds. Within `correlation` only `market` is replaced, within
    `clock` only `weekdays`, where they were learned, and learned `holidays` are put beside the user's own; within
    `pipeline` what the laws need: `tail` and `realization`.

    Raises
    ------
    InputError
        If the scenario cannot be read, or its stages are others than those of the history.
    """
    loaded = load_scenario(path)
    names = [stage.name for stage in loaded.scenario.stages]
    if missing := [name for name in result.names if name not in names]:
        raise InputError(
            Problem(
                f"the history has the stages {', '.join(result.names)}, the scenario {', '.join(names)}: "
                f"{', '.join(missing)} cannot be placed; map them with `history.stage_map`",
                file=str(path),
            )
        )
    before = path.read_text("utf-8")
    learned_before = MARK in before.partition("\n")[0]
    document, new = _read(before), _read(result.scenario)
    if document is None or "extends" in document:
        raise InputError(
            Problem("`extends` and an update do not go together: name the file that holds the stages", file=str(path))
        )
    for key in LEARNED:
        if key == "stages":
            _replace_named(document, new, key)
        elif key == "leads":
            _replace_rates(document, new.get("leads") or [])
        elif key == "correlation":
            if not document.get(key):
                document[key] = type(document)()
            document[key]["market"] = new[key]["market"]
        elif key == "clock":
            if key in new:
                document[key] = document.get(key) or type(document)()
                document[key]["weekdays"] = new[key]["weekdays"]
                own = {} if learned_before else document[key].get("holidays") or {}
                if own or "holidays" in new[key]:
                    document[key]["holidays"] = {**(new[key].get("holidays") or {}), **own}
        elif key in new:
            document[key] = new[key]
        elif key in ("anchor", "leads_level") or (key in BY_PROOF and learned_before):
            document.pop(key, None)
    if learned_before:
        _replace_segments(document, new)
    if isinstance(document.get("pipeline"), Mapping):
        for key in ("tail", "realization"):
            if key in new["pipeline"]:
                document["pipeline"][key] = new["pipeline"][key]
    if "leads_level" in new:
        for source in document.get("leads", ()):
            source["rate"].pop("level_sd", None)
    after = _text(document)
    old = _read(before)
    after = with_comments_of(before, old, after, _read(after), frozenset(result.names))
    return before, with_comments_below(before, old, after, _read(after), "segments")


def write_update(result: Calibration, path: Path) -> str:
    """Replace the numbers of a scenario, and give the difference line by line.

    Raises
    ------
    InputError
        If the scenario cannot be read, has other stages, or would not be valid.
    SurroundingsError
        If it cannot be written.
    """
    path = path.resolve()  # a link stays one
    before, after = updated(result, path)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        write_through(partial, after)
        shutil.copymode(path, partial)
        prepare(partial)  # never a scenario that does not run, its periods and its pipeline file included
        partial.replace(path)
    except OSError as error:
        raise SurroundingsError(f"{path}: could not be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{path.name}, before", f"{path.name}, after", lineterm="", n=1
    )
    return "\n".join(lines)


def _replace_named(document: Any, new: Any, key: str) -> None:
    learned = {stage["name"]: stage for stage in new[key]}
    for i, stage in enumerate(document[key]):
        if stage["name"] in learned:
            document[key][i] = learned[stage["name"]]


def _replace_segments(document: Any, new: Any) -> None:
    """Renew the segments that were learned: their odds and amounts; what somebody wrote of a stage is his."""
    learned = new.get("segments") or {}
    if learned and not document.get("segments"):
        document["segments"] = type(document)()
    for name, segment in learned.items():
        own = document["segments"].get(name) or {}
        for stage, said in (own.get("stages") or {}).items():
            if set(said) != {"odds"}:
                segment.setdefault("stages", type(document)())[stage] = said
        document["segments"][name] = segment


def _replace_rates(document: Any, learned: list[Any]) -> None:
    own = list(document.get("leads") or ())
    if not own and learned:
        document["leads"] = learned
    _share_out(own, learned)


def _share_out(sources: list[Any], learned: list[Any]) -> None:
    """Scale the user's own sources to the inflow that was seen: how they divide it is his to say."""
    weekly = {"day": 7.0, "week": 1.0, "month": 7 * 12 / 365.25, "quarter": 7 * 4 / 365.25, "year": 7 / 365.25}
    now, total = (
        sum(float(source["rate"]["mean"]) * weekly[source["rate"]["per"]] for source in some)
        for some in (sources, learned)
    )
    for source in sources:
        if now > 0:
            source["rate"]["mean"] = float(f"{float(source['rate']['mean']) * total / now:.5g}")


def _read(text: str) -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    return yaml.load(text)


def _text(document: Any) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines break where they did: a difference shows numbers, not breaks
    yaml.indent(mapping=2, sequence=4, offset=2)
    file = io.StringIO()
    yaml.dump(document, file)
    return _LAW.sub(lambda law: "\n".join(points_in_lines(law[2], law[1])), file.getvalue())
