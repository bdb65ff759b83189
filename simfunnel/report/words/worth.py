"""What the rows of a pipeline table are worth, by what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from simfunnel.funnel.book import Compiled
from simfunnel.wording.language import joined, sentences, tell
from simfunnel.wording.numbers import money, plural, sum_told


def worth_of_rows(compiled: Compiled) -> str:
    """Tell the money of open, won, lost and excluded rows; open as the forecast counts it."""
    quality = compiled.quality
    worth: dict[str, list[float | None]] = {
        name: [amount - (negative := quality.negative.get(name, 0.0)), negative]
        for name, amount in quality.amounts.items()
    }
    worth |= {"open": [_forecast_open(compiled)], "excluded": [row.amount for row in quality.excluded]}
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
