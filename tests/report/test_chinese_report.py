"""The report in Chinese: nothing of ours is left in English, its numbers are the same, and folders are told again."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.bundle.durable import hash_of
from simfunnel.diagnosis import metrics
from simfunnel.diagnosis.health import health
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.history import History, read_history
from simfunnel.planning.levers.levers import levers
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.report.html.anonymous import anonymous
from simfunnel.report.html.charts.drawing import Drawing, fitted
from simfunnel.report.html.gather import gather
from simfunnel.report.html.material import Material
from simfunnel.report.html.report import report_html, report_workbook
from simfunnel.report.xlsx.heads import told_head, told_sheet
from simfunnel.report.xlsx.sheets import sheets_of
from simfunnel.shown import Shown, face_of
from simfunnel.wording.catalogue import catalogue
from simfunnel.wording.language import CHINESE, again, language, tell
from simfunnel.wording.numbers import percent

from .html_scenario import OWNERS, scenario
from .html_tables import Tables

DATA = {
    "Contract", "Customer", "Demo", "Offer", "East", "West", "north", "south", "web", "weak", "plots", "USD", "CRPS",
    "simfunnel", "scenario", "yaml", "HISTORY", "DIR", *(word for name in OWNERS for word in name.split()),
}  # fmt: skip
KEY = bytes(range(32))


def english(page: str) -> set[str]:
    """Words of three letters and more that are neither data, keys in backquotes, options nor commands."""
    text = re.sub(r"<(style|script)>.*?</\1>|<code>.*?</code>|<p class=\"command\">.*?</p>", "", page, flags=re.DOTALL)
    told = re.findall(r">([^<>]+)<", text) + re.findall(r'(?:aria-label|data-shown)="([^"]*)"', text)
    bare = re.sub(r"`[^`]*`|--[a-z][\w-]*|\b[0-9a-f]{64}\b", "", html.unescape("\n".join(told)))
    return set(re.findall(r"[A-Za-z]{3,}", bare)) - DATA


@pytest.fixture(scope="module")
def whole() -> Material:
    """Everything that is cheap, gathered before anybody asks for a language."""
    return gather("scenario.yaml", prepare(scenario()), trials=300)


@pytest.fixture(scope="module")
def chinese(whole: Material) -> str:
    catalogue(CHINESE).missing.clear()
    with language("zh"):
        return report_html(whole)


def test_no_english_word_of_ours_is_left(chinese: str) -> None:
    assert '<html lang="zh-CN">' in chinese and "目标能否达成？" in chinese
    assert english(chinese) == set()
    assert not catalogue(CHINESE).missing


def test_its_numbers_are_those_of_the_english_one(whole: Material, chinese: str) -> None:
    orders = [
        [[cell.order for row in table.rows for cell in row] for found in Tables(page).found.values() for table in found]
        for page in (report_html(whole), chinese)
    ]
    assert sum(map(len, orders[0])) > 100
    assert orders[0] == orders[1]


def test_the_workbook_is_told_in_it_too(whole: Material) -> None:
    with language("zh"):
        contents = report_workbook(whole)
    assert english(str([(name, text) for name, text in contents.about])) == set()
    assert "各期间签约额（USD）" in [sheet.name for sheet in contents.sheets]


@pytest.mark.parametrize("name", ["run", "plan", "health", "metrics"])
def test_sheets_and_columns_of_results_are_chinese(name: str, tmp_path: Path) -> None:
    ready = prepare(scenario())
    made: dict[str, Callable[[], Shown]] = {
        "run": lambda: simulate(ready, trials=300), "plan": lambda: leads_needed(ready, trials=300),
        "health": lambda: health(ready, trials=300), "metrics": lambda: metrics(history(tmp_path), by="owner"),
    }  # fmt: skip
    with language("zh"):
        sheets = [told_sheet(sheet) for sheet in sheets_of(face_of(made[name]()).frames())]
    heads = [sheet.name for sheet in sheets] + [column for sheet in sheets for column in sheet.columns]
    assert len(heads) > 20 and [head for head in heads if re.search("[a-z_]{2}", head)] == []
    cells = {cell for sheet in sheets for row in sheet.rows for cell in row if isinstance(cell, str)}
    assert english(f">{' '.join(cells)}<") == set()


def test_columns_are_told_by_their_parts() -> None:
    columns = {
        "p_attain_low": "达成概率 下限", "quantiles_0.05": "P5", "open_30_60_came": "在手 30-60 天数 实际",
        "run_rate_spread-hi-80": "近期成交水平（含波动） 80% 上限", "p_win_2027-Q1": "赢单概率 2027年第一季度",
        "win_rate_of_mine": "win_rate_of_mine", "p_target_1.2": "达成概率，目标为常规窗口的倍数 1.2",
    }  # fmt: skip
    with language("zh"):
        assert {name: told_head(name) for name in columns} == columns


def test_a_picture_of_a_text_that_was_told_before_is_chinese() -> None:
    told = tell("Where the chance is {chance}", chance=percent(0.5))
    with language("zh"):
        drawing = Drawing(10, told, told)
        drawing.text((0, 0), told)
        assert (drawing.svg().count("概率为50%时"), fitted(told, 900)) == (3, "概率为50%时")


def test_a_report_without_names_has_none_in_chinese_either(whole: Material) -> None:
    """Names stand between Chinese characters, which are letters, too."""
    with language("zh"):
        page, plain = report_html(anonymous(whole, prepare(scenario()), KEY)), report_html(whole)
    letters = set(re.findall(r"(?:商机|负责人|团队|客户) ([A-Z2-7]{4,})", page))
    assert len(letters) > 10
    names = [*OWNERS, *(f"Contract {i}" for i in range(20)), *(f"Customer {i}" for i in range(20)), "East", "West"]
    assert all(name in plain for name in OWNERS)
    assert [name for name in names if name in page] == []
    assert english(page) <= {word for name in letters for word in re.findall("[A-Z]{3,}", name)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results that were written before anybody asked for a language."""
    ready, kept = prepare(scenario()), tmp_path_factory.mktemp("kept")
    leads_needed(ready, trials=300).save(kept / "plan")
    levers(ready, trials=300).save(kept / "levers")
    return kept


