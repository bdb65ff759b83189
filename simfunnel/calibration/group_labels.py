"""Which deals are of one group, under names that a scenario and its pipeline file can both write."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfunnel.errors import InputError, shorten
from simfunnel.estimation.grouping import MOST_GROUPS, Groups, grouped
from simfunnel.history.history import History
from simfunnel.values.cells import clean, key
from simfunnel.wording.findings import Finding

MOST_SEGMENTS = 30
"""Groups above which nobody reads the scenario any more."""
NOT_STATED = "(not stated)"
"""Segment of the deals of which the column says nothing."""
AUTO, NONE = "auto", "none"


def groups_of(view: History, by: str | None) -> tuple[Groups | None, tuple[Finding, ...]]:
    """Put the deals of a view into groups whose rates are learned.

    Parameters
    ----------
    view
        What was known.
    by
        A field or column; None (or "none") for no groups; "auto" for the field ``segment`` where it has several values.

    Returns
    -------
    tuple
        The groups, None without any; and what is to be said where "auto" finds too many.

    Raises
    ------
    InputError
        If there is no such column, nothing stands in it, or it has too many values.
    """
    if by is None or by == NONE:
        return None, ()
    if by == AUTO:
        facts = view.facts.get("segment")
        texts = set() if facts is None else {clean(str(value or "")) for value in facts.value.tolist()} - {""}
        if len({key(text) for text in texts}) < 2:
            return None, ()
        if len(texts) > MOST_GROUPS:
            return None, (_many(len(texts)),)
        found = named(grouped(view, "segment"))
        return (None, (_many(len(found.labels)),)) if len(found.labels) > MOST_SEGMENTS else (found, ())
    found = named(grouped(view, by))
    if len(found.labels) > MOST_SEGMENTS:
        raise InputError(
            f"--by {shorten(by)}: {len(found.labels):,} groups; a scenario to be read has at most {MOST_SEGMENTS} "
            f"segments. Take a column of fewer values, or put the small ones together in the file; metrics compares up "
            f"to {MOST_GROUPS}"
        )
    return found, ()


def _many(groups: int) -> Finding:
    return Finding("groups_left_out", {"groups": groups, "most": MOST_SEGMENTS})


def named(groups: Groups) -> Groups:
    """Give labels the spelling in which a pipeline file gives them back; those that it takes for one are one.

    The most frequent comes first; of spellings that differ in capital letters only it is the one that stays.
    """
    count = np.bincount(groups.of, minlength=len(groups.labels))
    index: dict[str, int] = {}
    labels: list[str] = []
    place = np.zeros(len(groups.labels), dtype=np.int64)
    for i in sorted(range(len(groups.labels)), key=lambda i: (-int(count[i]), groups.labels[i])):
        label = clean(groups.labels[i]) or NOT_STATED
        if key(label) not in index:
            index[key(label)] = len(labels)
            labels.append(label)
        place[i] = index[key(label)]
    told = None if groups.told is None else (groups.told[0], groups.told[1], place[groups.told[2]])
    return replace(groups, labels=tuple(labels), of=place[groups.of], told=told)
