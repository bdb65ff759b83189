"""Answers are the library's: the same bits as the commands that they name."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from simfunnel.errors import InputError
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.web import answers
from simfunnel.web.controls import controls, sliders
from simfunnel.web.downloads import report_of, variant_of
from simfunnel.web.question import State
from simfunnel.web.reading import Reading

from .conftest import DEALS, SCENARIO

Run = Callable[..., Any]
MOVED = {"shifts": [{"path": "win_rate", "scale": 1.2}, {"path": "amount[deal=A]", "set": 800},
                    {"path": 'ignore[deal="C,\\"1]"]', "set": True}], "target": "1k"}  # fmt: skip


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in the folder of the scenario, and read its JSON."""
    from simfunnel.cli import main

    def call(line: str, *, is_json: bool = True) -> Any:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [*shlex.split(line), *(["--json"] if is_json else ["--quiet"])])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert not ended.value.code, err
        return json.loads(out) if is_json else None

    return call


def reading(folder: Path, **options: Any) -> Reading:
    overrides = options.get("overrides", ())
    return Reading(prepare(folder / "small.yaml", overrides=overrides), "small.yaml", **options)


def state(**asked: Any) -> State:
    return State.model_validate(asked)


@pytest.mark.parametrize("asked", [{}, MOVED, {"period": "total", "target": 1500}, {"period": "2027-Q2"}])
@pytest.mark.parametrize("more", ["", "payment_terms: [{share: 0.5, delay: 0}, {share: 0.5, delay: 30}]\n",
                                  "pace: {sd: 0.2}\n"])  # fmt: skip
def test_an_answer_is_that_of_its_command(folder: Path, run: Run, asked: dict[str, Any], more: str) -> None:
    (folder / "small.yaml").write_text(SCENARIO + more)
    found = answers.answer(reading(folder), state(**asked), 3000)
    told = run(found["command"])
    label = asked.get("period", "2027-Q1")
    period = told["total"] if label == "total" else next(p for p in told["periods"] if p["label"] == label)
    assert found["what_if"]["mean"] == period["bookings"]["mean"]
    assert found["what_if"]["mean_stderr"] == period["bookings"]["stderr"]
    assert found["what_if"]["quantiles"]["0.5"] == period["bookings"]["quantiles"]["0.5"]
    for origin, part in found["what_if"]["by_origin"].items():
        assert part["mean"] == period["by_origin"][origin]["mean"]
    if found["target"] is None:
        assert found["what_if"]["p_attain"] is None
    else:
        assert found["what_if"]["p_attain"] == period["attainment"]["probability"]
    assert (found["kernel"], found["trials"], found["seed"]) == (told["kernel"], 3000, told["seed"])


def test_the_difference_is_paired_and_the_base_is_the_scenario(folder: Path) -> None:
    found = answers.answer(reading(folder), state(**MOVED), 4000)
    whole = simulate(folder / "small.yaml", trials=4000)
    assert found["base"]["mean"] == whole.mean("2027-Q1")
    gap, alone = found["difference"], (found["base"], found["what_if"])
    assert gap["mean"] == pytest.approx(alone[1]["mean"] - alone[0]["mean"], rel=1e-12)
    assert 0 < gap["mean_stderr"] < max(one["mean_stderr"] for one in alone)
    assert gap["p_attain"] == pytest.approx(alone[1]["p_attain"] - alone[0]["p_attain"], abs=1e-12)


def test_a_change_that_takes_another_kernel_is_compared_by_one(folder: Path, run: Run) -> None:
    read, wide = reading(folder), {"shifts": [{"path": "pace.sd", "set": 0.9}]}
    assert answers.answer(read, state(), 2000)["kernel"] == "outcomes"
    found = answers.answer(read, state(**wide), 2000)
    assert found["kernel"] == run(found["command"])["kernel"] == "paths"
    by_one = [
        simulate(folder / "small.yaml", trials=2000, kernel="paths", shifts=state(**one).shifts) for one in ({}, wide)
    ]
    assert found["difference"]["mean"] == pytest.approx(by_one[1].mean() - by_one[0].mean(), rel=1e-9)
    assert found["base"]["mean"] != by_one[0].mean()  # shown is the base as `run` has it


