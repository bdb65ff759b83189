"""Commands in Chinese: no English word of ours is left, JSON and CSV stay, and the option goes before the scenario."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from simfunnel.wording.catalogue import catalogue
from simfunnel.wording.language import CHINESE

from .conftest import Run

ROOT = Path(__file__).parents[2]
KEPT = {"CNY", "USD", "CRPS", "CSV", "JSON", "PIT", "yaml", "csv", "Brier", "simfunnel"}
"""Words that are the same in Chinese: currencies, names of formats and scores."""
FIELDS = {"account", "amount", "close", "created", "date", "entered", "name", "owner", "probability", "segment",
          "source", "stage", "id"}  # fmt: skip
"""Of names of columns as `pipeline.columns` spells them."""


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sample of Chinese data, so that every English word on a page is ours; and part of a history."""
    shutil.copytree(ROOT / "scenarios" / "zh_manufacturing", tmp_path / "data")
    lines = (ROOT / "scenarios" / "b2b_software" / "history.csv").read_text("utf-8").split("\n")
    header, events = lines[0], [line.split(",") for line in lines[1:] if line]
    kept = [",".join(event) for event in events if int(event[0][-6:-3]) % 12 == 0]
    (tmp_path / "history.csv").write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    catalogue(CHINESE).missing.clear()
    return tmp_path


def english(text: str, *names: str) -> set[str]:
    """Words of three letters and more that are neither data nor options nor keys in backquotes."""
    bare = re.sub(r"`[^`]*`|--[a-z][\w-]*|'[^']*'|“[^”]*”", " ", text)
    return set(re.findall(r"[A-Za-z]{3,}", bare)) - KEPT - {word for name in names for word in re.split(r"\W|_", name)}


PLANNING = [
    ["run", "--by", "owner", "--by", "segment", "--by", "team"], ["plan"],
    ["plan", "--owner", "陈静", "--by", "month", "--target", "3M"],
    ["levers"], ["stress", "--misses", "--no-grid", "--kind", "odds"], ["health"], ["compare", "--variant", "赢率下降"],
]  # fmt: skip


