"""The track record: kept forecasts against what came, by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scoringrules

from simfunnel.backtesting.record import record_summary
from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.simulation import simulate
from simfunnel.record.track import track_record
from simfunnel.report.console.layout import page_text
from simfunnel.report.words.track import track_sentence
from simfunnel.shown import face_of
from simfunnel.store import Store
from store.helpers_store import Desk, csv_text

MONTHS = "periods={unit: month, count: 2}"
TARGET = "targets=[{period: 2027-02, amount: 3000}, {period: 2027-02, owner: Ann, amount: 2000}]"
EARLY = {
    "D1": "Demo,2026-12-20,1000,Ann,",
    "D2": "Offer,2026-12-22,2000,Bo,",
    "W0": "Won,2026-12-30,400,Ann,2026-12-30",
}
FEBRUARY = {**EARLY, "D2": "Won,2027-01-20,2000,Bo,2027-01-20", "D3": "Offer,2027-01-28,1500,Ann,"}
MARCH = {**FEBRUARY, "D1": "Won,2027-02-10,1100,Ann,2027-02-10", "D3": "Won,2027-02-27,1600,Ann,2027-02-27"}


def made(ready: Prepared) -> Any:
    return simulate(ready, trials=400)


def keep(desk: Desk, rows: dict[str, str], day: str, **more: Any) -> None:
    overrides = [MONTHS, TARGET if day < "2027-03-01" else "targets=null"]
    desk.keep(rows, day, store="kept.db", overrides=overrides, forecast=made, **more)


@pytest.fixture
def kept(desk: Desk) -> Store:
    keep(desk, EARLY, "2027-01-04")
    keep(desk, FEBRUARY, "2027-02-01")
    keep(desk, MARCH, "2027-03-01")
    keep(desk, MARCH, "2027-03-08")
    return Store.open("kept.db")


def test_each_forecast_is_scored_by_what_its_period_brought(kept: Store, desk: Desk) -> None:
    found = track_record(kept)
    rows = {(row.as_of.isoformat(), row.period): row for row in found.of()}
    assert {key: row.actual for key, row in rows.items()} == {
        ("2027-01-04", "2027-01"): 2000.0, ("2027-01-04", "2027-02"): 2700.0, ("2027-02-01", "2027-02"): 2700.0,
        ("2027-02-01", "2027-03"): None, ("2027-03-01", "2027-03"): None, ("2027-03-01", "2027-04"): None,
        ("2027-03-08", "2027-03"): None, ("2027-03-08", "2027-04"): None,
    }  # fmt: skip
    late = rows["2027-03-08", "2027-03"].why
    assert late == "no snapshot of 2027-04-08 or later: the period ends at 2027-04-01, 7 days to settle"
    desk.write(FEBRUARY)
    again = simulate("scenario.yaml", overrides=["as_of=2027-02-01", MONTHS, TARGET], trials=400)
    row = rows["2027-02-01", "2027-02"]
    assert row.mean == again.mean("2027-02") and row.p_attain == again.p_attain(3000, "2027-02").probability
    fine = again.quantiles(np.arange(1, 1000) / 1000, "2027-02")
    n = len(fine)
    want = float(scoringrules.crps_ensemble(2700.0, fine, estimator="fair"))
    assert row.crps == pytest.approx(want, rel=1e-9) and n == 999
    assert row.inside_80 == (again.quantile(0.1, "2027-02") <= 2700 <= again.quantile(0.9, "2027-02"))


def test_settling_and_the_day_decide_what_is_over(kept: Store) -> None:
    assert sum(row.actual is not None for row in track_record(kept, settle=8).of()) == 1
    assert sum(row.actual is not None for row in track_record(kept, settle=0).of()) == 3
    only = track_record(kept, period="2027-02")
    assert {row.period for row in only.of()} == {"2027-02"}
    with pytest.raises(InputError, match="no forecast of 2028-01 was kept; there are forecasts of 2027-01, 2027-02"):
        track_record(kept, period="2028-01")


def test_owners_are_scored_by_their_own_deals(kept: Store, desk: Desk) -> None:
    found = track_record(kept, by="owner")
    february = {(row.group, row.as_of.month): row.actual for row in found.forecasts if row.period == "2027-02"}
    assert february[("owner", "Ann"), 2] == 2700.0 and february[("owner", "Bo"), 1] == 0.0
    keys = face_of(found).keys()
    assert {group["label"] for group in keys["groups"]} >= {"Ann", "Bo"}
    ann = next(row for row in keys["forecasts"] if row["group"] == {"dimension": "owner", "label": "Ann"}
               and row["period"] == "2027-02" and row["as_of"] == "2027-02-01")  # fmt: skip
    desk.write(FEBRUARY)
    again = simulate("scenario.yaml", overrides=["as_of=2027-02-01", MONTHS, TARGET], trials=400)
    assert ann["target"] == 2000 and ann["mean"] == again.mean("2027-02", group=("owner", "Ann"))
    assert ann["p_attain"] == again.p_attain(2000, "2027-02", group=("owner", "Ann")).probability


def test_of_one_day_the_forecast_that_was_kept_last_counts(kept: Store, desk: Desk) -> None:
    desk.keep(EARLY, "2027-01-04", store="kept.db", overrides=[MONTHS, TARGET, "stages.Demo.conversion=0.9"],
              forecast=made)  # fmt: skip
    rows = [row for row in track_record(kept).of() if row.as_of == dt.date(2027, 1, 4) and row.period == "2027-01"]
    assert [row.why for row in rows] == ["a forecast of the same day was kept later", None]


def test_exports_of_open_deals_only_know_no_wins(desk: Desk) -> None:
    opened = {name: row for name, row in EARLY.items() if name != "W0"}
    keep(desk, opened, "2027-01-04")
    keep(desk, opened, "2027-02-15")
    found = track_record(Store.open("kept.db"))
    assert {row.why for row in found.of()} == {
        "nothing tells of won deals: the exports hold open deals only (`--history` names what tells)"
    }
    assert "nothing to score yet" in face_of(found).keys()["sentence"]
    Path("told.csv").write_text(csv_text(MARCH, "id,stage,created,amount,owner,closed"), encoding="utf-8")
    from simfunnel.history import read_history

    told = read_history("told.csv", columns={"case": "id", "created": "created", "closed": "closed"})
    assert {row.actual for row in track_record(Store.open("kept.db"), history=told).of()} >= {2000.0}


def test_what_the_record_adds_up_to(kept: Store) -> None:
    rows = track_record(kept).of()
    s = record_summary(rows)
    over = [row for row in rows if row.actual is not None]
    assert s is not None and (s.n, s.periods) == (3, 2)
    assert s.mean_actual == pytest.approx((2000 + 2700 + 2700) / 3)
    assert s.bias == pytest.approx((np.mean([row.mean for row in over]) - s.mean_actual) / s.mean_actual)
    assert s.bias_interval is None  # two periods
    assert s.attained is not None and s.attained.n == 2 and s.attained.share == 0.0
    assert s.attained.brier == pytest.approx(np.mean([row.p_attain**2 for row in over if row.p_attain is not None]))
    assert track_sentence(rows, s).startswith("Of 3 forecasts of 2 months, ")
    weighted = [row.rivals["weighted"] for row in over]
    assert s.rivals["weighted"][1] == pytest.approx(np.mean([r.crps for r in weighted]))
    # at the start of February nothing of it is won: the open deals x the win rates of their stages
    assert over[-1].rivals["weighted"].mean == pytest.approx(1000 * 0.3 + 1500 * 0.6)


def test_the_record_is_shown(kept: Store, tmp_path: Path) -> None:
    found = track_record(kept, by="owner")
    found.save(tmp_path / "out", plots=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"track.json", "forecasts.csv", "track.png"}


def test_a_stage_that_the_scenario_does_not_name_is_open_and_counted(kept: Store, desk: Desk) -> None:
    lost_sight = {"D8": "Procurement,2027-01-15,900,Ann,", "D9": "Procurement,2027-01-15,900,Bo,"}
    rows = {**MARCH, "D7": "Demo,2027-03-01,500,Ann,", **lost_sight}
    keep(desk, rows, "2027-03-15")
    keep(desk, {**rows, "D9": "Won,2027-03-20,900,Bo,2027-03-20"}, "2027-04-10")
    found = track_record(kept)
    assert found.elsewhere == face_of(found).keys()["at_unknown_stage"] == 1
    assert "1 deal last seen at a stage that the scenario does not name" in page_text(face_of(found).page(400))
    came = {row.period: row.actual for row in found.of() if row.actual is not None}
    assert came == {"2027-01": 2000.0, "2027-02": 2700.0, "2027-03": 900.0}
