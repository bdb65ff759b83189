"""Forecast categories: what the words of a CRM mean. Words of others are never guessed; the scenario says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from simfunnel.values.words import bare_letters

Category = Literal["commit", "most_likely", "best_case", "pipeline", "omitted", "closed"]
_SPELLED: Mapping[Category, str] = {
    "commit": "commit, committed, 100000003",
    "most_likely": "mostlikely",
    "best_case": "bestcase, 100000002",
    "pipeline": "pipeline, 100000001",
    "omitted": "omitted, omit, 100000004",
    "closed": "closed, closedwon, closedlost, won, lost, 100000005, 100000006",
}
WORDS: Mapping[str, Category] = {word: name for name, said in _SPELLED.items() for word in said.split(", ")}
"""Letters and digits of a word -> category: those of Salesforce, HubSpot and Dynamics, whose numbers too."""
_SALESFORCE: Mapping[str, Category] = {"forecast": "commit"}
"""In its field ForecastCategory, not in ForecastCategoryName, Salesforce writes Forecast for Commit."""


class CategoryWords:
    """What the words of a column of forecast categories mean.

    Parameters
    ----------
    stated
        Word -> category, or None for deals that are in none: of the scenario, before all others.
    preset
        The CRM that wrote the file.
    """

    def __init__(self, stated: Mapping[str, Category | None], preset: str) -> None:
        usual = {**WORDS, **_SALESFORCE} if preset == "salesforce" else WORDS
        own: dict[str, Category | None] = {bare_letters(word): name for word, name in stated.items()}
        self._words: dict[str, Category | None] = {**usual, **own}

    def knows(self, word: str) -> bool:
        """Whether a word means a category, or that there is none."""
        return bare_letters(word) in self._words

    def __getitem__(self, word: str) -> Category | None:
        return self._words[bare_letters(word)]
