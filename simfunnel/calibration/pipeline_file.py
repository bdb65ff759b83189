"""The open deals of a view, and what was won since the current period began, as a pipeline file."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from simfunnel.estimation.book import Book, last_text
from simfunnel.history.history import History

COLUMNS = ("id", "stage", "status", "stage_entered", "amount", "created", "closed")
LABELS = ("owner", "segment", "source")


def pipeline_rows(
    view: History, book: Book, start: dt.date, segments: Sequence[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """Give the rows, the header first; columns that would be empty are left out.

    Parameters
    ----------
    view
        View of the day of the forecast.
    book
        Its deals.
    start
        First day of the current period: what was won since then counts in it.
    segments
        (D,) the segment of each deal, in place of what the history calls so.
    """
    texts = {name: last_text(view, name) for name in LABELS if name in view.facts}
    if segments is not None:
        texts = {name: texts.get(name, []) for name in LABELS} | {"segment": list(segments)}
    labels = [name for name, values in texts.items() if any(values)]
    yield (*COLUMNS, *labels)
    zone = ZoneInfo(view.time_zone)

    def local(instant: float) -> str:
        return dt.datetime.fromtimestamp(math.floor(instant + 1e-3), zone).isoformat(" ")

    def money(deal: int) -> str:
        amount = float(book.amount[deal])
        return "" if np.isnan(amount) else f"{amount:.15g}"

    seconds = 86_400.0
    for deal, stage, age in zip(book.open.tolist(), book.open_stage.tolist(), book.open_age.tolist(), strict=True):
        entered = local(view.end / 1e6 - age * seconds)
        created = local(float(book.created[deal]) * seconds)
        own = [texts[name][deal] for name in labels]
        yield (str(view.deals.id[deal]), view.stages[stage], "open", entered, money(deal), created, "", *own)
    since = view.midnight(start) / 86_400e6
    closed_now = book.won & (book.closed >= since)
    closed_now[book.open] = False  # opened again: it stands above
    for deal in np.flatnonzero(closed_now).tolist():
        closed, created = (local(float(x[deal]) * seconds) for x in (book.closed, book.created))
        own = [texts[name][deal] for name in labels]
        yield (str(view.deals.id[deal]), "Won", "won", "", money(deal), created, closed, *own)