def test_a_target_of_its_own_is_asked_of_the_period_that_is_shown(folder: Path, run: Run) -> None:
    (folder / "small.yaml").write_text(SCENARIO.replace("2027-Q1, amount: 900", "2027-Q2, amount: 900"))
    read = reading(folder)
    assert controls(read)["period"] == "2027-Q2"
    found = answers.answer(read, state(target="1k"), 2000)
    assert (found["period"], found["target"]) == ("2027-Q2", 1000)
    assert run(found["command"])["periods"][1]["attainment"]["probability"] == found["what_if"]["p_attain"]


def test_sliders_begin_at_what_the_variant_has(folder: Path) -> None:
    (folder / "small.yaml").write_text(SCENARIO + "  bound: [{path: correlation.market, set: 0.3}]\n")
    for variant, now in ((None, 0.1), ("bound", 0.3)):
        sliders = controls(reading(folder, variant=variant))["sliders"]
        assert [one["neutral"] for one in sliders if one["path"] == "correlation.market"] == [now]


def test_changes_one_by_one_add_up(folder: Path) -> None:
    found = answers.waterfall(reading(folder), state(**MOVED))
    assert [step["change"] for step in found["steps"]] == ["win rate x 1.2", "Acme brings 800", "Chord left out"]
    assert found["start"] + sum(step["mean"] for step in found["steps"]) == pytest.approx(found["end"], rel=1e-12)
    assert all(step["mean_stderr"] > 0 and step["p_attain_stderr"] is not None for step in found["steps"])


def test_owners_are_those_of_the_command(folder: Path, run: Run) -> None:
    found = answers.owners(reading(folder), state(**MOVED))
    told = run(found["command"])["groups"]["owner"]
    assert {one["owner"] for one in found["owners"]} >= {"Ann", "Bo"}
    for one in found["owners"]:
        if one["owner"] is not None:
            first = told[one["owner"]]["periods"][0]
            assert one["what_if"]["mean"] == first["bookings"]["mean"]


def test_a_plan_is_that_of_the_command(folder: Path, run: Run) -> None:
    found = answers.plan(reading(folder), state(**MOVED, confidence="70%"))
    told = run(found["command"])
    for key in ("sentence", "multiplier", "sources", "unknowns", "curve"):
        assert found["plan"][key] == told[key], key


def test_without_a_target_the_mean_is_told(folder: Path) -> None:
    (folder / "small.yaml").write_text(SCENARIO.replace("targets: [{period: 2027-Q1, amount: 900}]\n", ""))
    read = reading(folder)
    found = answers.answer(read, state(shifts=[{"path": "leads.rate", "scale": 2}]), 2000)
    assert found["what_if"]["p_attain"] is None and "1 change: +" in found["shown"]["sentence"]
    assert "target" in found["shown"]["sentence"]
    assert answers.plan(read, state())["plan"] is None


def test_a_variant_that_was_saved_has_the_same_bits(folder: Path, run: Run) -> None:
    read = reading(folder, variant="worse")
    found = answers.answer(read, state(**MOVED, confidence=0.7), 3000)
    saved = variant_of(read, state(**MOVED, confidence=0.7))
    (folder / saved["file"]).write_text(saved["text"], "utf-8")
    line = saved["text"].splitlines()[0].split("then: ")[1]
    told = run(f"{line} --trials 3000")
    assert told["periods"][0]["bookings"]["mean"] == found["what_if"]["mean"]
    assert told["periods"][0]["attainment"]["probability"] == found["what_if"]["p_attain"]
    assert told["periods"][1]["target"] == 700  # that of the variant which is the base
    assert run(found["command"])["periods"][0]["bookings"]["mean"] == found["what_if"]["mean"]