def test_what_was_measured_of_a_history_is_told_in_it(whole: Material, tmp_path: Path) -> None:
    """Of owners: what a history is grouped by is a word of ours, or the name of a column."""
    keys = face_of(metrics(history(tmp_path), by="owner")).keys()
    with language("zh"):
        page = report_html(dataclasses.replace(whole, metrics=keys), ["bottleneck"])
    assert "负责人" in again_in_chinese(keys["sentence"]) and english(page) == set()


def history(folder: Path) -> History:
    file = folder / "history.csv"
    rows = [
        f"{i},{stage},2026-{1 + i % 9:02d}-{1 + day + i % 12:02d},{OWNERS[i % 3]}"
        for i in range(120)
        for stage, day in (("Demo", 0), ("Offer", 3), *((("Won", 9),) if i // 3 % 3 == 0 else (("Lost", 7),)))
    ]
    file.write_text("\n".join(["id,stage,date,owner", *rows]), encoding="utf-8")
    return read_history(str(file))


def again_in_chinese(text: str) -> str:
    with language("zh"):
        return str(again(text))


def test_folders_of_results_are_told_in_the_language_of_the_report(folder: Path) -> None:
    folders = [str(folder / "plan"), str(folder / "levers")]
    material = gather("scenario.yaml", prepare(scenario()), folders=folders, wanted=["provenance"], trials=300)
    assert material.plan is not None and not re.search(r"[一-鿿]", json.dumps(material.plan, ensure_ascii=False))
    with language("zh"):
        page = report_html(material, ["actions", "provenance"])
    assert english(page) == set() and "英文原文" not in page


def test_a_folder_of_an_earlier_version_is_told_in_english_and_that_is_said(folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folder / "plan", tmp_path / "plan"))
    file, manifest = folder / "plan.json", folder / "manifest.json"
    data: dict[str, Any] = json.loads(file.read_text("utf-8"))
    del data["words"]
    file.write_text(json.dumps(data), "utf-8")
    written = json.loads(manifest.read_text("utf-8"))
    with file.open("rb") as opened:
        digest, size = hash_of(opened)
    written["files"]["plan.json"] |= {"sha256": digest, "bytes": size}
    manifest.write_text(json.dumps(written), "utf-8")
    material = gather("scenario.yaml", prepare(scenario()), folders=[str(folder)], wanted=["provenance"], trials=300)
    assert material.plan is not None
    with language("zh"):
        page = report_html(material, ["enough", "actions", "provenance"])
    assert html.escape(material.plan["sentence"], quote=False) in page
    assert "plan中的句子为英文原文" in page
    assert "stand in English" not in report_html(material, ["enough", "actions", "provenance"])


def test_a_variant_is_named_in_quotes_so_that_its_name_is_no_part_of_a_sentence() -> None:
    with language("zh"):
        assert tell("variant {variant}", variant="赢率下降") == "假设方案“赢率下降”"
        assert tell(" · variant {variant}", variant="赢率下降") == " · 假设方案“赢率下降”"
