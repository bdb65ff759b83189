"""``simfunnel calibrate`` and ``run --history``, as an analyst uses them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from estimation.made import made_history

from simfunnel.cli.calibrate import fiscal_of
from simfunnel.history.history import LOST, NEVER, WON

from .conftest import Run

pytestmark = pytest.mark.usefixtures("windows_once")


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made history as a file of events."""
    monkeypatch.chdir(tmp_path)
    history = made_history(days=300, per_day=6)
    names = {**dict(enumerate(history.stages)), WON: "Closed Won", LOST: "Closed Lost"}
    s = history.spells
    amount = dict(zip(history.deals.id.tolist(), history.facts["amount"].value.tolist(), strict=True))
    rows = []
    for deal, stage, entered, left, to in zip(s.deal, s.stage, s.entered, s.left, s.to, strict=True):
        name = history.deals.id[deal]
        rows.append((int(entered), name, names[int(stage)]))
        if left != NEVER and int(to) in (WON, LOST):
            rows.append((int(left), name, names[int(to)]))
    lines = ["Opportunity ID,Stage,Date,Amount"]
    for at, name, stage_name in sorted(rows):
        lines.append(f"{name},{stage_name},{np.datetime64(at, 'us')}Z,{amount[name]}")
    Path("events.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path / "events.csv"


def test_from_events_to_a_forecast(events: Path, run: Run) -> None:
    learned = run("calibrate", "events.csv", "-o", "scenario.yaml", "--unit", "month")
    assert learned.code == 0, learned.err
    assert "are won" in learned.out.splitlines()[0]
    assert "Next:  simfunnel run scenario.yaml" in learned.err
    checked = run("validate", "scenario.yaml", "--json")
    assert json.loads(checked.out)["valid"]
    forecast = run("run", "scenario.yaml", "--trials", "2000", "--json")
    assert forecast.code == 0, forecast.err
    assert json.loads(forecast.out)["periods"][0]["label"] == "2025-11"


def test_an_update_by_the_same_history_changes_what_somebody_changed_and_no_more(events: Path, run: Run) -> None:
    assert run("calibrate", "events.csv", "-o", "scenario.yaml", "--unit", "month", "--quiet").code == 0
    written = Path("scenario.yaml").read_text("utf-8")
    same = run("calibrate", "events.csv", "--update", "scenario.yaml", "--unit", "month")
    assert same.code == 0 and same.out.strip().endswith("nothing has changed")
    assert Path("scenario.yaml").read_text("utf-8") == written
    target = "targets: [{period: 2025-11, amount: 90k}]   # mine\n"
    own = written.replace("correlation: {market: ", f"{target}correlation: {{market: 0.9}}   # was ")
    Path("scenario.yaml").write_text(own, "utf-8")
    assert run("calibrate", "events.csv", "--update", "scenario.yaml", "--unit", "month").code == 0
    after = Path("scenario.yaml").read_text("utf-8")
    assert "amount: 90k" in after and "# mine" in after
    assert "market: 0.9}" not in after


def test_a_history_that_ended_long_ago_says_so(events: Path, run: Run) -> None:
    assert "the history ends " in run("calibrate", "events.csv").err
    assert "the history ends " not in run("calibrate", "events.csv", "--as-of", "2025-11-02").err
    assert "the history ends " not in run("calibrate", "events.csv", "--quiet").err


def test_one_command_gives_the_same_forecast(events: Path, run: Run) -> None:
    run("calibrate", "events.csv", "-o", "scenario.yaml", "--unit", "month", "--quiet")
    lines = (["run", "scenario.yaml"], ["run", "--history", "events.csv", "--unit", "month", "--count", "2"])
    two, one = (json.loads(run(*line, "--trials", "2000", "--json").out)["periods"] for line in lines)
    assert one == two


def test_the_json_has_the_keys_of_the_contract(events: Path, run: Run) -> None:
    found = json.loads(run("calibrate", "events.csv", "--unit", "month", "--json").out)
    assert {"as_of", "observed_from", "deals", "stages", "leads", "amount", "dependence", "anchor", "half_life", "tail",
            "groups", "wins_by_month_of_quarter", "excluded", "cautions"} <= found.keys()  # fmt: skip
    assert {"n", "won", "lost", "void", "open", "vanished", "unseen"} == found["deals"].keys()
    stage = found["stages"][0]
    assert {"name", "entered", "open", "transitions", "undecided", "win_rate", "win_rate_interval"} == stage.keys()
    way = stage["transitions"][0]
    assert way.keys() == {
        "to", "probability", "interval", "n_effective", "events", "median", "p90", "median_interval", "p90_interval",
        "law",
    }  # fmt: skip
    assert {
        "correlation_market", "correlation_interval", "pace_sd", "windows", "independent_windows", "one_window_error",
        "one_window_error_given_arrivals", "reproduced",
    } <= found["dependence"].keys()  # fmt: skip


def test_the_fiscal_year_is_that_which_is_asked_for_or_that_of_the_scenario_kept(events: Path, run: Run) -> None:
    line = ("calibrate", "events.csv", "-o", "scenario.yaml", "--unit", "month", "--quiet", "--fiscal-year-start", "2")
    assert run(*line).code == 0
    assert "periods: {unit: month, count: 2, fiscal_year_start: 2}" in Path("scenario.yaml").read_text("utf-8")
    found = [
        fiscal_of(start, update) for start, update in ((None, None), (None, "scenario.yaml"), (5, "scenario.yaml"))
    ]
    assert [None if periods is None else periods.fiscal_year_start for periods in found] == [None, 2, 5]
    assert run("calibrate", "events.csv", "--update", "scenario.yaml").code == 0
    assert "fiscal_year_start: 2" in Path("scenario.yaml").read_text("utf-8")


def test_what_is_not_ours_is_not_overwritten(events: Path, run: Run) -> None:
    Path("scenario.yaml").write_text("mine\n", "utf-8")
    refused = run("calibrate", "events.csv", "-o", "scenario.yaml")
    assert refused.code == 2
    assert "calibrate did not write it" in refused.err
    assert Path("scenario.yaml").read_text("utf-8") == "mine\n"
    assert run("calibrate", "events.csv", "-o", "scenario.yaml", "--force").code == 0
    assert run("calibrate", "events.csv", "-o", "scenario.yaml").code == 0  # its own it may write again


@pytest.mark.parametrize("change", [lambda text: text + "# mine\n", lambda text: text.replace("count: 2", "count: 3")])
def test_what_somebody_changed_is_not_overwritten(events: Path, run: Run, change: Callable[[str], str]) -> None:
    line = ("calibrate", "events.csv", "-o", "scenario.yaml", "--quiet")
    assert run(*line).code == 0
    changed = change(Path("scenario.yaml").read_text("utf-8"))
    Path("scenario.yaml").write_text(changed, "utf-8")
    refused = run(*line)
    assert refused.code == 2
    assert "was changed since calibrate wrote it; `--update scenario.yaml`" in refused.err
    assert Path("scenario.yaml").read_text("utf-8") == changed
    assert run("calibrate", "events.csv", "--update", "scenario.yaml").code == 0
    assert run(*line, "--force").code == 0


def test_a_pipeline_file_in_the_way_is_kept(events: Path, run: Run) -> None:
    Path("pipeline.csv").write_text("mine\n", "utf-8")
    refused = run("calibrate", "events.csv", "-o", "scenario.yaml")
    assert refused.code == 2
    assert Path("pipeline.csv").read_text("utf-8") == "mine\n"
    assert not Path("scenario.yaml").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--half-life", "0"], "expected days above 0, none or auto, found '0'"),
        (["--half-life", "soon"], "expected days above 0, none or auto, found 'soon'"),
        (["--as-of", "2020-01-01"], "nothing is known before 2020-01-01"),
        (["--as-of", "yesterday"], "expected a date such as 2027-01-31"),
        (["--horizon", "0d"], "expected 1 to 3,660 days such as 30d"),
        (["-o", "scenario.txt"], "expected a name that ends in .yaml"),
        (["--time-zone", "Berlin"], "Europe/Berlin"),
    ],
)
def test_bad_options_are_sentences(events: Path, run: Run, options: list[str], words: str) -> None:
    result = run("calibrate", "events.csv", *options)
    assert result.code == 2
    assert words in result.err


