"""A history whose stages are not those of the scenario: the report says so, and what that does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from simfunnel.diagnosis import metrics
from simfunnel.history import read_history
from simfunnel.report.html.material import Material
from simfunnel.report.html.report import report_html
from simfunnel.shown import face_of
from simfunnel.wording.language import language

from .html_scenario import material, scenario


@pytest.fixture(scope="module")
def plain() -> Material:
    return material(scenario(), wanted=["provenance"], trials=200)


def page(plain: Material, folder: Path, first: str, second: str) -> str:
    rows = [
        f"{i},{stage},2026-{1 + i % 9:02d}-{1 + day + i % 12:02d}"
        for i in range(60)
        for stage, day in ((first, 0), (second, 3), ("Won" if i % 3 else "Lost", 9))
    ]
    file = folder / "history.csv"
    file.write_text("\n".join(["id,stage,date", *rows]), "utf-8")
    keys = face_of(metrics(read_history(str(file)))).keys()
    return report_html(dataclasses.replace(plain, metrics=keys), ["bottleneck"])


def test_stages_that_the_scenario_does_not_have_are_named(plain: Material, tmp_path: Path) -> None:
    said = page(plain, tmp_path, "Demo", "First <b>talk</b>")
    assert "The history has other stages than the scenario (&#39;First &lt;b&gt;talk&lt;/b&gt;&#39;)" in said
    assert "<code>history.stage_map</code> names them alike" in said
    with language("zh"):
        assert "历史数据的阶段与场景不同（“First talk”）" in page(plain, tmp_path, "Demo", "First talk")


def test_a_stage_that_the_history_does_not_have_is_named(plain: Material, tmp_path: Path) -> None:
    said = page(plain, tmp_path, "Demo", "Demo")
    assert "Of stages that the history does not have nothing stands below: &#39;Offer&#39;." in said


def test_of_the_same_stages_nothing_is_said(plain: Material, tmp_path: Path) -> None:
    said = page(plain, tmp_path, "demo", "Offer")
    assert "other stages than" not in said and "does not have" not in said
