"""What owners commit by the forecast categories of an export: its deals summed as a CRM rolls them up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Bools
from simfunnel.crm.categories import Category, CategoryWords
from simfunnel.crm.deals import OpenDeals, PipelineTable
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.calendar import Period
from simfunnel.scenario.schema import Scenario
from simfunnel.store.submissions import EXPORT, Submission
from simfunnel.values.names import name_key
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import joined, tell

ROLLED_UP: Mapping[str, frozenset[Category]] = {
    "commit": frozenset({"commit"}),
    "best_case": frozenset({"commit", "most_likely", "best_case"}),
}
"""Kind of a submission -> categories of the open deals in it, beside what is won: each holds the one before."""
COUNTED = ROLLED_UP["best_case"]


@dataclass(frozen=True, slots=True)
class ExportCommits:
    """What the column of forecast categories of an export says its owners commit."""

    column: str
    """Its header."""
    said: tuple[Submission, ...] = ()
    """Of each owner and period; empty where nothing was read."""
    why: Finding | None = None
    """Why nothing was read."""
    left_out: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """Reason -> deals that are in no sum and perhaps should be, and what they are worth."""
    words: Mapping[str, Category | None] = field(default_factory=dict)
    """What each word of the open deals was taken for."""


def commits_of(ready: Prepared) -> ExportCommits | None:
    """Sum the deals of each owner by category and period; None where the export has no column of categories.

    A commit is what is won in the period and the open deals in Commit that close in it; a best case is the commit and
    the open deals in Most Likely and Best Case: the cumulative roll-up of Salesforce. Periods are those with a target,
    or the first where none has one.
    """
    scenario, table = ready.scenario, ready.table
    column = table.quality.columns.get("forecast_category")
    if column is None:
        return None
    found = CategoryWords(scenario.pipeline.category_map, table.quality.preset)
    if unknown := _unknown(table.open, found):
        return ExportCommits(column, why=_why("category_unknown", column, words=unknown))
    words = {word: found[word] for word in dict.fromkeys(table.open.forecast_category) if word is not None}
    categories = [None if word is None else words[word] for word in table.open.forecast_category]
    used = COUNTED.intersection(words.values())
    if not used:
        return ExportCommits(column, why=_why("category_unused", column), words=words)
    if "owner" not in table.quality.columns:
        return ExportCommits(column, why=_why("category_no_owner", column), words=words)
    first, periods = ready.periods[0], _periods(ready)
    if first in periods and first.start < scenario.as_of and not _tells_wins(table, scenario):
        return ExportCommits(column, why=_why("category_without_wins", column, period=first.label), words=words)
    told = [kind for kind, needed in (("commit", "commit" in used), ("best_case", bool(used - {"commit"}))) if needed]
    said = [one for period in periods for one in _said(scenario, table, categories, period, told, won=period == first)]
    return ExportCommits(column, tuple(said), None, _left_out(table, categories), words)


def _why(code: str, column: str, **more: object) -> Finding:
    return Finding(
        code, {"column": column, **more}, key="pipeline.category_map" if code == "category_unknown" else None
    )


def _unknown(deals: OpenDeals, words: CategoryWords) -> dict[str, tuple[int, float]]:
    """Words that nobody knows -> open deals, and what they are worth; the most deals first."""
    found: dict[str, list[float]] = defaultdict(list)
    for word, amount in zip(deals.forecast_category, np.nan_to_num(deals.amount).tolist(), strict=True):
        if word is not None and not words.knows(word):
            found[word].append(amount)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return {word: (len(amounts), math.fsum(amounts)) for word, amounts in ordered}


def _periods(ready: Prepared) -> Sequence[Period]:
    targets = {target.period for target in ready.scenario.targets}
    return [period for period in ready.periods if period.label in targets] or ready.periods[:1]


def _tells_wins(table: PipelineTable, scenario: Scenario) -> bool:
    """Whether the export, or the scenario in its place, tells of won deals at all."""
    return bool(len(table.won) or len(table.won_earlier) or scenario.closed)


def _said(
    scenario: Scenario, table: PipelineTable, categories: Sequence[Category | None], period: Period,
    kinds: Sequence[str], *, won: bool,
) -> list[Submission]:  # fmt: skip
    """Submissions for a period by owner; who has nothing won in it, and no deal that counts, says nothing."""
    parts: dict[tuple[str, str], list[float]] = defaultdict(list)
    spelled: dict[str, str] = {}

    def add(owner: str | None, amount: float, own: Sequence[str]) -> None:
        if owner is not None and not math.isnan(amount):
            for kind in own:
                parts[spelled.setdefault(name_key(owner), owner), kind].append(amount)

    if won:
        for owner, amount in zip(table.won.owner, table.won.amount.tolist(), strict=True):
            add(owner, amount, kinds)
        for entry in scenario.closed:
            add(entry.owner, entry.amount, kinds)
    for at in np.flatnonzero(_closing(table.open, period, scenario)).tolist():
        own = [kind for kind in kinds if categories[at] in ROLLED_UP[kind]]
        add(table.open.owner[at], float(table.open.amount[at]), own)
    return [
        Submission(scenario.as_of, owner, period.label, kind, math.fsum(amounts), EXPORT)
        for (owner, kind), amounts in sorted(parts.items())
    ]


def _closing(deals: OpenDeals, period: Period, scenario: Scenario) -> Bools:
    """(deals,) whether its owner expects it to close in a period."""
    first, last = ((day - scenario.as_of).days for day in (period.start, period.end))
    return np.asarray((deals.close_date >= first) & (deals.close_date < last))


def _left_out(table: PipelineTable, categories: Sequence[Category | None]) -> dict[str, tuple[int, float]]:
    """Reason -> deals that count by their category, or are won, or have none, and are in no sum; and their worth."""
    deals, found = table.open, defaultdict[str, list[float]](list)
    for at, category in enumerate(categories):
        blank = {
            "owner": deals.owner[at] is None, "close date": math.isnan(deals.close_date[at]),
            "amount": math.isnan(deals.amount[at]),
        }  # fmt: skip
        if deals.forecast_category[at] is None:
            found[tell("without category")].append(float(deals.amount[at]))
        elif category == "closed":
            found[tell("open, and in Closed")].append(float(deals.amount[at]))
        elif category in COUNTED and any(blank.values()):
            lacking = joined([tell(name) for name, gone in blank.items() if gone], " and ")
            found[tell("without {columns}", columns=lacking)].append(deals.amount[at])
    ownerless = [float(x) for owner, x in zip(table.won.owner, table.won.amount, strict=True) if owner is None]
    if ownerless:
        found[tell("won, without owner")] = ownerless
    return {reason: (len(own), math.fsum(x for x in own if not math.isnan(x))) for reason, own in found.items()}
