"""A mistyped year and a wrong column of ids are said, with the deals they concern and what to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from simfunnel.backtesting import backtest
from simfunnel.backtesting.origins import origin_days
from simfunnel.calibration.recipe import calibrate
from simfunnel.errors import InputError
from simfunnel.history import History, read_history

START = dt.date(2025, 1, 1)


def events(deals: int = 120) -> pd.DataFrame:
    """A deal every second day; of three one is won, two are lost, each in its own time."""
    rows = []
    for i in range(deals):
        begun = START + dt.timedelta(days=2 * i)
        ended = begun + dt.timedelta(days=9 + i % 7)
        rows += [(f"D{i}", "Demo", begun), (f"D{i}", "Won" if i % 3 == 0 else "Lost", ended)]
    return pd.DataFrame(rows, columns=["deal", "stage", "time"])


def read(frame: pd.DataFrame) -> History:
    return read_history(frame, stages=["Demo"], won=["Won"], lost=["Lost"], time_zone="UTC", columns={"case": "deal"})


def told(history: History, code: str) -> list[str]:
    return [finding.sentence for finding in history.findings if finding.code == code and finding.caution]


def test_nothing_is_said_of_a_history_without_slips() -> None:
    history = read(events())
    assert not told(history, "years_apart")
    assert not told(history, "id_of_many_deals")


@pytest.mark.parametrize(("row", "year", "where"), [(5, 2099, "later"), (0, 1925, "earlier")])
def test_a_mistyped_year_is_said_and_no_empty_years_are_forecast(row: int, year: int, where: str) -> None:
    frame = events()
    frame.loc[row, "time"] = frame.loc[row, "time"].replace(year=year)
    history = read(frame)
    (sentence,) = told(history, "years_apart")
    assert f"what is dated {frame.loc[row, 'time']} or {where} of 1 deal ({frame.loc[row, 'deal']})" in sentence
    seen: list[int] = []
    with pytest.raises(InputError, match="Correct the dates in the file, or choose --") as error:
        backtest(history, horizon=30, trials=100, progress=lambda done, of: seen.append(done))
    assert not seen
    choice, day = str(error.value).partition("or choose --")[2].split()[:2]
    days = origin_days(history, 30, 14, **{choice: dt.date.fromisoformat(day)})
    assert len(days) >= 3
    assert {day.year for day in days} == {2025}


def test_events_before_the_day_from_which_a_history_is_used_lie_apart_from_nothing() -> None:
    frame = events()
    frame.loc[0, "time"] = dt.date(1925, 1, 1)
    history = read_history(frame, stages=["Demo"], won=["Won"], lost=["Lost"], time_zone="UTC", since="2025-01-02",
                           columns={"case": "deal"})  # fmt: skip
    assert not told(history, "years_apart")


def test_a_mistyped_year_in_a_file_is_told_with_the_file(tmp_path: Path) -> None:
    frame = events()
    frame.loc[5, "time"] = dt.date(2099, 1, 1)
    frame.to_csv(tmp_path / "events.csv", index=False)
    history = read_history({"file": str(tmp_path / "events.csv"), "stages": ["Demo"], "won": ["Won"],
                            "lost": ["Lost"], "columns": {"case": "deal"}})  # fmt: skip
    with pytest.raises(InputError, match=r"events\.csv"):
        backtest(history, horizon=30, trials=100)


def test_one_id_for_all_deals_is_no_history_to_learn_from() -> None:
    history = read(events().assign(deal="Acme"))
    (sentence,) = told(history, "id_of_many_deals")
    assert "1 id in 'deal' stands for 112 ends" in sentence  # the same end twice in a row is one
    with pytest.raises(InputError, match=r"1 of 1 deals are decided.*`history\.columns\.case`"):
        calibrate(history)
    with pytest.raises(InputError, match=r"`history\.columns\.case`"):
        backtest(history, horizon=30, trials=100)


def test_deals_opened_again_count_once_and_few_of_them_are_no_wrong_column() -> None:
    frame = events(40)
    again = frame.assign(time=frame["time"] + pd.Timedelta(days=100))
    history = read(pd.concat([frame, again]).sort_values("time", kind="stable"))
    assert not told(history, "id_of_many_deals")
    assert calibrate(history, check=False).deals.n == 40
    few = read(pd.concat([frame.head(40), again.head(40)]).sort_values("time", kind="stable"))
    with pytest.raises(InputError, match="20 of 20 deals are decided, 7 won and 13 lost"):
        calibrate(few)


def test_what_is_advised_of_a_file_is_under_the_key_of_a_history(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    settings = {"file": str(file), "stages": ["Demo"], "won": ["Won"], "lost": ["Lost"], "columns": {"case": "deal"}}
    frame = events()
    frame["owner"] = "José Muñoz"
    file.write_bytes(frame.to_csv(index=False).encode("cp1252"))
    (finding,) = [x for x in read_history(settings).findings if x.code == "not_utf8"]
    assert finding.key == "history.encoding"
    assert "set `history.encoding`" in finding.sentence
    file.write_bytes(b"deal,stage\x01,time\n")
    with pytest.raises(InputError, match="under `history`"):
        read_history(settings)
    with pytest.raises(InputError, match=r"history\.encoding"):
        read_history({**settings, "encoding": "utf-99"})
