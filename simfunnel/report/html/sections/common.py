"""What the sections share: how numbers stand in a table, and what is said where something is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simfunnel.forecast.estimates import Estimate
from simfunnel.report.html.blocks import Block, Cell, Paragraph, amount
from simfunnel.report.html.material import Keys, Material
from simfunnel.report.words.changes import money_change, points, signed
from simfunnel.wording.language import again, tell
from simfunnel.wording.numbers import money, percent

MOST_PAGES = 60
"""Owners (teams, segments) who have a page of their own."""


def money_cell(value: float | None) -> Cell:
    """An amount."""
    return amount("" if value is None else money(value), value)


def change_cell(value: float | None) -> Cell:
    """A change of an amount."""
    return amount("" if value is None else money_change(value), value)


def chance_cell(p: float | None, trials: int | None = None) -> Cell:
    """A probability."""
    return amount("" if p is None else percent(p, trials), p)


def points_cell(change: float | None, stderr: float | None) -> Cell:
    """A change of a probability, with its error where one is known."""
    if change is None:
        return amount("", None)
    return amount(signed(100 * change, 1) if stderr is None else points(Estimate(change, stderr)), change)


def count_cell(value: float | None, digits: int = 0) -> Cell:
    """A number of things."""
    return amount("" if value is None else f"{value:z,.{digits}f}", value)


def sentence(text: str, look: str = "plain") -> Paragraph:
    """A text."""
    return Paragraph(again(text), look)


def missing(material: Material, result: str, what: str, how: str) -> Paragraph:
    """Say what would stand here, and how to get it; or why it could not be had."""
    reason = material.why.get(result)
    if reason is not None:
        return Paragraph(
            tell("Here would stand {what}. It could not be made: {reason}", what=what, reason=reason), "missing"
        )
    takes = material.absent.get(result, how)
    return Paragraph(tell("Here would stand {what}: {how}", what=what, how=takes), "missing")


def trials_behind_keys(m: Material, keys: Mapping[str, Any]) -> int:
    """How many trials the chance of the target of a result rests on: none where it is won already."""
    overall = m.forecast.summary.overall
    period = next((p for p in (*overall.periods, overall.total) if p.label == keys["period"]), None)
    won = period is not None and keys["target"] is not None and period.by_origin["closed"].mean >= keys["target"]
    return 0 if won else int(keys["trials"])


def of_other_trials(m: Material, *results: Keys | None) -> list[Block]:
    """Say that results rest on other trials than the answer at the top, beside which they are read."""
    told = next((keys for keys in results if keys is not None), None)
    if told is None or told["trials"] == m.forecast.trials:
        return []
    own, trials = m.forecast.trials, told["trials"]
    if own:
        text = tell(
            "What stands here rests on {trials:,} trials, the answer at the top on {own:,}: the same chance or mean "
            "may differ between them by its simulation error.",
            trials=trials, own=own,
        )  # fmt: skip
    else:
        text = tell(
            "What stands here rests on {trials:,} trials, the answer at the top was computed exactly: the same chance "
            "or mean may differ between them by its simulation error.",
            trials=trials,
        )  # fmt: skip
    return [sentence(text, "note")]


def cautions(found: Sequence[Mapping[str, Any]]) -> list[Paragraph]:
    """What may change the decision, the most costly first."""
    return [Paragraph(again(one["sentence"]), "caution") for one in found]
