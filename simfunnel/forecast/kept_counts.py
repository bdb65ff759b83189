"""Counts of trials in a file, so that a long run that was stopped goes on where it was.

The file holds whole numbers and nothing that could be run: a line that names its form, the SHA-256 of the rest, a line
of JSON, and the arrays that it tells the lengths of. It is replaced whole, so that a stop at any moment leaves the old
one or the new one; what is damaged all the same is not taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.bundle import expect_folder
from simfunnel.bundle.durable import sync_folder
from simfunnel.errors import InputError, Problem
from simfunnel.values.messages import show
from simfunnel.wording.language import tell

NAME = "trials.partial"
"""In the folder of the result; it goes once that is written."""
EVERY = 10.0
"""Seconds between two times that counts are kept, at least."""
SHARE = 20.0
"""So many times longer than keeping them took is counted before they are kept again."""
_FORM = b"simfunnel counts of trials, form 1\n"
_WORD = np.dtype("<i8")

State = tuple[dict[str, Any], list[Ints]]
"""What JSON holds, and arrays of int64."""


@dataclass(eq=False)
class KeptCounts:
    """The file of one run."""

    path: Path
    question: Mapping[str, Any]
    """What is simulated, and with what: counts of another question are refused."""
    _due: float = field(default_factory=lambda: time.monotonic() + EVERY)
    _lost: bool = False

    @classmethod
    def open(cls, folder: Path, question: Mapping[str, Any]) -> KeptCounts:
        """Say where counts are kept.

        Raises
        ------
        InputError
            If it is no folder.
        """
        expect_folder(folder)
        return cls(folder / NAME, question)

    def found(self, *, force: bool) -> State | None:
        """Read what a run that was stopped has left, if it did.

        Parameters
        ----------
        force
            Whether counts of another question are dropped.

        Raises
        ------
        InputError
            If it is of another question.
        """
        try:
            state = _read(self.path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            self.refuse()
            return None
        asked = state[0].get("question")
        if asked == self.question:
            return state
        if force:
            return None
        asked = asked if isinstance(asked, dict) else {}
        differs = [key for key, value in self.question.items() if asked.get(key) != value][:3]
        told = "; ".join(f"{key}: {show(asked.get(key))} there, {show(self.question[key])} now" for key in differs)
        message = f"holds the counts of another run ({told}); choose another --out, or --force"
        raise InputError(Problem(message, file=str(self.path)))

    def refuse(self) -> None:
        """Say that what is there is not taken: it is not what a run has written."""
        told = tell("{file} is damaged and is not used: the trials begin anew", file=self.path)
        warnings.warn(told, stacklevel=2)

    def keep(self, state: Callable[[], State]) -> None:
        """Keep counts, if that is due; a disk that is full costs the resuming, not the run."""
        if self._lost or time.monotonic() < self._due:
            return
        started = time.monotonic()
        try:
            _write(self.path, *state(), self.question)
        except OSError as error:
            self._lost = True
            _remove(_waiting(self.path))
            why = error.strerror or str(error)
            told = tell("what is done cannot be kept in {file} ({why}): a run that is stopped begins anew",
                        file=self.path, why=why)  # fmt: skip
            warnings.warn(told, stacklevel=2)
        ended = time.monotonic()
        self._due = ended + max(EVERY, SHARE * (ended - started))


def clear(folder: Path) -> None:
    """Remove what was kept: the result is written."""
    _remove(folder / NAME)
    _remove(_waiting(folder / NAME))


def _waiting(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        told = tell("{file} cannot be removed ({why})", file=path, why=error.strerror or error)
        warnings.warn(told, stacklevel=2)


def _write(path: Path, told: Mapping[str, Any], arrays: Sequence[Ints], question: Mapping[str, Any]) -> None:
    words = [np.ascontiguousarray(array, dtype=_WORD) for array in arrays]
    head = json.dumps({**told, "question": question, "lengths": [len(array) for array in words]}).encode() + b"\n"
    digest = hashlib.sha256(head)
    for array in words:
        digest.update(array.data)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = _waiting(path)
    with waiting.open("wb") as file:
        file.write(_FORM + digest.hexdigest().encode() + b"\n" + head)
        for array in words:
            file.write(array.data)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
    sync_folder(path.parent)


def _read(path: Path) -> State:
    """Read a file; ValueError if it is not whole, or none of ours."""
    with path.open("rb") as file:
        if file.read(len(_FORM)) != _FORM:
            raise ValueError("another form")
        seal = file.readline(65).strip()
        rest = file.read()
    if hashlib.sha256(rest).hexdigest().encode() != seal:
        raise ValueError("not whole")
    head, _, body = rest.partition(b"\n")
    told = json.loads(head)
    lengths = told["lengths"]
    if any(length < 0 for length in lengths) or sum(lengths) * _WORD.itemsize != len(body):
        raise ValueError("not as long as it says")
    words = np.frombuffer(body, dtype=_WORD).astype(np.int64)
    return told, [part.copy() for part in np.split(words, np.cumsum(lengths)[:-1])]
