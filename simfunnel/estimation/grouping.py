"""Groups of deals: by a fact as it was known at the time, or by a column that stands beside each deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.errors import InputError, shorten
from simfunnel.history.history import UNDATED, History
from simfunnel.values.numbers import parse_number
from simfunnel.wording.numbers import money

NUMBERS = ("amount", "probability")
TIMES = ("close_date", "last_activity")
"""Facts that are instants: nothing to group by."""
BANDS, DISTINCT = 4, 12
"""Bands into which a number is cut, and different values up to which each stays a group of its own."""
ONE_ROW = ("wide", "two_dates")
"""Forms in which a deal is one row: nobody knows since when what stands in it holds."""
MOST_GROUPS = 300
"""Groups above which the column names deals rather than kinds of deals."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each deal is in, now and at earlier times."""

    by: str | None
    labels: tuple[str, ...]
    """Empty text: deals of which the column says nothing."""
    of: Ints
    """(D,) position of the label that was known last."""
    undated: bool = False
    """Whether nobody knows since when the values held."""
    told: tuple[Ints, Ints, Ints] | None = None
    """(deal, instant, label) of everything that was told, by deal and then by time; None where nothing ever changes."""

    def at(self, deal: Ints, instant: Ints) -> Ints:
        """Give the group in which deals were at instants; before anything was told of one, what was told first.

        Who has a deal when it ends is known only then: a stay in a stage belongs to whoever had the deal as it began.
        """
        if self.told is None or not len(self.told[0]):
            return np.asarray(self.of[deal])
        of, since, label = self.told
        times = np.unique(np.concatenate([since, instant]))
        width = len(times) + 1
        known = of * width + np.searchsorted(times, since)
        place = np.searchsorted(known, deal * width + np.searchsorted(times, instant), side="right") - 1
        first = np.searchsorted(known, deal * width)
        place = np.maximum(place, first)
        named = (place < len(of)) & (of[np.minimum(place, len(of) - 1)] == deal)
        return np.asarray(np.where(named, label[np.minimum(place, len(of) - 1)], self.of[deal]))


def grouped(history: History, by: str | None) -> Groups:
    """Put each deal of a view into its group.

    Raises
    ------
    InputError
        If there is no such column, nothing stands in it, or it has too many values to be compared.
    """
    n = len(history.deals)
    if by is None:
        return Groups(None, ("all",), np.zeros(n, dtype=np.int64))
    name = _column(history, by)
    found = _by_fact(history, name) if name in history.facts else _by_attribute(history, name)
    if set(found.labels) <= {""}:
        raise InputError(f"--by {shorten(by)}: nothing stands in it; there are {_listed(columns(history))}")
    if len(found.labels) > MOST_GROUPS:
        raise InputError(
            f"--by {shorten(by)}: {len(found.labels):,} different values among {n:,} deals; at most {MOST_GROUPS} "
            f"groups can be compared. There are {_listed(columns(history))}"
        )
    return found


def _by_attribute(history: History, name: str) -> Groups:
    labels, of = _of_texts([str(text).strip() for text in history.deals.attributes[name].tolist()])
    return Groups(name, labels, of, history.form in ONE_ROW)


def _by_fact(history: History, name: str) -> Groups:
    facts = history.facts[name]
    if name in NUMBERS:
        told = ~np.isnan(np.asarray(facts.value, dtype=np.float64))
        labels, of_row = _banded(np.asarray(facts.value, dtype=np.float64)[told])
    else:
        texts = [str(text or "").strip() for text in facts.value.tolist()]
        told = np.array([bool(text) for text in texts], dtype=np.bool_)
        labels, of_row = _values([text for text in texts if text])
    order = np.lexsort((facts.since[told], facts.deal[told]))
    deal, since, label = facts.deal[told][order], facts.since[told][order], of_row[order]
    of = np.full(len(history.deals), len(labels), dtype=np.int64)
    of[deal] = label  # of several the last stays
    labels = (*labels, "") if (of == len(labels)).any() else labels
    return Groups(name, labels, of, bool((since == UNDATED).any()), (deal, since, label))


def columns(history: History) -> list[str]:
    """Name what deals can be grouped by."""
    facts = [name for name, fact in history.facts.items() if name not in TIMES and len(fact.deal)]
    return [*facts, *history.deals.attributes]


def _column(history: History, by: str) -> str:
    """Find a field, a column, or the field that a column was taken for; case does not matter."""
    there = columns(history)
    taken = {} if history.decisions is None else {header: name for name, header in history.decisions.columns.items()}
    known = {name: name for name in there} | {header: name for header, name in taken.items() if name in there}
    folded = {name.strip().casefold(): field for name, field in reversed(known.items())}
    found = known.get(by) or folded.get(by.strip().casefold())
    if found is None:
        raise InputError(f"--by {shorten(by)}: no such column in the history; there are {_listed(there)}")
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(shorten(name) for name in names) or "none: the history holds no column beside stages and times"


def _of_texts(texts: list[str]) -> tuple[tuple[str, ...], Ints]:
    """Cut a column of many different numbers into bands; else each value is a group."""
    numbers = {text: _number(text) for text in set(texts) if text}
    if len(numbers) > DISTINCT and None not in numbers.values():
        return _banded(np.array([numbers.get(text) for text in texts], dtype=np.float64))
    return _values(texts)


def _values(texts: list[str]) -> tuple[tuple[str, ...], Ints]:
    values = sorted(set(texts))
    place = {value: i for i, value in enumerate(values)}
    return tuple(values), np.array([place[text] for text in texts], dtype=np.int64)


def _number(text: str) -> float | None:
    """Read a number; None where it is none."""
    try:
        return float(parse_number(text))
    except ValueError:
        return None


def _banded(x: Floats) -> tuple[tuple[str, ...], Ints]:
    """Cut numbers at their quartiles; those that are unknown are a group of their own."""
    known = ~np.isnan(x)
    if not known.any():
        return ("",), np.zeros(len(x), dtype=np.int64)
    values = np.unique(x[known])
    if len(values) <= DISTINCT:
        labels, of = [f"{value:,g}" for value in values], np.searchsorted(values, x)
    else:
        cuts = np.unique(np.quantile(x[known], np.arange(1, BANDS) / BANDS, method="higher"))
        cuts = cuts[cuts < values[-1]]
        shown = [money(cut) if abs(cut) >= 1000 else f"{cut:,.4g}" for cut in cuts]
        middle = [f"{low} to {high}" for low, high in pairwise(shown)]
        labels, of = [f"up to {shown[0]}", *middle, f"above {shown[-1]}"], np.searchsorted(cuts, x)
    of = np.where(known, of, len(labels)).astype(np.int64)
    return (tuple(labels) if known.all() else (*labels, "")), of