def test_a_scenario_or_a_history(events: Path, run: Run) -> None:
    assert "not both" in run("run", "a.yaml", "--history", "events.csv").err
    assert "Missing argument 'SCENARIO'" in run("run").err
    assert "for --history only" in run("run", "a.yaml", "--unit", "month").err


def test_the_folder_holds_scenario_tables_and_pictures(events: Path, run: Run) -> None:
    assert run("calibrate", "events.csv", "--out", "learned", "--quiet").code == 0
    names = {path.name for path in Path("learned").iterdir()}
    wanted = {"calibration.json", "transitions.csv", "scenario.yaml", "pipeline.csv", "incidence.png", "arrivals.svg"}
    assert wanted | {"amounts.png"} <= names
    assert run("validate", "learned/scenario.yaml").code == 0


OWN = """\
# mine, not to be lost
version: 1
name: Our pipeline   # as the board knows it
as_of: 2025-01-01
periods: {unit: month, count: 2}
stages:
  - {name: Demo, conversion: 0.9, duration: 3}   # hope
  - {name: Offer, conversion: 0.9, duration: 3}
amount: 100
pipeline: {opportunities: [{id: 1, stage: Demo, amount: 5, age: 1, win_rate: 0.5}]}
leads:
  - {name: inbound, stage: Demo, rate: {per: week, mean: 3}}   # three quarters
  - {name: fairs, stage: Demo, rate: {per: month, mean: 4.348125}}
targets: [{period: 2025-11, amount: 9k}]   # from the plan
"""