def test_a_name_that_is_taken_is_not_taken_again(folder: Path) -> None:
    (folder / "small.yaml").write_text(SCENARIO + "  what-if: [{path: win_rate, scale: 0.9}]\n")
    read = reading(folder)
    assert read.variant_name == "what-if-2"
    assert variant_of(read, state(**MOVED))["variant"] == "what-if-2"


def test_a_report_is_of_the_state(folder: Path) -> None:
    read = reading(folder, overrides=("name=Other",))
    found = report_of(read, state(**MOVED))
    assert "what-if" in found["text"] and "name=Other" in found["text"] and "</html>" in found["text"]
    assert found["file"] == "small-what-if.html"


def test_a_report_is_of_the_period_the_target_and_the_confidence_that_are_shown(folder: Path, run: Run) -> None:
    asked = {"shifts": MOVED["shifts"], "period": "2027-Q2", "target": "1k", "confidence": "95%"}
    read = reading(folder)
    found = report_of(read, state(**asked))
    text = unescape(found["text"])
    assert "1.0k in 2027-Q2" in re.search('<p class="lead">(.*?)</p>', text)[1]
    assert "To be 95.0 % sure of 1.0k in 2027-Q2" in text and "in 2027-Q1 it takes" not in text
    command = shlex.split(found["command"])
    assert command[1] == "report" and command[command.index("--confidence") + 1] == "0.95"
    run(f"{shlex.join(command[: command.index('--output')])} --output again.html", is_json=False)
    again = unescape((folder / "again.html").read_text("utf-8"))
    unlike = set(text.splitlines()) ^ set(again.splitlines())
    assert {re.sub("<.*?>", "", one)[:4] for one in unlike} <= {"File", "Chan"}  # how it was named, and --set


def test_a_saved_variant_tells_the_command_of_what_it_cannot_hold(folder: Path, run: Run) -> None:
    read = reading(folder)
    asked = state(target="1k", period="2027-Q2", confidence="95%")
    saved = variant_of(read, asked)
    (folder / saved["file"]).write_text(saved["text"], "utf-8")
    line = saved["text"].splitlines()[1].partition("): ")[2]
    assert line.endswith("--period 2027-Q2 --confidence 0.95")
    run(f"{line} --output it.html", is_json=False)
    made, shown = ((folder / "it.html").read_text("utf-8"), report_of(read, asked)["text"])
    lead = '<p class="lead">(.*?)</p>'
    assert re.search(lead, made)[1] == re.search(lead, shown)[1]
    assert "null" not in saved["text"] and "shifts" not in saved["text"]
    with pytest.raises(InputError, match="no period and no confidence"):
        variant_of(read, state(period="2027-Q2"))


@pytest.mark.parametrize(("confidence", "look"), [(0.3, "good"), (0.5, ""), (0.9, "bad")])
def test_a_chance_is_good_by_the_confidence_that_is_asked_for(folder: Path, confidence: float, look: str) -> None:
    found = answers.answer(reading(folder), state(confidence=confidence), 2000)
    assert 0.32 < found["what_if"]["p_attain"] < 0.37
    shown = found["shown"]
    assert ("value good" in shown["figures"], "value bad" in shown["figures"]) == (look == "good", look == "bad")
    assert " %" not in shown["figures"] + shown["sentence"] and "2027-Q1" not in shown["sentence"]  # nothing is broken


def many_deals(folder: Path, n: int) -> None:
    lines = [f"D{i},Deal {i},Proposal,{100 + i},Ann,smb,2027-03-01" for i in range(n)]
    (folder / "deals.csv").write_text(DEALS + "\n".join(lines) + "\n")


def test_an_answer_is_small(folder: Path) -> None:
    many_deals(folder, 600)
    shifts = [{"path": "win_rate", "scale": 1.1}, *({"path": f"win_rate[deal=D{i}]", "set": 1} for i in range(20))]
    found = answers.answer(reading(folder), state(shifts=shifts), 5000)
    assert len(json.dumps(found["shown"])) < 30_000


