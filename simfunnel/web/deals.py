"""The open deals of the page: searched, with their chances under the changes."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from simfunnel.engine.exact.chances import chances_by_period
from simfunnel.engine.run.recent import Recent
from simfunnel.forecast.inputs import shift_key
from simfunnel.web.question import State
from simfunnel.web.reading import Reading
from simfunnel.wording.numbers import money, percent
from simfunnel.wording.shown_text import as_name

Row = dict[str, Any]


class DealList:
    """The open deals of a reading, the largest first."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._chances = Recent(8)
        book = reading.ready.compiled(reading.base_shifts, ()).book
        table = reading.ready.table.open
        place = {(id_, row): i for i, (id_, row) in enumerate(zip(table.id, table.row, strict=True))}
        self._rows: list[Row] = []
        for d, (id_, row) in enumerate(zip(book.deals.id, book.deals.row.tolist(), strict=True)):
            i = place[id_, row]
            self._rows.append({
                "id": id_, "name": as_name(book.deals.name[d] or id_), "account": as_name(book.deals.account[d] or ""),
                "owner": as_name(table.owner[i] or ""), "stage": as_name(table.stage[i]),
                "amount": float(book.deals.amount[d]),
                "close_date": _day(book.as_of, float(book.deals.close_date[d])),
            })  # fmt: skip
        self._rows.sort(key=lambda row: -row["amount"])
        self._texts = [
            "\n".join(str(row[key]) for key in ("id", "name", "account", "owner", "stage")).casefold()
            for row in self._rows
        ]

    def find(self, state: State, text: str, first: int, count: int) -> dict[str, Any]:
        """Give rows that hold a text, with each deal's chance in the period without and with the changes."""
        wanted = text.strip().casefold()
        found = [row for row, told in zip(self._rows, self._texts, strict=True) if wanted in told]
        k = self._reading.goal(state).index
        before = self._of((), k)
        now = self._of(state.shifts, k) if state.shifts else before
        rows = []
        for row in found[first : first + count]:
            was, chance = before.get(row["id"]), now.get(row["id"])
            rows.append({
                **row, "amount_told": str(money(row["amount"])), "p_win": chance, "p_win_before": was,
                "p_win_told": "" if chance is None else str(percent(chance)),
                "p_win_before_told": "" if was is None else str(percent(was)),
            })  # fmt: skip
        return {"version": self._reading.version, "in_all": len(self._rows), "found": len(found), "rows": rows}

    def _of(self, shifts: tuple[Any, ...], k: int) -> dict[str, float]:
        """P(won in the period) of each deal by its law; the number of periods for `k` stands for all of them."""
        reading = self._reading

        def make() -> dict[str, float]:
            compiled = reading.ready.compiled((*reading.base_shifts, *shifts), ())
            chances = chances_by_period(compiled.model)
            own = chances[k] if k < len(chances) else chances.sum(axis=0)
            return dict(zip(compiled.book.deals.id, own.tolist(), strict=True))

        return self._chances.get((shift_key(shifts), k), make)


def _day(as_of: dt.date, days: float) -> str:
    return "" if math.isnan(days) else (as_of + dt.timedelta(days=round(days))).isoformat()
