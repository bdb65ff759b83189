"""A store against a naive twin that keeps every table in memory: told, corrected and forgotten in any order."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simfunnel.record.exporting import export
from simfunnel.record.listing import check_store, forget_in_store, list_store, show_day
from simfunnel.store import Store
from store.toy import START, keep_text

DAYS = st.integers(0, 4).map(lambda n: START + dt.timedelta(days=n))
BOOKS = st.sampled_from(["one", "two"])
NAMES = ["a", "b", "c", "d", ""]
ROWS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["x", "y", ""]), st.sampled_from(["Ann", "Bo"])), max_size=5
)  # fmt: skip
HEADERS = st.sampled_from([("id", "stage", "owner"), ("id", "owner", "stage"), ("id", "stage", "owner", "more")])


def written(rows: list[tuple[str, str, str]], headers: tuple[str, ...]) -> str:
    lines = [",".join(headers)]
    for row in rows:
        cells = dict(zip(("id", "stage", "owner"), row, strict=True))
        lines.append(",".join(cells.get(header, "") for header in headers))
    return "\n".join(lines) + "\n"


class Told:
    """One telling, as the twin has it."""

    def __init__(self, day: dt.date, at: str, rows: list[tuple[str, str, str]], headers: tuple[str, ...]) -> None:
        self.day, self.at, self.rows, self.headers = day, at, rows, headers


class StoreMachine(RuleBasedStateMachine):
    """Tell, correct, forget; then compare every day as it is known now, and as it was known at every time."""

    @initialize()
    def begin(self) -> None:
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.store = Store.open(Path(self.folder.name) / "kept.db", make=True)
        self.told: dict[str, list[Told]] = {}
        self.files: dict[str, bool] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(book=BOOKS, day=DAYS, rows=ROWS, headers=HEADERS)
    def tell(self, book: str, day: dt.date, rows: list[tuple[str, str, str]], headers: tuple[str, ...]) -> None:
        text = written(rows, headers)
        if self.files.get(text):  # erased: `keep` refuses it
            return
        at = keep_text(self.store, text, day, book, said=False)
        self.files[text] = False
        self.told.setdefault(book, []).append(Told(day, at, [row for row in rows if any(row)], headers))

    @rule(book=BOOKS, name=st.sampled_from(["a", "b", "c"]))
    def forget(self, book: str, name: str) -> None:
        tellings = self.told.get(book, [])
        if not any(row[0] == name for told in tellings for row in told.rows):
            return
        for told in tellings:
            if any(row[0] == name for row in told.rows):
                for text in self.files:
                    if text == written(told.rows, told.headers):
                        self.files[text] = True
            told.rows = [row for row in told.rows if row[0] != name]
        forget_in_store(self.store, name, "deal", book)

    @invariant()
    def every_day_is_as_the_twin_has_it(self) -> None:
        if not getattr(self, "told", None):
            return
        assert check_store(self.store).faults == ()
        for book, tellings in self.told.items():
            times = [None, *(told.at for told in tellings[-3:])]
            for before in times:
                known = [told for told in tellings if before is None or told.at < before]
                latest = {told.day: told for told in known}  # of one day, the last that was told
                listed = list_store(self.store, book, recorded_before=before).snapshots
                assert [one.valid_day for _, one in listed] == sorted(latest)
                for day, told in latest.items():
                    data, one = export(self.store, day, book=book, recorded_before=before)
                    assert (one.valid_day, one.rows) == (day, len(told.rows))
                    assert data.decode() == written(told.rows, told.headers)
            self._changes(book, tellings)

    def _changes(self, book: str, tellings: list[Told]) -> None:
        """What a day is said to have changed, by ids that stand once."""
        latest = {told.day: told for told in tellings}
        before: dict[str, tuple[str, ...]] = {}
        for day in sorted(latest):
            ids = [row[0] for row in latest[day].rows]
            now = {row[0]: row for row in latest[day].rows if row[0]}
            shown = show_day(self.store, day, book)
            if all(ids.count(name) == 1 for name in now) and "" not in ids and before is not None:
                assert set(shown.new) >= now.keys() - before.keys()
                assert set(shown.left) >= before.keys() - now.keys()
                assert not set(shown.changed) & {name for name, row in now.items() if before.get(name) == row}
            before = now if all(ids.count(name) == 1 for name in now) else dict.fromkeys(now, ("?",))


StoreMachine.TestCase.settings = settings(max_examples=10, stateful_step_count=9)
test_a_store_is_what_its_twin_is = StoreMachine.TestCase
