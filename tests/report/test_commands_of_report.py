"""A report has one chance for one target, and tells the commands that make its numbers again."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest
from estimation.made import made_history

from simfunnel.diagnosis.health import health
from simfunnel.errors import InputError
from simfunnel.forecast import exact_forecast, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.report.html.anonymous import anonymous
from simfunnel.report.html.gather import gather
from simfunnel.report.html.material import Material
from simfunnel.report.html.report import report_html
from simfunnel.shown import face_of
from simfunnel.wording.language import language

from .html_scenario import OWNERS, material, scenario

KEY = bytes(range(32))
SET = ("--set", "win_rate[owner=Bo Birch]=0.5")


def made(**options: object) -> Material:
    return material(scenario(), trials=300, seed=7, **options)


def commands(m: Material) -> list[str]:
    """Those that stand on the page."""
    page = report_html(m, ["provenance"])
    return [html.unescape(one) for one in re.findall(r'<p class="command">(.*?)</p>', page)]


def test_all_that_is_computed_has_the_trials_and_the_seed_of_the_report() -> None:
    m = made(told_in="zh", options=SET)
    keys = (m.plan, m.levers, m.stress)
    assert [(one["trials"], one["seed"]) for one in keys if one is not None] == [(300, 7)] * 3
    assert m.plan is not None
    assert m.plan["p_attain_now"] == m.run["periods"][0]["attainment"]["probability"]
    own = "scenario.yaml --set 'win_rate[owner=Bo Birch]=0.5'{} --seed 7 --trials 300 --language zh"
    shown = {"run": "", "plan": " --deals", "levers": "", "stress": " --misses", "health": ""}
    assert commands(m) == [f"simfunnel {name} {own.format(more)}" for name, more in shown.items()]


def test_trials_that_are_sought_are_those_of_the_forecast_alone() -> None:
    m = material(scenario(), trials="auto", wanted=["people"])
    assert m.why == {}
    assert m.health is not None
    assert commands(m) == ["simfunnel run scenario.yaml --trials auto", "simfunnel health scenario.yaml"]


def test_what_is_told_of_deals_rests_on_the_history() -> None:
    history, ready = made_history(), prepare(scenario())
    m = gather("scenario.yaml", ready, history=history, trials=300, wanted=["moving"])
    assert m.health == face_of(health(ready, history=history, trials=300)).keys()
    assert m.health != face_of(health(ready, trials=300)).keys()
    # the plan tells by it which deals to drop: its command takes it too
    assert "simfunnel plan scenario.yaml --deals --history HISTORY --trials 300" in commands(m)
    assert [line for line in commands(m) if "health" in line] == [
        "simfunnel health scenario.yaml --history HISTORY --trials 300"
    ]


def test_the_command_of_one_person_tells_nothing_of_others() -> None:
    m = made(owner=OWNERS[0], options=SET, folders=())
    assert commands(m) == ["simfunnel report scenario.yaml --owner 'Ann Ash' --set ... --seed 7 --trials 300"]


def test_commands_without_names_keep_their_options() -> None:
    ready = prepare(scenario())
    given = {"trials": 300, "seed": 7, "options": SET, "wanted": ["provenance"]}
    whole = commands(anonymous(gather("s.yaml", ready, **given), ready, KEY))  # type: ignore[arg-type]
    assert whole == [
        "simfunnel run SCENARIO --set ... --seed 7 --trials 300",
        "simfunnel report SCENARIO --set ... --seed 7 --trials 300 --anonymize",
    ]
    (own,) = commands(anonymous(gather("s.yaml", ready, owner="Ann Ash", **given), ready, KEY))  # type: ignore[arg-type]
    assert re.fullmatch(
        r"simfunnel report SCENARIO --owner 'Owner [A-Z2-7]{4,}' --set \.\.\. --seed 7 --trials 300 --anonymize", own
    )


def test_a_report_of_one_person_names_in_one_line_what_it_leaves_out() -> None:
    m = made(owner=OWNERS[0])
    page = report_html(m)
    assert page.count("Left out of a report of one person") == 1
    assert "Here would stand" not in page
    assert "Where is the bottleneck?" not in page
    alone = report_html(m, ["bottleneck"])
    assert alone.count("Left out of a report of one person") == 1
    left = ("What a little more of each is worth", "If things go badly", "What changed since the last kept forecast")
    assert [title for title in left if title in page] == []


def test_a_report_of_a_period_and_a_confidence_of_its_own() -> None:
    """The target of the period is a variant's."""
    data = scenario(variants={"big": {"targets": [{"period": "2027-Q2", "amount": 30_000}]}})
    m = material(data, trials=300, variant="big", period="2027-Q2", confidence="70%")
    results = [one for one in (m.plan, m.levers, m.stress) if one is not None]
    assert [(one["period"], one["target"]) for one in results] == [("2027-Q2", 30_000)] * 3
    assert [one["confidence"] for one in results[:2]] == [0.7] * 2
    page = html.unescape(report_html(m, ["answer", "enough"]))
    assert "of reaching 30.0k in 2027-Q2" in re.findall('<p class="lead">(.*?)</p>', page)[0]
    run, plan, levers, stress, health = commands(m)
    own = " --period 2027-Q2{} --variant big --trials 300"
    assert all(one.endswith(own.format(" --confidence 70%")) for one in (plan, levers))
    assert all(one.endswith(own.format("")) for one in (stress, health)) and "period" not in run


def test_a_folder_that_aims_at_something_else_is_refused(tmp_path: Path) -> None:
    ready = prepare(scenario())
    leads_needed(ready, trials=300, confidence=0.7).save(tmp_path)
    assert gather("s.yaml", ready, folders=[str(tmp_path)], period="2027-Q1", trials=300, wanted=["enough"]).plan
    for aim, words in (
        ({"period": "2027-Q2"}, "has the period 2027-Q1"),
        ({"confidence": 0.8}, "has the confidence 0.7"),
    ):
        with pytest.raises(InputError, match=words):
            gather("s.yaml", ready, folders=[str(tmp_path)], trials=300, **aim)  # type: ignore[arg-type]


def test_results_of_other_trials_than_the_answer_say_so() -> None:
    told = "What stands here rests on 300 trials, the answer at the top on 2,000: the same chance or mean may differ"
    m = made()
    assert "What stands here rests on" not in report_html(m)
    longer = dataclasses.replace(m, forecast=simulate(prepare(scenario()), trials=2000, seed=7))
    page = report_html(longer)
    assert page.count(told) == 2  # beside what to do, and beside what the forecast rests on
    exact = dataclasses.replace(m, forecast=exact_forecast(prepare(scenario())))
    assert "the answer at the top was computed exactly" in report_html(exact, ["actions"])
    with language("zh"):
        assert "此处的数字来自300次模拟，开头的结论来自2,000次模拟" in report_html(longer, ["trust"])
