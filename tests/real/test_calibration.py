"""Scenarios learned from third-party histories."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.errors import InputError
from simfunnel.estimation.book import book_of
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.forecast import simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare
from simfunnel.history import History, read_history
from simfunnel.scenario import load_scenario


@pytest.fixture(scope="module")
def loans(data: Path) -> History:
    return read_history({
        "file": str(data / "bpi2012" / "events.csv.gz"), "won": ["A_APPROVED"], "lost": ["A_DECLINED", "A_CANCELLED"],
        "stages": ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK"], "stage_map": {"*": None},
        "time_zone": "Europe/Amsterdam", "columns": {"amount": "case_AMOUNT_REQ"},
    })  # fmt: skip


def test_loans_give_a_readable_scenario(loans: History, tmp_path: Path) -> None:
    found = calibrate(loans, as_of=dt.date(2012, 2, 1), unit="month", check=False)
    assert len(found.scenario.encode()) < 60_000
    (tmp_path / "scenario.yaml").write_text(found.scenario, "utf-8")
    (tmp_path / "pipeline.csv").write_text(found.pipeline_text, "utf-8")
    loaded = load_scenario(tmp_path / "scenario.yaml")
    assert [stage.name for stage in loaded.scenario.stages] == list(loans.stages)
    ready = prepare(tmp_path / "scenario.yaml")
    assert len(ready.table.open.id) == 853
    assert not ready.table.quality.excluded


@pytest.mark.parametrize("day", ["2011-12-01", "2012-01-01", "2012-02-01"])
def test_loans_of_the_next_days_come_as_expected(loans: History, day: str) -> None:
    """Wins of the open deals in the 30 days that the view has not seen: inside the 98 % range of the forecast."""
    at = dt.date.fromisoformat(day)
    found = calibrate(loans, as_of=at, unit="month", value="count", check=False)
    frame = found.deals_frame()
    data = {**found.data(), "periods": {"unit": "days", "length": 30, "count": 1}}
    forecast = simulate(prepare(data, pipeline=frame), trials=5_000)
    later = book_of(loans.as_of(at + dt.timedelta(days=30)), count=True)
    start = loans.midnight(at) / 86_400e6
    came = float((later.won & (later.closed >= start)).sum())
    low, high = np.quantile(forecast.bookings(0), [0.01, 0.99])
    assert low < came < high


def test_what_a_view_knows_does_not_depend_on_what_came(loans: History) -> None:
    day = dt.date(2012, 1, 1)
    view = loans.as_of(dt.date(2012, 1, 20))
    assert calibrate(loans, as_of=day, check=False).scenario == calibrate(view, as_of=day, check=False).scenario


def test_hardware_sales_are_not_renormalised(data: Path) -> None:
    """Won .53, lost .32 and .16 undecided, where closed deals alone would say .63."""
    history = read_history(data / "maven_crm" / "sales_pipeline.csv", time_zone="UTC")
    found = calibrate(history, as_of=dt.date(2018, 1, 1), half_life=None, check=False)
    exits = found.stages[0]
    assert exits.probability[1:].tolist() == pytest.approx([0.53, 0.32], abs=0.007)
    assert exits.undecided == pytest.approx(0.16, abs=0.006)
    assert found.observed_from == dt.date(2017, 3, 1)
    beyond = next(c for c in found.cautions if c.code == "beyond_seen")
    assert beyond.fields["deals"] == 1_301


def test_list_prices_join_the_open_rows(data: Path) -> None:
    """Open rows have no value; the list price of their product is put in, and the forecast takes it."""
    with (data / "maven_crm" / "products.csv").open(encoding="utf-8") as file:
        price = {row["product"]: row["sales_price"] for row in csv.DictReader(file)}
    history = read_history(data / "maven_crm" / "sales_pipeline.csv", time_zone="UTC")
    found = calibrate(history, as_of=dt.date(2018, 1, 1), half_life=None, check=False)
    frame = found.deals_frame()
    with (data / "maven_crm" / "sales_pipeline.csv").open(encoding="utf-8") as file:
        product = {row["opportunity_id"]: row["product"] for row in csv.DictReader(file)}
    listed = frame["id"].map(lambda deal: price.get(product[deal].replace("GTXPro", "GTX Pro")))
    frame["amount"] = np.where(frame["status"] == "open", listed, frame["amount"])
    ready = prepare(found.data(), pipeline=frame)
    assert not np.isnan(np.array(ready.table.open.amount)).any()
    assert simulate(ready, trials=1_000).pipeline.open[0] > 1e6


@pytest.mark.slow
def test_hardware_sales_are_divided_by_agent_and_by_product(data: Path) -> None:
    """Thirty agents and seven products: they bring together what all deals do, and hardly differ but in prices."""
    history = read_history(data / "maven_crm" / "sales_pipeline.csv", time_zone="UTC")
    kept = Hindcasts()
    wins, found = {}, {}
    for by in (None, "sales_agent", "product"):
        learned = calibrate(
            history, as_of=dt.date(2018, 1, 1), half_life=None, value="count" if by is None else "auto", check=False,
            by=by, hindcasts=kept,
        )  # fmt: skip
        spelled = {**learned.data(), "correlation": {}, "amount": 1}
        for key in ("anchor", "leads_level", "amount_level"):
            spelled.pop(key, None)
        spelled["stages"] = [{k: v for k, v in stage.items() if k != "n"} for stage in spelled["stages"]]
        for segment in spelled.get("segments", {}).values():
            segment.pop("amount", None)
            segment.pop("amount_level", None)
        frame = learned.deals_frame().assign(amount="1")
        wins[by] = exact_forecast(prepare(spelled, pipeline=frame), groups=()).mean("total")
        found[by] = learned
    assert wins["sales_agent"] == pytest.approx(wins[None], rel=0.002)
    assert wins["product"] == pytest.approx(wins[None], rel=0.002)
    agents, products = found["sales_agent"].groups, found["product"].groups
    assert agents is not None
    assert products is not None
    assert (len(agents.members), len(products.members)) == (30, 7)
    assert len(found["sales_agent"].scenario.encode()) < 60_000
    with (data / "maven_crm" / "products.csv").open(encoding="utf-8") as file:
        price = {row["product"].replace(" ", ""): float(row["sales_price"]) for row in csv.DictReader(file)}
    for member in products.members:
        assert member.amounts is not None
        listed = price[member.label.replace(" ", "")]
        assert member.amounts.mean == pytest.approx(listed, rel=0.05 if member.own_amounts else 0.5)


@pytest.mark.slow
def test_a_queue_of_ten_exports_is_thin_and_long_lived(data: Path) -> None:
    history = read_history(
        data / "caiso_queue", time_zone="America/Los_Angeles",
        columns={"case": "Queue Position", "created": "Queue Date", "amount": "Net MWs to Grid",
                 "closed": "Withdrawn Date", "status": "Application Status"},
    )  # fmt: skip
    found = calibrate(history, check=False)
    assert found.open_count == (317,)
    assert found.stages[0].undecided > 0.3
    assert found.stages[0].n_effective[1] < 60


def test_a_demo_org_is_too_little(data: Path) -> None:
    history = read_history(data / "salesforce_demo_export" / "Opportunity.csv", time_zone="UTC")
    with pytest.raises(InputError, match="20 of 36 deals are decided, 12 won and 8 lost"):
        calibrate(history)