def test_an_update_replaces_numbers_and_keeps_what_is_the_users(events: Path, run: Run) -> None:
    Path("own.yaml").write_text(OWN, "utf-8")
    result = run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml")
    assert result.code == 0, result.err
    text = Path("own.yaml").read_text("utf-8")
    for kept in ("# mine, not to be lost", "# as the board knows it", "# from the plan", "win_rate: 0.5", "amount: 9k"):
        assert kept in text
    assert "conversion: 0.9" not in text
    assert "-  - {name: Demo, conversion: 0.9, duration: 3}   # hope" in result.out.splitlines()
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(text)
    rates = [source["rate"] for source in data["leads"]]
    per_week = rates[0]["mean"] + rates[1]["mean"] * 7 * 12 / 365.25
    assert per_week == pytest.approx(42, rel=0.15)  # six a day
    assert rates[0]["mean"] == pytest.approx(0.75 * per_week, rel=0.01)
    assert run("validate", "own.yaml").code == 0
    run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml")
    assert YAML(typ="safe", pure=True).load(Path("own.yaml").read_text("utf-8")) == data


NOTED = """\
version: 1
as_of: 2025-01-01
periods: {unit: month, count: 2}
# the funnel as agreed in March
stages:
  - name: Demo   # a call counts too
    # from the wiki
    conversion: 0.9
    duration: 3   # "days", not #hours
  # Offer is sent by legal
  - name: "Offer"
    conversion: 0.9   # hope
    duration: 3

# what a deal brings
amount: 100   # list price
pipeline: {opportunities: [{id: 1, stage: Demo, amount: 5, age: 1}]}
"""


def test_an_update_keeps_the_comments_of_the_stages_it_replaces(events: Path, run: Run) -> None:
    Path("own.yaml").write_text(NOTED, "utf-8")
    assert run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml", "--quiet").code == 0
    text = Path("own.yaml").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    of_demo = lines.index('- name: "Demo"')
    assert lines[of_demo + 1 : of_demo + 4] == ["# a call counts too", "# from the wiki", '# "days", not #hours']
    of_offer = lines.index('- name: "Offer"')
    assert lines[of_offer - 1 : of_offer + 2] == ["# Offer is sent by legal", '- name: "Offer"', "# hope"]
    assert lines.index("# what a deal brings") > of_offer
    assert "# the funnel as agreed in March" in lines
    learned = [line for line in lines if line.startswith("# entered by ")]
    run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml", "--quiet")
    again = Path("own.yaml").read_text("utf-8")
    assert again == text
    assert len(learned) == 2