@pytest.mark.parametrize("command", PLANNING, ids=" ".join)
def test_pages_of_a_scenario_are_chinese(sample: Path, run: Run, command: list[str]) -> None:
    name, *options = command
    done = run(name, "data/scenario.yaml", *options, "--trials", "300", "--language", "zh", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert english(done.out, "owner") == set()
    assert len(re.findall(r"[一-鿿]", done.out)) > 80
    assert not catalogue(CHINESE).missing


def test_the_page_of_validate_is_chinese(sample: Path, run: Run) -> None:
    done = run("validate", "data/scenario.yaml", "--language", "zh")
    assert done.code == 0 and done.out.startswith("data/scenario.yaml：有效。5个阶段")
    assert english(done.out, "data/scenario", *FIELDS) == set()
    assert re.search(r"阶段变更时间 +进入阶段日期 \(stage_entered\)", done.out)


NAMES = (
    "history", "Daniel Kim", "Elena Petrova", "Maya Okafor", "Sofia Rossi", "Hiro Tanaka", "Grace Liu", "Tom Becker",
    "James Whitfield", "Qualification", "Demo", "Proposal", "Negotiation", "Contracting", "mid-market", "smb",
    "enterprise", "Inbound", "Outbound",
)  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [["metrics", "--by", "owner"], ["calibrate"],
     ["backtest", "--horizon", "30d", "--every", "45d", "--trials", "100", "--by", "segment"]],
    ids=lambda command: str(command[0]),
)  # fmt: skip
def test_pages_of_a_history_are_chinese(sample: Path, run: Run, command: list[str]) -> None:
    name, *options = command
    done = run(name, "history.csv", *options, "--language", "zh", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert english(done.out, *NAMES) == set()
    assert not catalogue(CHINESE).missing


def test_pages_of_a_store_are_chinese(sample: Path, run: Run) -> None:
    Path("said.csv").write_text(
        "owner,period,commit,best case\n张伟,2027-Q1,300万,400万\n赵六,2027-Q1,1万,2万\n", "utf-8"
    )
    pages = []
    for command in (
        ["keep", "data/scenario.yaml", "--trials", "300", "--submissions", "said.csv"], ["store", "list"],
        ["store", "show", "2027-01-18"], ["store", "check"], ["track"],
        ["store", "forget", "--owner", "赵六", "--yes"],
    ):  # fmt: skip
        store = [] if command[0] == "keep" else ["--store", "data/simfunnel.db"]
        done = run(*command, *store, "--language", "zh")
        assert done.code == 0, done.err
        pages.append(done.out)
        assert english(done.out, "simfunnel", "pipeline", "data", "scenario") == set(), command
    assert not catalogue(CHINESE).missing
    assert "2027年1月18日" in pages[0] and "完好" in pages[3]


def test_what_is_said_beside_a_result_is_chinese(folder: Path, run: Run, no_plots: None) -> None:
    done = run("run", "scenario.yaml", "--language", "zh", "--trials", "200", "--out", "kept", "--no-anchor")
    assert done.code == 0 and "已写入 kept\n" in done.err
    assert english(done.err, "kept", "anchor") == set(), done.err
    exact = run("run", "scenario.yaml", "--language", "zh", "--method", "exact", "--trials", "5")
    assert "提示：--trials 对" in exact.err and "不经模拟、直接计算：没有共同因素；" in exact.out
    assert english(exact.out, "scenario", "test", "Nowhere", "stage") == set()


def test_a_report_says_in_a_line_what_it_takes(folder: Path, run: Run) -> None:
    """Without a target, and of one person: neither is a fault."""
    text = Path("scenario.yaml").read_text("utf-8")
    Path("scenario.yaml").write_text(text.replace("targets: [{period: 2027-Q1, amount: 1500}]\n", ""), "utf-8")
    for options in ([], ["--owner", "Ann"]):
        done = run("report", "scenario.yaml", "--language", "zh", "--trials", "200", "--force", *options)
        page = Path("report.html").read_text("utf-8")
        assert (done.code, done.err) == (0, "已写入 report.html\n")
        said = [re.sub(r"<code>.*?</code>", "", text) for text in re.findall(r'<p class="missing">(.*?)</p>', page)]
        assert len(said) > 4 and all(english(text, "Ann", "HISTORY", "DIR") == set() for text in said)
        assert ("见不带 --owner 的报告" in page) == bool(options)


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders without pictures, which take long and are tested elsewhere."""
    from simfunnel.report.plots import files

    monkeypatch.setattr(files, "save_figures", lambda *_, **__: [])


def test_json_and_csv_stay_english(folder: Path, run: Run, no_plots: None) -> None:
    english_json = run("run", "scenario.yaml", "--json").out
    assert run("run", "scenario.yaml", "--json", "--language", "zh").out == english_json
    assert json.loads(english_json)["cautions"]
    for name in ("en", "zh"):
        assert run("run", "scenario.yaml", "--out", name, "--language", name, "--quiet").code == 0
    for file in ("forecast.json", "summary.csv"):
        assert (folder / "en" / file).read_text("utf-8") == (folder / "zh" / file).read_text("utf-8")


def test_the_scenario_states_a_language_and_the_option_goes_before_it(folder: Path, run: Run) -> None:
    plain = run("run", "scenario.yaml")
    path = folder / "scenario.yaml"
    path.write_text(path.read_text("utf-8") + "language: zh\n", encoding="utf-8")
    stated, asked = run("run", "scenario.yaml"), run("run", "scenario.yaml", "--language", "en")
    assert asked.out == plain.out
    assert stated.out.startswith("2027年第一季度达成1,500的概率为")
    assert run("validate", "scenario.yaml").out.startswith("scenario.yaml：有效。")
    in_chinese = json.loads(run("run", "scenario.yaml", "--json").out)
    path.write_text(path.read_text("utf-8").replace("language: zh\n", ""), encoding="utf-8")
    assert json.loads(run("run", "scenario.yaml", "--json").out) == in_chinese  # the hash of the scenario, too
    refused = run("run", "scenario.yaml", "--set", "language=de")
    assert refused.code == 2 and "language" in refused.err and "Traceback" not in refused.err


def test_errors_stay_english(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--language", "zh", "--target", "lots")
    assert done.code == 2 and done.out == "" and not re.search(r"[一-鿿]", done.err)


def test_what_a_saved_forecast_noticed_is_told_in_chinese_too(folder: Path, run: Run, no_plots: None) -> None:
    from simfunnel.forecast import Forecast
    from simfunnel.wording.language import language

    assert run("run", "scenario.yaml", "--out", "saved", "--quiet").code == 0
    saved = Forecast.load("saved")
    told = [finding.sentence for finding in (*saved.cautions, *saved.quality.excluded)]
    assert told and not [text for text in told if re.search(r"[一-鿿]", text)]
    with language("zh"):
        again = [finding.sentence for finding in (*saved.cautions, *saved.quality.excluded)]
    assert len(again) == len(told) and all(english(text, "Nowhere") == set() for text in again)
