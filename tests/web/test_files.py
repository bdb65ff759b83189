"""The page follows the files; what cannot be read leaves the last good reading."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from simfunnel.record.keep import keep
from simfunnel.web.controls import controls
from simfunnel.web.files import Source

from .conftest import DEALS, SCENARIO, Served


def until(served: Served, wanted: dict[str, Any]) -> dict[str, Any]:
    """Ask for news until they say what is wanted."""
    for _ in range(100):
        told: dict[str, Any] = served.ask("/api/news").json
        told["version"] -= served.application.source.first - 1
        if all((told[key] if key == "version" else bool(told[key])) == value for key, value in wanted.items()):
            return told
        time.sleep(0.1)
    raise AssertionError(told)


def test_a_new_export_is_read_a_broken_one_is_told_and_mended(served: Served, folder: Path) -> None:
    def deals() -> int:
        return int(served.ask("/api/deals", {}).json["in_all"])

    assert deals() == 3
    (folder / "deals.csv").write_text(DEALS + "D,Dora,Closing,400,Bo,smb,2027-02-11\n")
    until(served, {"version": 2, "fault": False})
    assert deals() == 4
    (folder / "small.yaml").write_text(SCENARIO.replace("conversion: 0.5", "conversion: 5"))
    told = until(served, {"version": 2, "fault": True})
    assert "conversion" in told["fault"]
    assert deals() == 4 and served.ask("/api/answer", {}).status == 200
    (folder / "small.yaml").write_text(SCENARIO)
    until(served, {"version": 3, "fault": False})


def test_a_file_that_is_gone_for_a_moment(folder: Path) -> None:
    """Programs write beside and rename, or remove first."""
    source = Source(str(folder / "small.yaml"))
    (folder / "deals.csv").unlink()
    assert source.look() and source.fault and "deals.csv" in source.fault and source.reading.version - source.first == 0
    assert not source.look()
    (folder / "deals.csv").write_text(DEALS)
    assert source.look() and source.fault is None and source.reading.version - source.first == 1


def test_other_files_are_watched_when_the_scenario_names_them(folder: Path) -> None:
    (folder / "top.yaml").write_text("extends: small.yaml\nname: Top\n")
    source = Source(str(folder / "top.yaml"))
    (folder / "small.yaml").write_text(SCENARIO.replace("deals.csv", "more.csv"))
    (folder / "more.csv").write_text(DEALS)
    assert source.look() and source.reading.version - source.first == 1
    os.utime(folder / "deals.csv", ns=(1, 1))
    assert not source.look()
    os.utime(folder / "more.csv", ns=(1, 1))
    assert source.look() and source.reading.version - source.first == 2


def test_what_can_be_read_and_not_forecast_is_a_fault(folder: Path) -> None:
    source = Source(str(folder / "small.yaml"), variant="worse")
    (folder / "small.yaml").write_text(SCENARIO.replace("  worse:", "  better:"))
    assert source.look() and source.fault and "worse" in source.fault and source.reading.version - source.first == 0


def test_a_change_that_no_longer_fits_is_named(served: Served, folder: Path) -> None:
    lost = {"state": {"shifts": [{"path": "win_rate[deal=B]", "set": 0}]}}
    assert served.ask("/api/answer", lost).status == 200
    (folder / "deals.csv").write_text("\n".join(DEALS.splitlines()[:2]) + "\n")
    until(served, {"version": 2, "fault": False})
    told = served.ask("/api/answer", lost)
    assert told.status == 422 and "win_rate[deal=B]" in told.json["error"]


def test_the_list_of_deals_is_searched_in_pages(served: Served) -> None:
    def rows(**asked: Any) -> list[dict[str, Any]]:
        return list(served.ask("/api/deals", asked).json["rows"])

    assert [row["id"] for row in rows()] == ["A", "B", 'C,"1]']  # the largest first
    assert [row["name"] for row in rows(find="bELL")] == ["<b>Bell</b>"]
    assert [row["id"] for row in rows(find="ann", first=1)] == ['C,"1]']
    assert rows(find="nobody") == [] and len(rows(count=1)) == 1
    out = {"shifts": [{"path": "ignore[deal=A]", "set": True}, {"path": "win_rate[deal=B]", "set": 1}]}
    moved = {row["id"]: row for row in rows(state=out)}
    assert moved["A"]["p_win"] is None and moved["A"]["p_win_before"] > 0
    assert moved["B"]["p_win"] > moved["B"]["p_win_before"] > 0


def test_deals_have_the_chances_of_health(served: Served, folder: Path) -> None:
    from simfunnel.diagnosis.health import health

    told = {row["id"]: row["p_win"] for row in served.ask("/api/deals", {"state": {"period": "2027-Q2"}}).json["rows"]}
    for deal in health(folder / "small.yaml", trials=1000).deals:
        assert told[deal.id] == deal.p_by_period[1]


def test_a_server_that_was_started_again_has_other_versions(served: Served, folder: Path) -> None:
    before = served.application.source
    time.sleep(0.002)
    assert Source(str(folder / "small.yaml")).first > before.first


def test_a_pipeline_in_a_store_is_followed(folder: Path) -> None:
    store = folder / "simfunnel.db"
    keep(folder / "small.yaml", store=store)
    (folder / "stored.yaml").write_text(SCENARIO.replace("file: deals.csv", "store: simfunnel.db"))
    source = Source(str(folder / "stored.yaml"))
    assert controls(source.reading)["followed"] and len(source.reading.deal_names) == 3
    source.look()  # what reading it leaves behind
    assert not source.look()
    (folder / "deals.csv").write_text(DEALS + "D,Dora,Closing,400,Bo,smb,2027-02-11\n")
    keep(folder / "small.yaml", store=store, correct=True)
    assert source.look() and len(source.reading.deal_names) == 4


def test_what_was_not_foreseen_ends_no_looking(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from simfunnel.web import files

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("unforeseen")

    with monkeypatch.context() as broke:
        broke.setattr(files, "prepare", broken)
        (folder / "small.yaml").write_text(SCENARIO.replace("name: Small", "name: Other"))
        assert "ZeroDivisionError" in until(served, {"fault": True})["fault"]
    assert "unforeseen" in caplog.text
    (folder / "small.yaml").write_text(SCENARIO.replace("name: Small", "name: Third"))
    until(served, {"version": 2, "fault": False})
