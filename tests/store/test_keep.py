"""Keeping a pipeline: what is new is a version, what was is still there, and what cannot be right is refused."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.simulation import simulate
from simfunnel.record.explain import explain
from simfunnel.record.exporting import export, write_file
from simfunnel.record.keep import keep
from simfunnel.record.listing import check_store, list_store, show_day
from simfunnel.record.track import track_record
from simfunnel.report.console.layout import page_text
from simfunnel.shown import face_of
from simfunnel.store import Store
from store.helpers_store import FIRST, MONDAY, SECOND, Desk, csv_text, few

WEEK = dt.timedelta(days=7)


def rows_on(where: str, day: dt.date, **more: str) -> str:
    return export(Store.open(where), day, **more)[0].decode()


def test_only_what_changed_is_a_new_version(desk: Desk, where: str) -> None:
    first = desk.keep(FIRST, store=where)
    assert (first.new_versions, first.unchanged, first.rows) == (4, 0, 4)
    second = desk.keep(SECOND, MONDAY + WEEK, store=where)
    assert (second.new_versions, second.unchanged) == (2, 3)
    third = desk.keep({name: row for name, row in SECOND.items() if name != "D4"}, MONDAY + 2 * WEEK, store=where)
    assert (third.new_versions, third.unchanged) == (1, 4)  # that a deal has left is a version too
    assert rows_on(where, MONDAY) == csv_text(FIRST)
    assert rows_on(where, MONDAY + WEEK) == rows_on(where, MONDAY + WEEK + WEEK / 2) == csv_text(SECOND)
    shown = show_day(Store.open(where), MONDAY + WEEK)
    assert (shown.new, shown.left, shown.changed) == (("D5",), (), ("D2",))
    assert show_day(Store.open(where), MONDAY + 2 * WEEK).left == ("D4",)
    assert check_store(Store.open(where)).ok


def test_the_same_bytes_kept_twice_are_one(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    again = desk.keep(FIRST, store=where)
    assert again.same and not again.forecast_new and again.new_versions == 0
    listed = list_store(Store.open(where))
    assert len(listed.snapshots) == 1 and dict(listed.forecasts) == {("test", MONDAY): 1}


def test_another_column_order_or_an_empty_column_changes_no_deal(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    other = "amount,id,stage,stage_entered,owner,closed,note\n1000,D1,Demo,2026-12-20,Ann,,\n"
    other += "2000,D2,Offer,2026-12-22,Bo,,\n500,D3,Offer,2026-12-28,Ann,,called\n700,D4,Demo,2026-12-29,Cy,,\n"
    kept = desk.keep(other, MONDAY + WEEK, store=where)
    assert (kept.new_versions, kept.unchanged) == (1, 3)
    assert rows_on(where, MONDAY + WEEK) == other
    assert rows_on(where, MONDAY) == csv_text(FIRST)
    assert check_store(Store.open(where)).ok


def test_a_correction_is_a_new_recording_and_the_old_one_stays_readable(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    second = desk.keep(SECOND, MONDAY + WEEK, store=where)
    mended = {**FIRST, "D1": "Offer,2026-12-30,1500,Ann,", "D9": "Demo,2026-12-30,50,Ann,"}
    del mended["D3"]
    with pytest.raises(InputError, match=r"2027-01-04 is kept already .* --correct"):
        desk.keep(mended, store=where)
    corrected = desk.keep(mended, store=where, correct=True)
    assert corrected.corrected
    assert rows_on(where, MONDAY) == csv_text(mended)
    assert rows_on(where, MONDAY + WEEK) == csv_text(SECOND)  # what was told of later days stays as it was
    before = corrected.recorded_at
    assert rows_on(where, MONDAY, recorded_before=before) == csv_text(FIRST)
    assert rows_on(where, MONDAY + WEEK, recorded_before=before) == csv_text(SECOND)
    with pytest.raises(InputError, match="the first is of 2027-01-04"):
        rows_on(where, MONDAY - WEEK)
    with pytest.raises(InputError, match="no snapshot of 2027-01-11"):
        rows_on(where, MONDAY + WEEK, recorded_before="2000-01-01")
    assert second.recorded_at < before and check_store(Store.open(where)).ok


def test_a_day_before_the_newest_needs_correct(desk: Desk, where: str) -> None:
    desk.keep(SECOND, MONDAY + WEEK, store=where)
    with pytest.raises(InputError, match="2027-01-04 lies before the newest snapshot of the book 'test', 2027-01-11"):
        desk.keep(FIRST, store=where)
    desk.keep(FIRST, store=where, correct=True)
    assert rows_on(where, MONDAY) == csv_text(FIRST)
    assert rows_on(where, MONDAY + WEEK) == csv_text(SECOND)
    assert check_store(Store.open(where)).ok


def test_what_is_exported_and_what_the_store_gives_make_the_same_forecast(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    desk.keep(SECOND, MONDAY + WEEK, store=where)
    at = "as_of=2027-01-11"
    direct = simulate("scenario.yaml", overrides=[at], trials=200)
    write_file(Path("back.csv"), rows_on(where, MONDAY + WEEK).encode())
    back = simulate("scenario.yaml", overrides=[at, "pipeline.file=back.csv"], trials=200)
    data = prepare("scenario.yaml").loaded.data | {"pipeline": {"store": {"url": where, "book": "test"}}}
    kept = simulate(data, overrides=[at], trials=200)
    for found in (back, kept):
        for label in ("2027-Q1", "2027-Q2"):
            np.testing.assert_array_equal(found.bookings(label), direct.bookings(label))
    past = simulate(data, trials=200)  # as it was known then
    desk.write(FIRST)
    np.testing.assert_array_equal(past.bookings(0), simulate("scenario.yaml", trials=200).bookings(0))


def test_a_snapshot_older_than_as_of_is_said(desk: Desk) -> None:
    desk.keep(FIRST, store="kept.db")
    data = prepare("scenario.yaml").loaded.data | {"pipeline": {"store": "kept.db"}, "as_of": "2027-01-08"}
    found = [finding for finding in prepare(data).table.quality.cautions if finding.code == "snapshot_before_as_of"]
    assert found[0].sentence == (
        "the newest snapshot kept for 2027-01-08 or before is of 2027-01-04: what happened in the 4 days between is "
        "not in it"
    )


def test_raw_is_the_file_byte_by_byte(desk: Desk, where: str) -> None:
    written = "Pipeline of Monday\n\n" + csv_text(FIRST).replace("Ann", "Änne").replace("\n", "\r\n")
    Path("deals.csv").write_bytes(written.encode("cp1252"))
    keep("scenario.yaml", store=where, forecast=few)
    assert export(Store.open(where), MONDAY, raw=True)[0] == written.encode("cp1252")
    assert export(Store.open(where), MONDAY)[0].decode() == "\n" + "Pipeline of Monday\n" + csv_text(FIRST).replace(
        "Ann", "Änne"
    )


def test_without_raw_there_are_rows_and_no_file(desk: Desk) -> None:
    desk.keep(FIRST, store="kept.db", raw=False)
    with pytest.raises(InputError, match="was not kept"):
        export(Store.open("kept.db"), MONDAY, raw=True)
    assert rows_on("kept.db", MONDAY) == csv_text(FIRST) and check_store(Store.open("kept.db")).ok


def test_books_never_mix(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    desk.keep(SECOND, store=where, book="other", overrides=["stages.Demo.duration=10"], late=True)
    with pytest.raises(InputError, match="several books: say which with --book; there are 'test', 'other'"):
        rows_on(where, MONDAY)
    assert rows_on(where, MONDAY, book="other") == csv_text(SECOND)
    assert rows_on(where, MONDAY, book="test") == csv_text(FIRST)
    with pytest.raises(InputError, match="no book 'othr': did you mean 'other'"):
        rows_on(where, MONDAY, book="othr")
    data = prepare("scenario.yaml").loaded.data | {"pipeline": {"store": where}}
    assert len(prepare(data).table.open) == 4  # the book of the scenario's name


def test_where_the_store_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sub = Path("sub")
    sub.mkdir()
    Path("scenario.yaml").rename(sub / "scenario.yaml")
    (sub / "deals.csv").write_text(csv_text(FIRST), encoding="utf-8")
    assert keep(sub / "scenario.yaml", forecast=few).store == "sub/simfunnel.db"
    monkeypatch.setenv("SIMFUNNEL_STORE", "env.db")
    assert keep(sub / "scenario.yaml", forecast=few).store == "env.db"
    with (sub / "scenario.yaml").open("a", encoding="utf-8") as file:
        file.write("store: {url: own.db, book: mine}\n")
    kept = keep(sub / "scenario.yaml", forecast=few)
    assert (Path(kept.store), kept.book) == (sub.absolute() / "own.db", "mine")
    assert keep(sub / "scenario.yaml", store="told.db", book="b", forecast=few).store == "told.db"
    assert {path.name for path in Path().glob("*.db")} == {"env.db", "told.db"}


def test_where_a_forecast_is_kept_is_no_part_of_what_it_is(desk: Desk) -> None:
    desk.write(FIRST)
    assert prepare("scenario.yaml").sha256() == prepare("scenario.yaml", overrides=["store=x.db"]).sha256()


def test_dates_after_the_day_are_refused_with_the_day_that_fits(desk: Desk) -> None:
    with pytest.raises(
        InputError,
        match=r"holds dates up to 2027-01-08 \(row 6, 'D5', column 'stage_entered'; 1 more of that day or later\), .* "
        r"it is of 2027-01-09 \(--valid 2027-01-09\); if those dates are slips, --late-dates$",
    ):
        desk.keep(SECOND, store="kept.db")
    assert not Path("kept.db").exists()
    assert desk.keep(SECOND, "2027-01-09", store="kept.db").valid_day == dt.date(2027, 1, 9)


def test_a_scenario_without_a_file_has_nothing_to_keep(desk: Desk) -> None:
    data = {**prepare(_with(desk)).loaded.data, "pipeline": {}}
    with pytest.raises(InputError, match=r"expected `pipeline\.file`"):
        keep(data, store="kept.db", forecast=few)


def _with(desk: Desk) -> str:
    desk.write(FIRST)
    return "scenario.yaml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,stage\n", "no SQLite file"),
        (b"SQLite format 3\0" + b"\1" * 4000, "no SQLite file, or a damaged one"),
    ],
)
def test_a_file_of_another_kind_is_left_alone(desk: Desk, content: bytes, message: str) -> None:
    Path("kept.db").write_bytes(content)
    with pytest.raises(InputError, match=message):
        desk.keep(FIRST, store="kept.db")
    assert Path("kept.db").read_bytes() == content


def test_a_database_of_somebody_else_is_left_alone(desk: Desk) -> None:
    with sqlite3.connect("kept.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    before = Path("kept.db").read_bytes()
    with pytest.raises(InputError, match="a SQLite file, but no store of simfunnel"):
        desk.keep(FIRST, store="kept.db")
    assert Path("kept.db").read_bytes() == before


def test_there_is_no_store_yet(desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no store; `simfunnel keep SCENARIO` makes one"):
        Store.open("kept.db")
    assert not Path("kept.db").exists()
    with pytest.raises(InputError, match="its folder does not exist"):
        desk.keep(FIRST, store="nowhere/kept.db")
    with pytest.raises(InputError, match="found a folder"):
        desk.keep(FIRST, store=".")
    with pytest.raises(InputError, match="found mysql://"):
        desk.keep(FIRST, store="mysql://a:b@c/d")


def test_a_store_that_cannot_be_written_is_read(desk: Desk) -> None:
    desk.keep(FIRST, store="kept.db")
    Path("ro").mkdir()
    Path("kept.db").rename("ro/kept.db")
    Path("ro/kept.db").chmod(0o444)
    Path("ro").chmod(0o555)
    try:
        assert rows_on("ro/kept.db", MONDAY) == csv_text(FIRST)
        if not _root():
            with pytest.raises(SurroundingsError, match=r"may not be written|cannot be opened"):
                desk.keep(SECOND, MONDAY + WEEK, store="ro/kept.db")
    finally:
        Path("ro").chmod(0o755)


def _root() -> bool:
    import os

    return os.geteuid() == 0


def test_a_saved_forecast_is_kept_if_it_is_of_the_same(desk: Desk) -> None:
    desk.write(FIRST)
    said = simulate("scenario.yaml", trials=300)
    said.save("out")
    kept = keep("scenario.yaml", store="kept.db", forecast="out", samples=True)
    assert kept.forecast.trials == 300 and kept.forecast_new
    with pytest.raises(InputError, match="the forecast is of 2027-01-04, the pipeline of 2027-01-11"):
        keep("scenario.yaml", store="kept.db", forecast="out", valid="2027-01-11")
    desk.write({**FIRST, "D1": "Demo,2026-12-20,1001,Ann,"})
    with pytest.raises(InputError, match="was made of another scenario"):
        keep("scenario.yaml", store="kept.db", forecast="out", correct=True)


def test_names_formulas_and_markup_are_only_text(desk: Desk, where: str) -> None:
    odd = {
        "'); DROP TABLE deal; --": "Demo,2026-12-20,1000,=1+1,",
        "[red]x[/red]": "Offer,2026-12-22,2000,{0} %s :x,",
        '"<b>&\U0001f600"': "Demo,2026-12-28,500,@cmd,",
    }
    desk.keep(odd, store=where, book="a'b\"; --")
    text = rows_on(where, MONDAY)
    assert "'=1+1" in text and "'@cmd" in text
    write_file(Path("back.csv"), text.encode())
    direct, back = (prepare("scenario.yaml", overrides=more).table.open for more in ((), ("pipeline.file=back.csv",)))
    assert direct.id == back.id and direct.owner == back.owner == ("=1+1", "{0} %s :x", "@cmd")
    assert check_store(Store.open(where)).ok


def test_a_scenario_that_outlives_its_quarter_is_kept_on(desk: Desk) -> None:
    one = ["periods={unit: quarter, count: 1}", "closed=[{period: 2027-Q1, amount: 70}]"]
    variant = "variants={low: {targets: [{period: 2027-Q1, amount: 9}, {period: total, amount: 8}]}}"
    assert desk.keep(FIRST, "2027-03-29", overrides=[*one, variant], late=True).over == ()
    done = desk.keep(SECOND, "2027-04-05", overrides=[*one, variant])
    assert done.over == ("2027-Q1",) and [p.label for p in done.forecast.periods] == ["2027-Q2"]
    rows = track_record(Store.open("simfunnel.db")).of()
    assert [(row.period, row.target) for row in rows] == [("2027-Q1", 5000.0), ("2027-Q2", None)]
    page = face_of(done).page(100)
    assert "2027-Q1 is over" in page_text(page) and "write the target of 2027-Q2" in page_text(page)
    with pytest.raises(InputError, match=r"no period '2027-Q3' in this scenario; its periods are 2027-Q2, and total$"):
        desk.keep(SECOND, "2027-04-12", overrides=[*one, "targets=[{period: 2027-Q3, amount: 1}]"])
    both: dict[str, Any] = {"first": dt.date(2027, 3, 29), "last": dt.date(2027, 4, 5), "trials": 200}
    with pytest.raises(InputError, match=r"no period in common: that of 2027-03-29 of 2027-Q1, .*periods.count=2"):
        explain(Store.open("simfunnel.db"), **both)
    found = explain(Store.open("simfunnel.db"), **both, scenario="scenario.yaml", overrides=["periods.count=2"])
    assert found.others[0].waterfall is not None


def test_an_export_of_the_past_is_kept_under_the_scenario_of_today(desk: Desk) -> None:
    one = ["periods={unit: quarter, count: 1}", "as_of=2027-04-05", "targets=[{period: 2027-Q2, amount: 9000}]"]
    done = desk.keep(FIRST, "2027-01-04", overrides=one)
    assert (done.over, done.ahead) == ((), ("2027-Q2",))
    assert [(p.label, done.forecast.targets) for p in done.forecast.periods] == [("2027-Q1", {})]
    assert "2027-Q2 is not forecast from 2027-01-04" in page_text(face_of(done).page(100))
    assert face_of(done).keys()["ahead"] == ["2027-Q2"]
    with pytest.raises(InputError, match="no period '2027-W40' in this scenario"):
        desk.keep(FIRST, "2027-01-04", overrides=[*one[:2], "targets=[{period: 2027-W40, amount: 1}]"], correct=True)


def test_what_a_person_should_look_at_is_said(desk: Desk) -> None:
    desk.keep(FIRST, overrides=["name=South"])
    second = desk.keep(FIRST)
    assert second.beside == ("South",) and second.rows_before is None
    assert "A new book, beside South" in page_text(face_of(second).page(100))
    one = desk.keep({"D1": FIRST["D1"]}, MONDAY + WEEK)
    assert one.rows_before == 4 and one.beside == ()
    assert "The file has 1 row, the one before had 4" in page_text(face_of(one).page(100))
    renamed = csv_text(FIRST).replace("owner", "rep").replace("amount", "value")
    desk.keep(renamed, MONDAY + 2 * WEEK)
    shown = show_day(Store.open("simfunnel.db"), MONDAY + 2 * WEEK, "test")
    assert (shown.new_columns, shown.gone_columns) == (("value", "rep"), ("amount", "owner"))
    assert "columns: new value, rep; gone amount, owner" in page_text(face_of(shown).page(100))
    later = {"D1": "Offer,2027-02-20,1,Ann,", "D2": "Won,2027-02-21,1,Bo,2027-02-21"}
    with pytest.raises(InputError, match=r"no open deal is left(.|\n)*The file is of a later day.*--valid DAY"):
        desk.keep(later, MONDAY + 3 * WEEK)


def test_columns_in_another_order_are_no_change_however_they_were_told(desk: Desk) -> None:
    other = "amount,id,stage,stage_entered,owner,closed\n1000,D1,Demo,2026-12-20,Ann,\n2000,D2,Offer,2026-12-22,Bo,\n"
    other += "500,D3,Offer,2026-12-28,Ann,\n700,D4,Demo,2026-12-29,Cy,\n"
    desk.keep(FIRST, MONDAY + WEEK, store="kept.db")
    desk.keep(other, MONDAY, store="kept.db", correct=True)
    shown = show_day(Store.open("kept.db"), MONDAY + WEEK)
    assert (shown.new, shown.left, shown.changed, shown.new_columns) == ((), (), (), ())


def test_a_lost_deal_whose_close_date_is_to_come_is_named_with_what_to_do(desk: Desk) -> None:
    header = "id,stage,stage_entered,amount,owner,close_date"
    rows = {**FIRST, "D3": "Lost,2026-12-28,500,Ann,2027-03-31"}
    told = (
        r"dates up to 2027-03-31 \(row 4, 'D3', column 'close_date'\), .* if 'close_date' of a lost deal is the day on "
        r"which it was once expected, clear it there or name the column of the day on which deals were lost "
        r"\(pipeline\.columns\.lost_date\), or --late-dates$"
    )
    with pytest.raises(InputError, match=told):
        desk.keep(csv_text(rows, header), store="kept.db")
    won = {**rows, "D3": "Won,2026-12-28,500,Ann,2027-03-31"}
    with pytest.raises(InputError, match=r"if those dates are slips, --late-dates$"):
        desk.keep(csv_text(won, header), store="kept.db")
    ended = {id_: row + "," for id_, row in rows.items()} | {"D3": rows["D3"] + ",2026-12-30"}
    assert desk.keep(csv_text(ended, header + ",lost_date"), store="kept.db").rows == 4
