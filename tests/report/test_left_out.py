"""Money of rows that are left out is told with nothing cancelled, and the open pipeline is one sum everywhere."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from simfunnel.forecast import simulate
from simfunnel.forecast.check import check
from simfunnel.forecast.inputs import prepare
from simfunnel.report.console.check import check_page
from simfunnel.report.console.forecast import forecast_page
from simfunnel.report.html.gather import gather
from simfunnel.report.html.report import report_html
from simfunnel.wording.numbers import sum_told

ROWS = """id,stage,amount,close_date,status
1,A,100000,,open
2,A,50000,,open
3,A,-40000,,open
4,On Hold,90000,,open
5,On Hold,-20000,,open
6,A,,,open
7,A,-500,2027-01-02,lost
8,A,700,2027-01-02,lost
"""


@pytest.fixture
def scenario(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "rows.csv").write_text(ROWS)
    return {
        "version": 1, "as_of": "2027-01-04", "periods": {"unit": "quarter", "count": 1},
        "stages": [{"name": "A", "conversion": 0.5, "duration": 20}], "amount": 10_000,
        "pipeline": {"file": str(tmp_path / "rows.csv")}, "targets": [{"period": "2027-Q1", "amount": 100_000}],
    }  # fmt: skip


def text_of(page: RenderableType) -> str:
    out = StringIO()
    Console(width=1000, file=out).print(page)
    return out.getvalue()


@pytest.mark.parametrize(
    ("amounts", "told"),
    [([5.0, None, -3.0], "5 and -3"), ([5.0, 2.0], "7"), ([-3.0, -4.0], "-7"), ([0.0, None], "0"), ([], "0")],
)
def test_a_sum_cancels_nothing(amounts: list[float | None], told: str) -> None:
    assert sum_told(amounts) == told


def test_negative_money_stands_apart_wherever_rows_are_left_out(scenario: dict[str, Any]) -> None:
    valid, run = text_of(check_page(check(scenario), 1000)), text_of(forecast_page(simulate(scenario, trials=200)))
    for page in (valid, run):
        assert "! 2 rows worth 90.0k and -20.0k left out as on hold" in page
        assert (
            "on hold (stage 'On Hold') (2 rows, worth 90.0k and -20.0k); negative amount (1 row, worth -40.0k)" in page
        )
    assert "lost 700 and -500, excluded 90.0k and -60.0k." in valid
    assert "! 3 rows worth 90.0k and -60.0k left out of the forecast" in run


def test_the_report_cancels_nothing(scenario: dict[str, Any]) -> None:
    page = report_html(gather("s.yaml", prepare(scenario), trials=200, wanted=["answer"]), ["answer"])
    assert "3 rows worth 90.0k and -60.0k were left out" in page


def test_rows_that_repeat_others_are_counted_and_their_money_is_not_missing(
    scenario: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(ROWS + "1,A,100000,,open\n")
    valid, run = text_of(check_page(check(scenario), 1000)), text_of(forecast_page(simulate(scenario, trials=200)))
    page = report_html(gather("s.yaml", prepare(scenario), trials=200, wanted=["answer"]), ["answer"])
    told = "3 rows worth 90.0k and -60.0k, and 1 row of deals that other rows tell,"
    assert f"! {told} left out of the forecast" in run
    assert f"{told} were left out" in page
    assert "excluded 90.0k and -60.0k." in valid
    (tmp_path / "rows.csv").write_text("id,stage,amount\n1,A,100\n2,A,50\n2,A,50\n")
    alone = text_of(forecast_page(simulate(scenario, trials=200)))
    assert "left out of the forecast" not in alone
    assert "duplicate: row 4 is the same as row 3" in alone


def test_validate_and_run_tell_one_open_pipeline(scenario: dict[str, Any]) -> None:
    valid, run = text_of(check_page(check(scenario), 1000)), text_of(forecast_page(simulate(scenario, trials=200)))
    assert "Open pipeline 160k in 3 deals" in run
    assert "In USD: open 160k," in valid
    drawn = "10.0k in the mean for 1 open deal without an amount"
    assert f"Open, as in the forecast: 150k in the rows of the file, {drawn}." in valid


def test_without_such_deals_nothing_has_to_be_explained(scenario: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,stage,amount\n1,A,100\n2,A,50\n")
    valid = text_of(check_page(check(scenario), 1000))
    assert "In USD: open 150, won 0, lost 0, excluded 0." in valid and "Open, as in" not in valid
