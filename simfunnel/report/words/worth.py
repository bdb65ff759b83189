"""What the rows of a pipeline table are worth, by what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simfunnel.funnel.book import Compiled
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import joined, sentences, tell
from simfunnel.wording.numbers import money, plural, sum_told

REPEATS = frozenset({"duplicate_row", "duplicate_id"})
"""Codes of rows whose deal is in the forecast by another row: their money is not missing."""


def left_out(excluded: Sequence[Finding]) -> str:
    """Tell the rows that are left out and their money; rows that repeat others are counted and worth nothing more."""
    deals, repeats = _apart(excluded)
    rows, amount = plural(len(deals), "row"), sum_told(row.amount for row in deals)
    if not deals:
        return tell("{repeats} of deals that other rows tell", repeats=plural(len(repeats), "row"))
    if not repeats:
        return tell("{rows} worth {amount}", rows=rows, amount=amount)
    return tell(
        "{rows} worth {amount}, and {repeats} of deals that other rows tell,",
        rows=rows, amount=amount, repeats=plural(len(repeats), "row"),
    )  # fmt: skip


def misses_money(excluded: Sequence[Finding]) -> bool:
    """Whether money is left out that no other row brings."""
    return any(row.amount for row in _apart(excluded)[0])


def _apart(excluded: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that are missing, and those that repeat others."""
    return [row for row in excluded if row.code not in REPEATS], [row for row in excluded if row.code in REPEATS]


def worth_of_rows(compiled: Compiled) -> str:
    """Tell the money of open, won, lost and excluded rows; open as the forecast counts it."""
    quality = compiled.quality
    worth: dict[str, list[float | None]] = {
        name: [amount - (negative := quality.negative.get(name, 0.0)), negative]
        for name, amount in quality.amounts.items()
    }
    excluded, _ = _apart(quality.excluded)
    worth |= {"open": [_forecast_open(compiled)], "excluded": [row.amount for row in excluded]}
    parts = [tell("{what} {amount}", what=tell(name), amount=sum_told(amounts)) for name, amounts in worth.items()]
    told = tell("In {currency}: {amounts}.", currency=compiled.book.currency, amounts=joined(parts))
    return sentences(told, *_why_other(compiled))


def _forecast_open(compiled: Compiled) -> float:
    return float(compiled.book.deals.amount.sum())


def _why_other(compiled: Compiled) -> Iterator[str]:
    """Say why the open deals of a forecast are worth more than the rows of the file, where some list no amount."""
    drawn = next((found.fields for found in compiled.findings if found.code == "amounts_drawn"), None)
    if drawn is not None:
        yield tell(
            "Open, as in the forecast: {listed} in the rows of the file, {drawn} in the mean for {deals} without an "
            "amount.",
            listed=money(compiled.quality.amounts["open"]), drawn=money(float(drawn["mean"])),
            deals=plural(int(drawn["deals"]), "open deal"),
        )  # fmt: skip
