"""How metrics are shown: keys, tables, page, pictures, command."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from simfunnel.cli import cli
from simfunnel.diagnosis import Metrics, metrics
from simfunnel.report.console.metrics import first_sentence, metrics_page
from simfunnel.report.plots.files import save_figures
from simfunnel.shown import face_of
from tests.estimation.made import Owner, made_history

HOSTILE = (
    "\x1b[31mred\x1b[0m\r\nnew", "=HYPERLINK(\"x\")", "[bold]x[/bold] $a$", "名" * 60, "x" * 300, "\u202eevil", "all"
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Metrics:
    owners = [*(Owner(f"rep {i}") for i in range(18)), Owner("slow start", share=3.0, on=0.2)]
    return metrics(made_history(500, 12.0, seed=5, owners=owners), by="owner")


@pytest.fixture(scope="module")
def hostile() -> Metrics:
    owners = [*(Owner(name) for name in HOSTILE), Owner(""), Owner("\x1b[2J" + "bad " * 40, share=2.0, on=0.1)]
    return metrics(made_history(400, 8.0, seed=6, owners=owners), by="owner")


def page(found: Metrics, width: int) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(metrics_page(found, width), highlight=False, markup=False)
    return captured.get()


def test_the_keys_are_the_contract(found: Metrics) -> None:
    keys = found.to_dict()
    assert {"as_of", "by", "groups", "bottlenecks", "cohorts", "trend", "cautions"} <= set(keys)
    group = keys["groups"][0]
    assert {"label", "n", "stages", "signing_rate", "cycle", "average_won", "velocity", "value_now"} <= set(group)
    stage = group["stages"][0]
    assert {"name", "entered", "decided", "open", "conversion", "win_rate", "days"} <= set(stage)
    for rate in (stage["conversion"], stage["win_rate"], group["signing_rate"], group["win_rate"]):
        assert set(rate) == {"raw", "shrunk", "interval", "n_effective"}
        assert rate["interval"][0] <= rate["shrunk"] <= rate["interval"][1]
    assert set(stage["days"]) == {"median", "p90", "won", "lost"} and set(stage["days"]["won"]) == {"median", "p90"}
    assert {"group", "stage", "p_below", "wins_lost", "stderr"} <= set(keys["bottlenecks"][0])
    assert len(keys["bottlenecks"]) == 19 * 2
    assert [g["label"] for g in keys["groups"]] == [g.label for g in found.groups]
    assert keys["all"]["n"] == sum(g["n"] for g in keys["groups"])
    json.dumps(keys, allow_nan=False)


def test_without_groups_all_deals_are_the_one_group() -> None:
    keys = metrics(made_history(100, 4.0)).to_dict()
    assert keys["by"] is None and keys["bottlenecks"] == []
    assert keys["groups"] == [keys["all"]]


def test_a_history_of_nothing_but_open_deals_says_so() -> None:
    found = metrics(made_history(1, 3.0, seed=2))
    assert found.whole.decided == 0
    assert first_sentence(found) == "No deal is decided: nothing can be said of rates."
    keys = found.to_dict()
    assert keys["all"]["win_rate"]["raw"] is None and keys["all"]["win_rate"]["interval"] == [0.0, 1.0]
    assert "unknown" in page(found, 80)


def test_tables_are_tidy(found: Metrics) -> None:
    frames = found.frames()
    assert list(frames) == ["groups", "bottlenecks", "cohorts", "trend"]
    groups = frames["groups"]
    assert len(groups) == 20 * 2
    assert {"group", "stage", "conversion_shrunk", "conversion_interval_low", "days_won_median"} <= set(groups.columns)
    assert not groups.map(lambda cell: isinstance(cell, (list, dict))).any().any()
    assert {"stage", "from", "conversion", "interval_low", "interval_high"} <= set(frames["trend"].columns)


def test_the_first_line_can_be_repeated(found: Metrics) -> None:
    said = first_sentence(found)
    worst = found.bottlenecks[0]
    assert said.startswith("slow start in Demo: ")
    assert f"{worst.wins_lost:,.1f} wins a quarter (± {worst.stderr:,.1f})" in said
    same = metrics(made_history(200, 6.0, seed=9, owners=[Owner("a"), Owner("b")]), by="owner")
    assert first_sentence(same).startswith("No owner can be told from the others: ")


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("which", ["found", "hostile"])
def test_a_page_cuts_no_number_and_is_not_wider(which: str, width: int, request: pytest.FixtureRequest) -> None:
    result: Metrics = request.getfixturevalue(which)
    shown = page(result, width)
    assert all(cell_len(line) <= width for line in shown.splitlines())
    assert "\x1b" not in shown and "\u202e" not in shown
    low, high = result.whole.stages[0].conversion.interval
    assert re.search(rf"^Demo .*\({100 * low:.0f} % to {100 * high:.0f} %\)", shown, re.MULTILINE)
    rows = [line for line in shown.splitlines() if "above all" in line or "below all" in line or "told apart" in line]
    assert sum(" % to " in line for line in rows) == min(len(result.groups), 15)
    assert not re.search(r"\d…", shown)


def test_the_page_says_how_many_groups_it_does_not_show(found: Metrics) -> None:
    assert "4 more groups between these" in page(found, 80)


def test_hostile_names_stay_what_they_are_in_json_and_are_harmless_in_tables(hostile: Metrics, tmp_path: Path) -> None:
    labels = {g["label"] for g in hostile.to_dict()["groups"]}
    assert {'=HYPERLINK("x")', "", "all"} <= labels
    hostile.save(tmp_path / "out")
    assert "\n=HYPERLINK" not in (tmp_path / "out" / "groups.csv").read_text("utf-8")


def test_pictures_are_drawn_whatever_the_names(hostile: Metrics, tmp_path: Path) -> None:
    face = face_of(hostile)
    save_figures(face.figures(), tmp_path, texts=(), provenance="p")
    assert {p.name for p in tmp_path.glob("*.png")} == {"conversions.png", "courses.png"}


def test_a_picture_of_many_groups_shows_the_first_and_the_last(found: Metrics) -> None:
    curves = face_of(found).figures()["courses"]()
    titles = [axes.get_title() for axes in curves.axes]
    assert len(titles) == 9
    assert titles[0].startswith(found.groups[0].label) and titles[-1].startswith("slow start")
    whole = face_of(replace(found, by=None, groups=(found.whole,))).figures()
    assert len(whole["courses"]().axes) == 1 and len(whole["conversions"]().axes) == 2


def test_a_picture_of_too_many_groups_holds_every_bottleneck() -> None:
    owners = [*(Owner(f"rep {i:02d}") for i in range(40)), Owner("bad", share=0.7, on=0.1)]
    found = metrics(made_history(600, 10.0, seed=5, owners=owners), by="owner")
    figure = face_of(found).figures()["conversions"]()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == 24 and "bad" in names
    assert "17 smaller groups not drawn" in figure.get_suptitle()


EVENTS = "deal,stage,time,rep,tier\n" + "".join(
    f"D{i},Demo,2025-{1 + i % 9:02d}-01,{rep},{i % 2}\nD{i},{end},2025-{1 + i % 9:02d}-{5 + i % 20:02d},{rep},{i % 2}\n"
    for i in range(120)
    for rep, end in [(["Ann", "Bob"][i % 2], ["Won", "Lost"][(i // 2) % 2])]
)


def run(folder: Path, *options: str) -> Result:
    file = folder / "events.csv"
    file.write_text(EVENTS, "utf-8")
    return CliRunner().invoke(cli, ["metrics", str(file), *options])


def test_the_command_prints_a_page_json_and_writes_a_folder(tmp_path: Path) -> None:
    shown = run(tmp_path, "--by", "tier", "--every", "month", "--time-zone", "UTC", "--quiet")
    assert shown.exit_code == 0, shown.output
    assert "120 deals, 120" in " ".join(shown.output.split())  # the path of the file may wrap the line
    keys = run(tmp_path, "--by", "tier", "--json", "--since", "2025-03-01", "--as-of", "2025-08-01")
    data: dict[str, Any] = json.loads(keys.stdout)
    assert data["as_of"] == "2025-08-01" and data["observed_from"] == "2025-03-01"
    assert {g["label"] for g in data["groups"]} == {"0", "1"}
    assert math.isclose(data["all"]["win_rate"]["raw"], 0.5, abs_tol=0.1)
    done = run(tmp_path, "--out", str(tmp_path / "out"), "--quiet")
    assert done.exit_code == 0, done.output
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"metrics.json", "groups.csv", "cohorts.csv", "trend.csv", "conversions.png", "manifest.json"} <= written


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "colour"], "--by colour: no such column in the history; there are"),
        (["--half-life", "auto"], "--half-life: expected days above 0, or none"),
        (["--since", "soon"], "--since: "),
    ],
)
def test_a_slip_is_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    failed = run(tmp_path, *options)
    assert failed.exception is not None and said in str(failed.exception)
