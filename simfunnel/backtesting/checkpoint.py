"""Origins that are done, kept in a file, so that an interrupted backtest goes on where it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simfunnel.backtesting.results import OriginScore, Skipped
from simfunnel.backtesting.stored import score_from, score_to
from simfunnel.bundle import expect_folder
from simfunnel.errors import InputError, Problem
from simfunnel.estimation.hindcast import content_of
from simfunnel.history.history import History

NAME = "origins.partial.jsonl"
"""In the folder of the result; it goes once that is written."""
FINISHED = "backtest.json"


@dataclass(eq=False)
class Checkpoint:
    """Scores by day; without a file they are kept in memory alone."""

    path: Path | None = None
    question: Mapping[str, Any] = field(default_factory=dict)
    """What was asked of which history: origins of another question are not taken."""
    done: dict[dt.date, list[OriginScore] | Skipped] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, folder: Path, question: Mapping[str, Any], *, force: bool = False) -> Checkpoint:
        """Read what an interrupted backtest left in a folder, or begin.

        Raises
        ------
        InputError
            If it is no folder, or what was left there is of another history or was asked otherwise.
        """
        expect_folder(folder)
        path = folder / NAME
        found = cls(path, json.loads(json.dumps(question)))
        if force:
            path.unlink(missing_ok=True)
            return found
        _refuse_another(folder / FINISHED, found.question)
        if path.is_file():
            lines = path.read_text("utf-8").splitlines()
            asked = _parsed(lines[0]) if lines else None
            if asked is None:  # cut before anything was found
                path.unlink()
            elif asked != found.question:
                raise InputError(Problem(_another(asked, found.question), file=str(path)))
            for line in lines[1:]:
                data = _parsed(line)
                if data is not None:  # the last line may have been cut by the interrupt
                    found.done[dt.date.fromisoformat(data["as_of"])] = _result(data)
        return found

    def get(self, day: dt.date) -> list[OriginScore] | Skipped | None:
        """What was found at a day, None if nothing was."""
        return self.done.get(day)

    def put(self, day: dt.date, found: list[OriginScore] | Skipped) -> None:
        """Keep what was found at a day."""
        if self.path is None:
            return
        data: dict[str, Any] = {"as_of": day.isoformat()}
        if isinstance(found, Skipped):
            data["why"] = found.why
        else:
            data["scores"] = [score_to(score) for score in found]
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            begun = self.path.exists()
            with self.path.open("a", encoding="utf-8") as file:
                if not begun:
                    file.write(json.dumps(self.question) + "\n")
                file.write(json.dumps(data) + "\n")
                file.flush()
                os.fsync(file.fileno())


def fingerprint(history: History) -> str:
    """Give a hash of all that a backtest reads of a history: what a hindcast reads, names, labels and the calendar."""
    found = hashlib.blake2b(content_of(history), digest_size=16)
    found.update(repr((history.time_zone, history.stages, history.currency)).encode())
    texts = [history.deals.id.tolist()]
    for name in ("owner", "segment", "source", "probability", "close_date"):
        facts = history.facts.get(name)
        if facts is not None:
            found.update(f"{name} {len(facts.deal)}".encode())
            for column in (facts.deal, facts.since, facts.since_before):
                found.update(np.ascontiguousarray(column).data)
            texts.append(facts.value.tolist())
    for values in texts:
        found.update(repr(values).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def clear(folder: Path) -> None:
    """Remove what was kept: the result is written."""
    (folder / NAME).unlink(missing_ok=True)


def _refuse_another(path: Path, question: Mapping[str, Any]) -> None:
    """Refuse to write over the result of another backtest."""
    if not path.is_file():
        return
    try:
        asked = json.loads(path.read_text("utf-8")).get("settings")
    except (ValueError, AttributeError):  # damaged, or not ours: writing says so
        return
    if isinstance(asked, dict) and asked and asked != question:
        raise InputError(Problem(_another(asked, question), file=str(path)))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _result(data: Mapping[str, Any]) -> list[OriginScore] | Skipped:
    if "why" in data:
        return Skipped(dt.date.fromisoformat(data["as_of"]), data["why"])
    return [score_from(score) for score in data["scores"]]


def _another(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    differs = [key for key in wanted if found.get(key) != wanted[key]]
    told = "; ".join(f"{key}: {found.get(key)} there, {wanted[key]} now" for key in differs[:3])
    return f"holds the origins of another backtest ({told}); choose another --out, or --force"
