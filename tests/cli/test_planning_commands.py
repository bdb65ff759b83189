"""plan, levers, stress and compare as a person runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .conftest import Run

LEADS = "leads: [{name: web, stage: Demo, rate: {per: week, mean: 2}, amount: 400}]\n"


@pytest.fixture
def leads(folder: Path) -> Path:
    """The scenario with a lead source."""
    text = Path("scenario.yaml").read_text(encoding="utf-8")
    Path("scenario.yaml").write_text(text + LEADS, encoding="utf-8")
    return folder


def test_plan_says_first_how_many_leads_it_takes(leads: Path, run: Run) -> None:
    result = run("plan", "scenario.yaml", "--target", "4k", "--confidence", "60%", "--by", "month")
    assert result.code == 0
    first = result.out.splitlines()[0]
    assert first.startswith("To be 60 % sure of 4.0k in 2027-Q1 it takes ") and " leads a month instead of 8.7" in first
    for heading in (
        "Now a month",
        "The extra leads bring",
        "Deals a month",
        "Value a month",
        "A lead that comes in the week of",
        "One week in 2 is shown",
        "Ideal now",
        "coverage",
    ):
        assert heading in result.out


def test_plan_json_has_the_keys_of_the_contract(leads: Path, run: Run) -> None:
    result = run("plan", "scenario.yaml", "--target", "4k", "--json")
    data = json.loads(result.out)
    assert (data["target"], data["confidence"], data["period"], data["reachable"]) == (4000, 0.8, "2027-Q1", True)
    assert {"p_attain_now", "multiplier", "p_attain_limit"} <= set(data)
    assert set(data["sources"][0]) >= {"name", "current_per_week", "needed_per_week", "extra_leads"}
    assert data["sources"][0]["current_per_week"] == pytest.approx(2)
    assert set(data["curve"][0]) == {"multiplier", "leads", "p_attain", "stderr"}
    stage = {"stage", "ideal_count", "ideal_value", "actual_count", "actual_value"}
    assert set(data["ideal_funnel"][0]) >= stage and [s["stage"] for s in data["ideal_funnel"]] == ["Demo", "Offer"]


def test_plan_tells_deals_to_drop_by_a_history(leads: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import simfunnel.diagnosis.health
    from simfunnel.history import History

    known: list[History | None] = []

    def to_drop(*_: object, history: History | None = None, variant: str | None = None) -> frozenset[str]:
        known.append(history)
        return frozenset()

    monkeypatch.setattr(simfunnel.diagnosis.health, "deals_to_drop", to_drop)
    Path("past.csv").write_text("id,created,stage,closed\nA,2026-01-01,Won,2026-02-01\nB,2026-01-05,Lost,2026-03-01\n")
    asked = ("plan", "scenario.yaml", "--target", "4k", "--deals", "--trials", "100")
    assert run(*asked).code == 0
    assert run(*asked, "--history", "past.csv").code == 0
    assert known[0] is None and known[1] is not None and len(known[1].deals) == 2
    refused = run("plan", "scenario.yaml", "--target", "4k", "--history", "past.csv")
    assert refused.code == 2 and "give both, or neither" in refused.err


def test_plan_without_a_way_says_so_and_gives_null(leads: Path, run: Run) -> None:
    result = run("plan", "scenario.yaml", "--target", "1M", "--max-multiplier", "5")
    assert result.code == 0
    assert result.out.startswith("No lead rate up to 5 times the present one is enough to be 80 % sure of 1.0M")
    data = json.loads(run("plan", "scenario.yaml", "--target", "1M", "--max-multiplier", "5", "--json").out)
    assert (data["multiplier"], data["reachable"], data["sources"][0]["extra_leads"]) == (None, False, None)


def test_plan_where_the_target_is_safe_asks_for_nothing(leads: Path, run: Run) -> None:
    result = run("plan", "scenario.yaml", "--target", "500", "--confidence", "0.5")
    assert result.out.startswith("No more leads are needed to be 50 % sure of 500 in 2027-Q1")
    assert "target you can be 50 % sure of today" in result.out
    assert "may fall to x 0." in result.out and "may rise to x " in result.out


def test_levers_names_the_strongest_first(leads: Path, run: Run) -> None:
    result = run("levers", "scenario.yaml", "--by", "20%")
    assert result.code == 0
    first = result.out.splitlines()[0]
    assert " is the strongest lever for 2027-Q1 by the chance of 1.5k: " in first and " in the mean." in first
    assert "P50 change" in result.out and result.out.count("+- and ±:") == 1
    assert "durations / 1.2" in result.out and "Alone:" in result.out


def test_levers_without_leads_says_so(folder: Path, run: Run) -> None:
    assert "! more leads: the scenario has no leads to come" in run("levers", "scenario.yaml").out


def test_compare_with_itself_makes_no_difference(folder: Path, run: Run) -> None:
    result = run("compare", "scenario.yaml", "scenario.yaml")
    assert result.out.startswith("scenario.yaml (2) makes no difference to scenario.yaml in 2027-Q1.")
    data = json.loads(run("compare", "scenario.yaml", "scenario.yaml", "--json").out)
    assert data["base"] == "scenario.yaml"
    other = data["others"][0]
    assert other["waterfall"] is None
    assert {other["periods"][0][key] for key in ("delta_mean", "delta_mean_stderr", "delta_p", "delta_p_stderr")} == {0}


def test_compare_explains_a_week_cause_by_cause(folder: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text(encoding="utf-8")
    Path("later.yaml").write_text(text.replace("2027-01-04", "2027-01-11").replace("deals", "later"), encoding="utf-8")
    later = (
        "id,stage,stage_entered,close_date,amount\n1,Demo,2026-12-20,,1000\n2,Won,2027-01-08,2027-01-08,2000\n"
        "3,Offer,2026-12-28,,500\n"
    )
    Path("later.csv").write_text(later, encoding="utf-8")
    result = run("compare", "scenario.yaml", "later.yaml", "--out", "results")
    assert result.code == 0
    assert "in 7 days (above all: won +" in result.out.splitlines()[0]
    assert "Sales progress of 7 days: +" in result.out
    for row in ("as of 2027-01-04", "done: won in the period", "estimate: mean still to come in it",
                "done + weighted pipeline"):  # fmt: skip
        assert row in result.out
    written = {path.name for path in Path("results").iterdir()}
    assert written == {"comparison.json", "comparison.csv", "waterfall.csv", "movers.csv", "comparison.png",
                       "comparison.svg", "waterfall.png", "waterfall.svg", "manifest.json"}  # fmt: skip
    steps = json.loads(Path("results/comparison.json").read_text(encoding="utf-8"))["others"][0]["waterfall"]
    assert {"cause", "delta_mean", "delta_p50", "delta_p"} <= set(steps[0])
    first, second, third = sorted(steps, key=lambda step: -abs(step["delta_mean"]))[:3]
    named = result.out.partition("(above all: ")[2].partition(")")[0].replace(" and ", ", ").split(", ")
    as_large = abs(third["delta_mean"]) >= abs(first["delta_mean"]) / 2
    causes = [step["cause"] for step in (first, second, third)[: 3 if as_large else 2]]
    assert [cause.rpartition(" ")[0] for cause in named] == causes
    assert [deal["id"] for step in steps if step["cause"] == "won" for deal in step["named"]] == ["2"]


def test_a_saved_forecast_can_be_compared(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "saved").code == 0
    result = run("compare", "saved", "scenario.yaml")
    assert result.out.startswith("scenario.yaml makes no difference to saved in 2027-Q1.")


def test_plan_and_levers_write_their_files(leads: Path, run: Run) -> None:
    assert run("plan", "scenario.yaml", "--out", "plan").code == 0
    names = {"sources", "curve", "ideal_funnel", "lead_values", "unknowns"}
    plots = {f"{name}.{suffix}" for name in ("lead_curve", "ideal_funnel") for suffix in ("png", "svg")}
    assert {p.name for p in Path("plan").iterdir()} == {
        "manifest.json", "plan.json", *plots, *(f"{name}.csv" for name in names)
    }  # fmt: skip
    assert run("levers", "scenario.yaml", "--out", "levers").code == 0
    assert {p.name for p in Path("levers").iterdir()} == {
        "manifest.json", "levers.json", "levers.csv", "levers.png", "levers.svg"
    }  # fmt: skip
    assert "seed 1; trials 20000" in Path("levers/levers.csv").read_text(encoding="utf-8")


SMALL_GRID = ("--grid", "win_rate=0.8:1.2:3", "--grid", "leads.rate=0.5:1.5:3")


def test_stress_names_the_assumption_that_matters_most_first(leads: Path, run: Run) -> None:
    result = run("stress", "scenario.yaml", *SMALL_GRID)
    assert result.code == 0
    first = result.out.splitlines()[0]
    assert first.startswith(("Win rate x 0.9 takes the chance of 1.5k", "Conversion of Offer x 0.9 takes the chance"))
    assert first.endswith(" single assumptions it matters most.")
    for heading in ("What if", "variant weak", "Ann leaves", "Must close", "Of the variance:", "P = 50 % at"):
        assert heading in result.out
    assert "conversion x 0.9 on 2 stages is a cut of the win rate by 19 %" in result.out
    assert "cells of 2,560 trials, standard error of P(attain) at most 0.0" in result.out


def test_stress_json_has_the_keys_of_the_contract(leads: Path, run: Run) -> None:
    data = json.loads(run("stress", "scenario.yaml", "--json", *SMALL_GRID).out)
    assert data["period"] == "2027-Q1" and set(data["base"]) >= {"mean", "p_attain"}
    assert set(data["variants"][0]) >= {
        "name", "mean", "delta_mean", "delta_mean_stderr", "p_attain", "delta_p", "delta_p_stderr"
    }  # fmt: skip
    assert set(data["tornado"][0]) >= {"assumption", "low", "high", "mean_low", "mean_high", "p_low", "p_high"}
    assert set(data["break_even"][0]) >= {"assumption", "value", "p_attain"}
    assert len(data["grid"]["p_attain"]) == 3 and data["grid"]["largest_stderr"] < 0.01
    assert sum(part["share"] for part in data["variance"]["parts"]) == pytest.approx(1)
    assert [deal["id"] for deal in data["must_close"]] and {e["kind"] for e in data["events"]} == {"deal", "owner"}


def test_stress_writes_its_files(leads: Path, run: Run) -> None:
    assert run("stress", "scenario.yaml", "--out", "stress", *SMALL_GRID).code == 0
    tables = {
        "tornado",
        "break_even",
        "variants",
        "events",
        "must_close",
        "misses",
        "concentration",
        "variance",
        "grid",
    }
    plots = {"tornado", "break_even", "must_close", "variance"} | {"grid"}
    written = {f"{name}.{suffix}" for name in plots for suffix in ("png", "svg")}
    assert {p.name for p in Path("stress").iterdir()} == {
        "manifest.json", "stress.json", *written, *(f"{name}.csv" for name in tables)
    }  # fmt: skip


def test_stress_without_a_target_is_told_in_money(leads: Path, run: Run) -> None:
    result = run("stress", "scenario.yaml", "--set", "targets=null", "--out", "stress")
    assert result.code == 0
    assert " x 0.9 takes mean bookings in 2027-Q1 from " in result.out.splitlines()[0]
    assert not result.out.startswith("Conversion of every stage")
    assert "P down" not in result.out and not Path("stress/grid.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan", "scenario.yaml", "--confidence", "1"),
         "confidence: expected a probability above 0 and below 1, such as 0.8 or 80%, found '1'"),
        (("plan", "scenario.yaml", "--target", "-2"), "target: expected an amount above 0, found '-2'"),
        (("plan", "scenario.yaml", "--target", "lots"),
         "target: expected a number, found 'lots'; write an amount such as 3M or 250k"),
        (("plan", "scenario.yaml", "--period", "2027-Q3"),
         "no period '2027-Q3' in the scenario; known: 2027-Q1, total"),
        (("plan", "scenario.yaml", "--period", "total"),
         "the scenario has no target for total; give one, such as --target 3M, or --period 2027-Q1, which has one"),
        (("plan", "scenario.yaml", "--source", "wob"),
         "no lead source 'wob' in the scenario; did you mean 'web'? (known here: web)"),
        (("plan", "scenario.yaml", "--variant", "week"),
         "no variant 'week' in the scenario; did you mean 'weak'? (known here: weak)"),
        (("plan", "scenario.yaml", "--trials", "auto"),
         "trials: a plan compares forecasts of equal length; give a whole number, found 'auto'"),
        (("plan", "scenario.yaml", "--out", "deals.csv"),
         "deals.csv: expected a folder to write to, found a file"),
        (("levers", "scenario.yaml", "--by", "0"),
         "by: expected a share above 0 and at most 100%, such as 10%, found '0'; for what less of each costs, see "
         "`simfunnel stress`"),
        (("levers", "scenario.yaml", "--by", "-10%"),
         "by: expected a share above 0 and at most 100%, such as 10%, found '-10%'; for what less of each costs, see "
         "`simfunnel stress`"),
        (("levers", "scenario.yaml", "--by", "10"),
         "by: expected a share above 0 and at most 100%, such as 10%, found '10'; did you mean 10%?"),
        (("levers", "scenario.yaml", "--by", "150%"),
         "by: expected a share above 0 and at most 100%, such as 10%, found '150%'"),
        (("levers", "scenario.yaml", "--by", "much"),
         "by: expected a number, found 'much'; write a share such as 10%"),
        (("stress", "scenario.yaml", "--no-grid", "--grid", "win_rate", "--grid", "leads.rate"),
         "--grid asks for a grid and --no-grid for none; give one of them"),
        (("stress", "scenario.yaml", "--by", "0"),
         "by: expected a share above 0 and below 100%, such as 10%, found '0'"),
        (("stress", "scenario.yaml", "--threshold", "1"),
         "threshold: expected a probability above 0 and below 1, such as 0.5 or 50%, found '1'"),
        (("stress", "scenario.yaml", "--assumption", "winrate"),
         "assumption: unknown path 'winrate'; did you mean 'win_rate'? (known here: win_rate, conversion, duration, "
         "amount, leads.rate, leads.level_sd, leads.dispersion, leads.growth_per_year, correlation.market, "
         "correlation.segment, correlation.owner, pace.sd, amount_level.sd, pipeline.tail, market_factor, not_before, "
         "ig…)"),
        (("stress", "scenario.yaml", "--assumption", "win_rate[owner=Anna]"),
         "the shift 'win_rate[owner=Anna]' matches nothing: no deal, lead source or stage has these names"),
        (("stress", "scenario.yaml", "--owner", "Anna"),
         "no owner 'Anna' in the scenario; did you mean 'Ann'? (known here: Ann, Bo)"),
        (("stress", "scenario.yaml", "--grid", "win_rate"),
         "grid: a grid has two assumptions, such as --grid win_rate --grid leads.rate; found 1"),
        (("stress", "scenario.yaml", "--grid", "win_rate=a:b", "--grid", "amount"),
         "grid: expected a number, found 'a'; write a range of factors such as win_rate=0.5:1.5:21"),
        (("compare", "scenario.yaml"),
         "give something to compare with: another scenario, a saved forecast, or a variant"),
        (("compare", "scenario.yaml", "nowhere.yaml"), "nowhere.yaml: there is no such file"),
    ],
)  # fmt: skip
def test_bad_input_is_told_with_exit_code_2(leads: Path, run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, "--json")
    assert (result.code, result.out) == (2, "")
    assert result.err.strip().removeprefix("error: ") == message


def test_saved_forecasts_are_compared_as_they_are(folder: Path, run: Run) -> None:
    for name in ("one", "two"):
        assert run("run", "scenario.yaml", "--out", name, "--quiet").code == 0
    done = run("compare", "one", "two", "--set", "stages.Demo.conversion=0.9")
    assert done.code == 2 and "--set changes the scenario, and a saved forecast cannot be changed" in done.err
    noted = run("compare", "one", "two", "--trials", "500", "--seed", "3")
    assert noted.code == 0 and "note: --trials, --seed have no meaning for saved forecasts" in noted.err
    mixed = run("compare", "one", "scenario.yaml", "--set", "stages.Demo.conversion=0.9")
    assert mixed.code == 0 and "note: --set changes the scenarios; what was saved stays as it is" in mixed.err
    assert "makes no difference" not in mixed.out


def test_a_period_may_be_written_in_any_case(folder: Path, run: Run) -> None:
    data = json.loads(run("levers", "scenario.yaml", "--period", "2027-q1", "--json").out)
    assert data["period"] == "2027-Q1"


def test_a_grid_of_an_earlier_run_does_not_stay_beside_a_run_without(leads: Path, run: Run) -> None:
    assert run("stress", "scenario.yaml", "--out", "results", "--trials", "500", *SMALL_GRID).code == 0
    assert Path("results/grid.csv").exists()
    assert run("stress", "scenario.yaml", "--out", "results", "--trials", "500", "--no-grid").code == 0
    assert not [path.name for path in Path("results").iterdir() if path.stem == "grid"]
    assert Path("results/tornado.csv").exists() and Path("results/stress.json").exists()


def test_levers_of_a_hopeless_target_are_told_by_the_mean(leads: Path, run: Run) -> None:
    first = " ".join(run("levers", "scenario.yaml", "--target", "1M").out.split("\n\n")[0].split())
    assert re.search(r" strongest levers? for 2027-Q1 by the mean: ", first)
    assert "; the chance of 1.0M stays at less than 0.01 %. " in first


def test_chances_of_different_targets_are_not_subtracted(folder: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text(encoding="utf-8")
    Path("modest.yaml").write_text(
        text.replace("amount: 1500", "amount: 900").replace("name: test", "name: modest"), encoding="utf-8"
    )
    result = run("compare", "scenario.yaml", "modest.yaml")
    first = result.out.splitlines()[0]
    assert first.startswith("modest against test in 2027-Q1: ")
    assert " % of 900 against " in first and first.endswith(" % of 1.5k.")
    assert "Points" not in result.out and "P50 change" in result.out
    same = run("compare", "scenario.yaml", "modest.yaml", "--target", "1k")
    assert "makes no difference" in same.out and "Points" in same.out


def test_close_dates_that_slip_are_said_not_to_move_the_forecast(folder: Path, run: Run) -> None:
    def week(name: str, as_of: str, close: str) -> None:
        scenario = Path("scenario.yaml").read_text(encoding="utf-8").replace("2027-01-04", as_of)
        Path(f"{name}.yaml").write_text(scenario.replace("deals.csv", f"{name}.csv"), encoding="utf-8")
        deal = f"1,Demo,2026-12-20,{close},1000\n"
        Path(f"{name}.csv").write_text(f"id,stage,stage_entered,close_date,amount\n{deal}", encoding="utf-8")

    week("first", "2027-01-04", "2027-03-01")
    week("second", "2027-01-11", "2027-05-01")
    result = run("compare", "first.yaml", "second.yaml")
    assert "a later close date does not move the forecast" in result.out
    assert next(line for line in result.out.splitlines() if line.startswith("slipped")).split()[-3:] == ["-"] * 3


def test_compare_says_what_one_of_the_files_leaves_out(folder: Path, run: Run) -> None:
    later = Path("scenario.yaml").read_text(encoding="utf-8").replace("2027-01-04", "2027-01-11")
    Path("later.yaml").write_text(later.replace("deals.csv", "later.csv"), encoding="utf-8")
    row = "9,Legal Review,2027-01-08,900000\n"
    Path("later.csv").write_text("id,stage,stage_entered,amount\n1,Demo,2026-12-20,1000\n" + row, encoding="utf-8")
    result = run("compare", "scenario.yaml", "later.yaml")
    told = [line for line in result.out.splitlines() if line.startswith("! later.yaml")]
    assert len(told) == 1 and "unknown stage 'Legal Review'" in told[0]
    assert "1 row worth 900k left out that scenario.yaml does not leave out" in told[0]
    keys = json.loads(run("compare", "scenario.yaml", "later.yaml", "--json").out)
    assert "mostly_excluded" in [caution["code"] for caution in keys["others"][0]["cautions"]]


def test_break_evens_of_points_are_called_factors(leads: Path, run: Run) -> None:
    result = run("stress", "scenario.yaml", "--kind", "add", "--no-grid", "--trials", "500")
    assert "as a factor on the rate, not in points" in " ".join(result.out.split())
