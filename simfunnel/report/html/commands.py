"""The commands that make the numbers of a report again, with the options that it was given."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from simfunnel.planning.pairs.goal import Share
from simfunnel.report.html.material import Source
from simfunnel.values.redacted import without_passwords

SCENARIO, HISTORY, LEFT_OUT = "SCENARIO", "HISTORY", "..."
"""What stands for a file, or for a value, where no name is told."""
_OF_HISTORY = ("metrics", "backtest")
_AIMED = {"plan": ("--period", "--confidence"), "levers": ("--period", "--confidence"), "stress": ("--period",),
          "health": ("--period",), "report": ("--period", "--confidence")}  # fmt: skip
"""What each command takes of what a report aims at."""
_BY_HISTORY = ("plan", "health")
"""What takes a history where there is one."""
_SHOWN = {"plan": ("--deals",), "stress": ("--misses",)}
"""What a report shows of a result, and its command when it is asked."""
Words = list[tuple[str, str]]
"""Words of a command line, and what stands for each where no name is told."""


@dataclass(frozen=True)
class Commands:
    """The options of a report, as they were given."""

    scenario: str
    sets: Sequence[str]
    """Options such as ``--set``, each followed by its value."""
    variant: str | None
    trials: int | str | None
    seed: int | None
    told_in: str | None
    history: str | None
    store: str | None
    book: str | None
    folders: Sequence[str]
    period: str | None = None
    confidence: Share | None = None

    def computed(self, name: str) -> Source:
        """What computes a result of the scenario; a number of trials that is sought is that of the forecast alone."""
        trials = None if name != "run" and self.trials == "auto" else self.trials
        beside = [] if name not in _BY_HISTORY else self._history()
        beside += self._store() if name == "health" else []
        shown = [(word, word) for word in _SHOWN.get(name, ())]
        words = [*self._scenario(), *self._changed(), *shown, *self._aimed(name), *beside]
        return _source(name, [*words, *self._how(trials)])

    def report(self, owner: str | None) -> Source:
        """What makes the report itself; that of one person leaves out what was set, which may be of others."""
        changed = [*self._changed(), *(word for one in self.folders for word in _given("--from", one, LEFT_OUT))]
        if owner is not None:
            changed = [(other, other) for _, other in changed]
        words = [*self._scenario(), *_given("--owner", owner), *changed, *self._aimed("report")]
        return _source("report", [*words, *self._history(), *self._store(), *self._how(self.trials)])

    def metrics(self, as_of: str) -> Source:
        """What measures the history."""
        words = [(self.history or HISTORY, HISTORY), *_given("--by", "owner"), *_given("--as-of", as_of)]
        return _source("metrics", [*words, *_given("--language", self.told_in)])

    def track(self, store: str, book: str) -> Source:
        """What gives the record of kept forecasts."""
        words = [*_given("--store", store, LEFT_OUT), *_given("--book", book, LEFT_OUT)]
        return _source("track", [*words, *_given("--language", self.told_in)])

    def _scenario(self) -> Words:
        return [(self.scenario, SCENARIO)]

    def _changed(self) -> Words:
        options = zip(self.sets[::2], self.sets[1::2], strict=True)
        return [word for name, value in options for word in _given(name, value, LEFT_OUT)]

    def _aimed(self, name: str) -> Words:
        given = {"--period": self.period, "--confidence": self.confidence}
        return [word for option in _AIMED.get(name, ()) for word in _given(option, given[option])]

    def _history(self) -> Words:
        return _given("--history", self.history, HISTORY)

    def _store(self) -> Words:
        store = None if self.store is None else without_passwords(self.store)
        return [*_given("--store", store, LEFT_OUT), *_given("--book", self.book, LEFT_OUT)]

    def _how(self, trials: int | str | None) -> Words:
        given = {"--variant": self.variant, "--seed": self.seed, "--trials": trials, "--language": self.told_in}
        return [word for name, value in given.items() for word in _given(name, value)]


def read_from(name: str, command: Sequence[str]) -> Source:
    """What made a result that was read from a folder."""
    return Source(name, shlex.join(command), (name, HISTORY if name in _OF_HISTORY else SCENARIO))


def _given(name: str, value: str | float | None, other: str | None = None) -> Words:
    """An option with its value, and what stands for that where no name is told; nothing where it was not given."""
    return [] if value is None else [(name, name), (str(value), other or str(value))]


def _source(name: str, words: Words) -> Source:
    made = shlex.join(["simfunnel", name, *(word for word, _ in words)])
    return Source(name, made, (name, *(other for _, other in words)))
