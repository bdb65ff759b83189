"""A store against a naive twin that keeps every table in memory: told, imported, corrected, forgotten, upgraded."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simfunnel.errors import InputError
from simfunnel.record.exporting import export
from simfunnel.record.importing import import_history
from simfunnel.record.listing import check_store, forget_in_store, list_store, show_day
from simfunnel.record.submissions import tell_submissions
from simfunnel.store import Store, schema
from simfunnel.store.books import book_to_write
from simfunnel.store.snapshots import tell
from simfunnel.store.submissions import Submission, submissions
from store.toy import START, keep_text

DAYS = st.integers(0, 4).map(lambda n: START + dt.timedelta(days=n))
BOOKS = st.sampled_from(["one", "two"])
NAMES = ["a", "b", "c", "d", ""]
ROWS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["x", "y", ""]), st.sampled_from(["Ann", "Bo"])), max_size=5
)  # fmt: skip
WHOLE = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["x", "y"]), st.sampled_from(["Ann", "Bo"])),
    min_size=1, max_size=5, unique_by=lambda row: row[0],
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
    """Tell, import, correct, forget, upgrade; then every day as it is known now, and as it was known at every time."""

    @initialize()
    def begin(self) -> None:
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.store = Store.open(Path(self.folder.name) / "kept.db", make=True)
        self.told: dict[str, list[Told]] = {}
        self.files: dict[str, bool] = {}
        self.said: dict[str, dict[tuple[str, dt.date], float]] = {}
        self.gone: set[tuple[str, str]] = set()
        self.silenced: set[tuple[str, str]] = set()
        self.form = schema.VERSION, schema.UPGRADES

    def teardown(self) -> None:
        if hasattr(self, "form"):
            schema.VERSION, schema.UPGRADES = self.form
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

    @rule(book=BOOKS, days=st.lists(DAYS, min_size=1, max_size=3, unique=True), rows=WHOLE, headers=HEADERS)
    def bring_in(
        self, book: str, days: list[dt.date], rows: list[tuple[str, str, str]], headers: tuple[str, ...]
    ) -> None:
        """A folder of dated exports: the same rows on each day, one deal fewer on each day after."""
        tables = {day: rows[: max(1, len(rows) - at)] for at, day in enumerate(sorted(days))}
        texts = {day: written(own, headers) for day, own in tables.items()}
        if any(self.files.get(text) for text in texts.values()) or self.gone & {(book, row[0]) for row in rows}:
            return  # refused, as other tests say
        with tempfile.TemporaryDirectory(dir=self.folder.name) as folder:
            for day, text in texts.items():
                (Path(folder) / f"deals_{day}.csv").write_text(text, encoding="utf-8")
            latest = {told.day: told for told in self.told.get(book, [])}
            same = [day for day in texts if day in latest
                    and written(latest[day].rows, latest[day].headers) == texts[day]]  # fmt: skip
            if any(day in latest for day in texts if day not in same):
                kept = len(list_store(self.store, book).snapshots)
                try:
                    import_history(self.store, folder, book=book)
                    raise AssertionError("a day that is kept with another file was told anew")
                except InputError as error:
                    assert "--correct" in str(error)
                at = [one.valid_day for _, one in list_store(self.store, book).snapshots]
                assert len(at) >= kept  # days before the refused one are in: an import goes on where it was
            import_history(self.store, folder, book=book, correct=True)
            known = {one.valid_day: one for _, one in list_store(self.store, book).snapshots}
        for day in sorted(texts):
            self.files.setdefault(texts[day], False)
            if day not in same:
                told = Told(day, known[day].recorded_at, tables[day], headers)
                self.told.setdefault(book, []).append(told)

    @rule()
    def upgrade(self) -> None:
        if self.form[0] + 1 < schema.VERSION or not self.told:
            return
        schema.VERSION += 1
        more = f"ALTER TABLE snapshot ADD COLUMN more{schema.VERSION} TEXT"
        schema.UPGRADES = {**schema.UPGRADES, schema.VERSION: lambda db: (db.exec_driver_sql(more), None)[1]}
        path = Path(self.folder.name) / "kept.db"
        self.store = Store.open(path)
        assert schema.backup_of(path, schema.VERSION - 1).exists()

    @rule(book=BOOKS, owner=st.sampled_from(["Yan", "Zoe"]), day=DAYS, amount=st.integers(0, 3))
    def say(self, book: str, owner: str, day: dt.date, amount: int) -> None:
        one = Submission(day, owner, "2027-Q1", "commit", float(amount))

        def work(connection: object) -> None:
            number = book_to_write(connection, book)  # type: ignore[arg-type]
            told = tell(connection, number, "submissions")[0]  # type: ignore[arg-type]
            tell_submissions(connection, number, told, [one], correct=True)  # type: ignore[arg-type]

        if book not in self.told:
            return
        try:
            self.store.writing(work)
            assert (book, owner) not in self.silenced
            self.said.setdefault(book, {})[owner, day] = float(amount)
        except InputError as error:
            assert (book, owner) in self.silenced and "told to forget" in str(error)

    @rule(book=BOOKS, owner=st.sampled_from(["Yan", "Zoe"]))
    def silence(self, book: str, owner: str) -> None:
        gone = [key for key in self.said.get(book, {}) if key[0] == owner]
        if gone:
            assert forget_in_store(self.store, owner, "owner", book).forgotten.submissions >= len(gone)
            self.said[book] = {key: amount for key, amount in self.said[book].items() if key not in gone}
            self.silenced.add((book, owner))

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
        self.gone.add((book, name))

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
            with self.store.reading() as connection:
                number = {name: n for n, name in enumerate(self.told, 1)}[book]
                said = {(one.owner, one.made): one.amount for one in submissions(connection, number)}
            assert said == self.said.get(book, {})

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