@pytest.mark.parametrize(("changes", "steps"), [(0, 0), (1, 1), (20, 20), (21, 20), (200, 20)])
def test_of_many_changes_the_last_step_is_all_the_others(folder: Path, changes: int, steps: int) -> None:
    many_deals(folder, 200)
    asked = state(shifts=[{"path": f"win_rate[deal=D{i}]", "set": i % 2} for i in range(changes)])
    read = reading(folder)
    found = answers.waterfall(read, asked)
    assert len(found["steps"]) == steps and len(json.dumps(found)) < 50_000
    assert found["start"] + sum(step["mean"] for step in found["steps"]) == pytest.approx(found["end"], rel=1e-12)
    if changes > steps:
        assert found["steps"][-1]["change"] == f"{changes - 19} more changes"
        assert found["steps"][0]["change"] == "Deal 0 is lost"


def test_work_is_bounded_before_it_begins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """25 leads are expected: no number in a field stops the page for everybody."""
    read = reading(folder)
    for factor, trials in ((1, 100_000), (1000, 50_000), (30_000, 2_000)):
        asked = state(shifts=[{"path": "leads.rate", "scale": factor}])
        assert read.fitting(asked, 100_000) == trials, factor
    small = [read.fitting(state(shifts=[{"path": "leads.rate", "scale": 30_000}]), n) for n in (20_000, 1_000)]
    assert small == [2_000, 1_000]
    from simfunnel.web import reading as module

    monkeypatch.setattr(module, "simulate", None)  # nothing is begun
    asked = state(shifts=[{"path": "leads.rate", "scale": 100_000}])
    for ask in (answers.answer, answers.waterfall, answers.owners, answers.plan, report_of):
        with pytest.raises(InputError, match="leads are expected"):
            ask(read, asked)


def test_stages_and_segments_are_offered_and_have_their_sliders_when_asked(folder: Path) -> None:
    told = controls(reading(folder))
    assert [one["key"] for one in told["scopes"]] == [
        "", "stage=Proposal", "stage=Closing", "segment=large", "segment=smb"
    ]  # fmt: skip
    found = sliders(reading(folder), "stage=Closing")["sliders"]
    assert {one["path"] for one in found} == {f"{name}[stage=Closing]" for name in ("conversion", "duration", "amount")}
    with pytest.raises(InputError, match="did you mean"):
        sliders(reading(folder), "stage=Closin")


def test_thousands_of_segments_do_not_hold_up_the_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"D{i},Deal {i},Proposal,{100 + i},Ann,Segment {i:04},2027-03-01" for i in range(1500)]
    (folder / "deals.csv").write_text(DEALS + "\n".join(lines) + "\n")
    read = reading(folder)
    made: list[object] = []
    real = type(read.ready).compiled
    monkeypatch.setattr(type(read.ready), "compiled", lambda *a: made.append(a) or real(*a))
    told = controls(read)
    assert len(made) < 20  # not for each slider of each of them
    assert (len(told["scopes"]), told["more_scopes"]) == (1000, 1 + 2 + 2 + 1500 - 1000)
    assert sliders(read, "segment=Segment 1499")["sliders"]


def test_words_from_data_are_text(folder: Path) -> None:
    found = answers.waterfall(reading(folder), state(shifts=[{"path": "win_rate[deal=B]", "set": 1}]))
    assert "<b>Bell" not in found["shown"] and "&lt;b&gt;Bell" in found["shown"]


def test_each_trial_is_simulated_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is undone, and the base of every answer, are there already."""
    asked: list[Any] = []
    from simfunnel.web import reading as module

    real = module.simulate
    monkeypatch.setattr(module, "simulate", lambda *a, **k: asked.append(k["shifts"]) or real(*a, **k))
    read = reading(folder)
    one, other = state(shifts=[{"path": "win_rate", "scale": 1.1}]), state(shifts=[{"path": "win_rate", "scale": 1.2}])
    for each in (one, other, one, other, state()):
        answers.answer(read, each, 2000)
    assert len(asked) == 3