def test_names_like_formulas_and_local_times_come_back_as_they_were(events: Path, run: Run) -> None:
    rows = events.read_text("utf-8").splitlines()
    told = [f"{rows[0]},Owner", *(f"-{row},{'=1+1' if i % 2 else '@home'}" for i, row in enumerate(rows[1:]))]
    Path("odd.csv").write_text("\n".join(told) + "\n", "utf-8")
    line = ("odd.csv", "--unit", "month")
    assert run("calibrate", *line, "-o", "s.yaml", "--quiet").code == 0
    written = Path("s_pipeline.csv").read_text("utf-8").splitlines()
    assert all(row.startswith("'-") for row in written[1:])
    assert any(row.endswith(",'=1+1") for row in written)
    run("calibrate", *line, "--time-zone", "Europe/Amsterdam", "-o", "there.yaml", "--quiet")
    there = Path("there_pipeline.csv").read_text("utf-8").splitlines()
    for here, other in zip(written[1:], there[1:], strict=True):
        assert dt.datetime.fromisoformat(here.split(",")[5]) == dt.datetime.fromisoformat(other.split(",")[5])
    assert "+01:00" in there[-1]
    two, one = (json.loads(run(*args, "--trials", "500", "--json").out) for args in (
        ("run", "s.yaml"), ("run", "--history", *line, "--count", "2")))  # fmt: skip
    assert {"=1+1", "@home"} <= set(two["groups"]["owner"])
    assert two["periods"] == one["periods"]


def test_an_update_of_other_stages_is_refused(events: Path, run: Run) -> None:
    text = OWN.replace("Offer", "Quote")
    Path("own.yaml").write_text(text, "utf-8")
    result = run("calibrate", "events.csv", "--update", "own.yaml")
    assert result.code == 2
    assert "Offer cannot be placed" in result.err
    assert Path("own.yaml").read_text("utf-8") == text


def test_a_history_beside_is_not_its_own_output(events: Path, run: Run) -> None:
    run("calibrate", "events.csv", "-o", "s.yaml", "--quiet")
    Path("s_pipeline.csv").write_bytes(events.read_bytes())
    refused = run("calibrate", "s_pipeline.csv", "-o", "s.yaml")
    assert refused.code == 2
    assert Path("s_pipeline.csv").read_bytes() == events.read_bytes()


@pytest.mark.parametrize("correlation", ["correlation:\n", ""])
def test_an_update_must_run_before_it_is_written(events: Path, run: Run, correlation: str) -> None:
    text = OWN.replace("2025-11", "2024-01") + correlation  # a target of no period that is forecast
    Path("own.yaml").write_text(text, "utf-8")
    result = run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml")
    assert result.code == 2
    assert "no period '2024-01'" in result.err
    assert Path("own.yaml").read_text("utf-8") == text
    assert {path.name for path in Path.cwd().iterdir()} == {"events.csv", "own.yaml"}


def test_an_update_follows_a_link_and_keeps_the_mode(events: Path, run: Run) -> None:
    Path("real.yaml").write_text(OWN, "utf-8")
    Path("real.yaml").chmod(0o640)
    Path("own.yaml").symlink_to("real.yaml")
    assert run("calibrate", "events.csv", "--unit", "month", "--update", "own.yaml", "--quiet").code == 0
    assert Path("own.yaml").is_symlink()
    assert Path("real.yaml").stat().st_mode & 0o777 == 0o640
    assert "probability" in Path("real.yaml").read_text("utf-8")


def test_cautions_of_what_was_learned_stand_in_the_forecast(events: Path, run: Run) -> None:
    rows = Path("events.csv").read_text("utf-8").splitlines()
    Path("short.csv").write_text("\n".join(rows[:520]) + "\n", "utf-8")
    found = run("calibrate", "short.csv", "--unit", "quarter", "--json")
    assert found.code == 0, found.err
    learned = json.loads(found.out)["cautions"]
    result = run("run", "--history", "short.csv", "--trials", "500", "--json")
    codes = {caution["code"] for caution in json.loads(result.out)["cautions"]}
    assert {caution["code"] for caution in learned if caution["code"] != "not_reproduced"} <= codes
    assert "no_past_window" in codes
