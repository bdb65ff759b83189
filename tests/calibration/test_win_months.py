"""`wins_by_month_of_quarter` as `calibrate` writes it: where past windows prove it, and what the engine makes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from estimation.made import made_history
from estimation.test_win_months import CALENDAR, FEBRUARY, TRUE, by_months
from rich.console import Console

from simfunnel.calibration import Calibration, calibrate
from simfunnel.calibration.months import in_days, quarters_of
from simfunnel.calibration.update import updated
from simfunnel.errors import InputError
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import LOST, WON, History
from simfunnel.report.console.calibration import calibration_page
from simfunnel.scenario.periods import Periods

KEY = "wins_by_month_of_quarter"
DAY = dt.date(2026, 7, 13)


@cache
def seasonal(factors: tuple[float, ...] = tuple(TRUE), fiscal: int = 1) -> History:
    quarters = quarters_of(CALENDAR if fiscal == 1 else FEBRUARY)
    return by_months(made_history(days=620, per_day=10, seed=4), np.array(factors), quarters)


@cache
def learned(factors: tuple[float, ...] = tuple(TRUE), fiscal: int = 1, asked: int = 1) -> Calibration:
    periods = Periods(unit="quarter", count=1, fiscal_year_start=asked)
    return calibrate(seasonal(factors, fiscal), as_of=DAY, unit="month", count=2, value="count", check=False,
                     fiscal=periods)  # fmt: skip


def page(found: Calibration) -> str:
    console = Console(width=90, file=io.StringIO(), record=True)
    console.print(calibration_page(found, 90))
    return " ".join(console.export_text().split())


def test_months_that_matter_are_written() -> None:
    found = learned()
    assert found.months is not None
    assert found.months.proved and found.months.quarters == 5
    written = np.array(found.data()[KEY])
    assert written == pytest.approx(found.months.factors, abs=5e-4)
    assert written / written.mean() == pytest.approx(TRUE, abs=0.15)
    assert list(found.prepared().scenario.wins_by_month_of_quarter) == written.tolist()  # type: ignore[arg-type]
    assert "by month of quarters that begin in January, 5 whole quarters of them" in found.scenario
    assert "better with those of other quarters by" in page(found) and ": written." in page(found)
    keys = found.to_dict()[KEY]
    assert (keys["written"], keys["why"], keys["quarters"]) == (True, None, 5)


def test_the_engine_wins_what_the_recipe_expects_of_them() -> None:
    """Of the deals open now: the sums of the hindcast against the simulated forecast, by each of three windows."""
    found = learned()
    assert found.months is not None and found.months.ahead is not None and found.months.factors is not None
    data = {key: value for key, value in found.data().items() if key not in ("anchor", "correlation")}
    forecast = simulate(prepare(in_days(data, 30), pipeline=found.deals_frame()), trials=20_000, groups=())
    opened, new = (float(np.mean(part)) for part in (forecast.samples.open[0, 0], forecast.samples.new[0, 0]))
    unit = forecast.minor_units
    assert opened / unit == pytest.approx(found.months.factors @ found.months.ahead.opened, rel=0.015)
    assert new / unit == pytest.approx(found.months.factors @ found.months.ahead.new, rel=0.03)


def test_law_and_factors_together_bring_what_the_process_brings() -> None:
    """Rates weigh lately more: in July those of June, when most is won. A quarter on, wins are those of the truth."""
    found = learned()
    data = {key: value for key, value in found.data().items() if key != "anchor"}
    data["periods"] = {"unit": "month", "count": 6}
    forecast = simulate(prepare(data, pipeline=found.deals_frame()), trials=4_000, groups=())
    months = [forecast.mean(p) / (p_.end - p_.start).days for p, p_ in enumerate(forecast.periods)][3:]
    truth = 10 * 0.5 * 0.4 * TRUE / 1.6
    assert np.array(months) == pytest.approx(truth, rel=0.2)


def test_months_that_are_alike_are_not_written() -> None:
    found = learned((1.0, 1.0, 1.0))
    assert found.months is not None
    assert not found.months.proved
    assert KEY not in found.data()
    assert "no factors" in page(found) or "not written" in page(found)
    assert found.to_dict()[KEY]["why"] in ("all_alike", "no_gain")


def test_fiscal_quarters_follow_the_calendar() -> None:
    right, wrong = learned(fiscal=2, asked=2), learned(fiscal=2)
    factors = np.array(right.data()[KEY])
    assert factors / factors.mean() == pytest.approx(TRUE, abs=0.15)
    assert right.data()["periods"] == {"unit": "month", "count": 2, "fiscal_year_start": 2}
    assert right.prepared().scenario.periods.fiscal_year_start == 2
    assert "of quarters that begin in February" in right.scenario
    turned = np.array(wrong.data()[KEY])
    assert turned / turned.mean() == pytest.approx(np.roll(TRUE, 1), abs=0.2)  # the same months, named by the calendar
    with pytest.raises(InputError, match=r"learned of quarters that begin in February.*that begin in January"):
        right.prepared(["periods.fiscal_year_start=1"])
    assert right.prepared(["periods.fiscal_year_start=5"])  # the same months


def test_a_month_without_wins_is_written_and_runs() -> None:
    found = learned((1.0, 1.0, 0.0))
    factors = found.data()[KEY]
    assert 0 <= factors[2] < 0.02
    assert simulate(found.prepared(), trials=500).mean(0) > 0


def test_nothing_after_the_day_plays_a_part() -> None:
    history = seasonal()
    at, rng = history.midnight(DAY), np.random.default_rng(1)
    e, s = history.ends, history.spells
    outcome = np.where(e.closed >= at, rng.choice([WON, LOST], len(e.outcome)), e.outcome)
    gone = (s.left >= at) & np.isin(s.to, (WON, LOST))
    to = np.where(gone, rng.choice([WON, LOST], len(s.to)), s.to)
    assert (outcome != e.outcome).sum() > 50
    shuffled = dataclasses.replace(
        history, ends=dataclasses.replace(e, outcome=outcome), spells=dataclasses.replace(s, to=to)
    )
    again = calibrate(shuffled, as_of=DAY, unit="month", count=2, value="count", check=False)
    assert again.scenario == learned().scenario


def kept(folder: Path, text: str, found: Calibration) -> str:
    (folder / "scenario.yaml").write_text(text, "utf-8")
    (folder / "pipeline.csv").write_text(found.pipeline_text, "utf-8")
    return updated(found, folder / "scenario.yaml")[1]


def test_an_update_renews_what_was_learned_and_keeps_what_somebody_wrote(tmp_path: Path) -> None:
    found, flat = learned(), learned((1.0, 1.0, 1.0))
    line = f"{KEY}: {found.data()[KEY]}".replace("'", "")
    assert line in found.scenario
    old = found.scenario.replace(line, f"{KEY}: [0.5, 1, 1.5]  # as last year")
    renewed = kept(tmp_path, old, found)
    assert line in renewed and "as last year" in renewed
    assert KEY not in kept(tmp_path, found.scenario, flat)  # learned once, not any more
    own = old.replace("# Learned by", "# Mine; learned by", 1).replace("# Mine; learned by simfunnel", "# Mine")
    assert "[0.5, 1, 1.5]" in kept(tmp_path, own, flat)


def test_periods_of_calendar_weeks_and_a_year_of_whole_weeks_are_refused() -> None:
    year = Periods.model_validate(
        {"unit": "quarter", "count": 1, "weeks": "4-4-5", "year_end": {"weekday": "saturday", "month": 1}}
    )
    with pytest.raises(InputError, match="choose the unit month, quarter or year"):
        calibrate(seasonal(), as_of=DAY, unit="week", fiscal=year)
