"""A scenario learned from a history with known truth: it holds the truth, runs, and knows nothing of the future."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from estimation.made import P_ON, P_WON, START, made_history
from ruamel.yaml import YAML

from simfunnel.calibration import calibrate
from simfunnel.calibration.dependence import Expected, correlation_of, error_interval, error_sd, factor_variance
from simfunnel.errors import InputError
from simfunnel.estimation.windows import Windows
from simfunnel.forecast import simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import LOST, UNDATED, VOID, WON, History, Spells
from simfunnel.scenario import load_scenario


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(days=400, per_day=8)


def test_it_holds_the_truth(history: History) -> None:
    found = calibrate(history, unit="month", half_life=None, check=False)
    assert found.as_of == START + dt.timedelta(days=400)
    assert found.stages[0].probability[1] == pytest.approx(P_ON, abs=0.03)
    assert found.win_rate[0, 0] == pytest.approx(P_ON * P_WON, abs=0.02)
    assert found.win_rate[0, 1] < P_ON * P_WON < found.win_rate[0, 2]
    low, high = found.arrivals.interval()
    assert low < 8 < high
    assert found.amounts is not None
    assert found.amounts.mean == pytest.approx(math.exp(7 + 0.125), rel=0.05)
    assert found.dependence.correlation < 0.02  # deals are independent here
    assert found.cautions == ()


def test_the_scenario_is_valid_and_expects_what_the_process_brings(history: History, tmp_path: object) -> None:
    """Wins of a month from a steady process: arrivals x win rate, within what a year of luck leaves open."""
    from pathlib import Path

    found = calibrate(history, unit="month", value="count", half_life=None, check=False)
    folder = Path(str(tmp_path))
    (folder / "scenario.yaml").write_text(found.scenario, "utf-8")
    (folder / "pipeline.csv").write_text(found.pipeline_text, "utf-8")
    loaded = load_scenario(folder / "scenario.yaml")
    assert [stage.name for stage in loaded.scenario.stages] == ["Demo", "Offer"]
    forecast = simulate(folder / "scenario.yaml", trials=20_000)
    assert len(forecast.quality.excluded) == 0
    month = (forecast.periods[1].end - forecast.periods[1].start).days
    assert forecast.mean(1) == pytest.approx(8 * P_ON * P_WON * month, rel=0.12)
    in_memory = simulate(found.prepared(), trials=20_000)
    assert in_memory.mean(1) == pytest.approx(forecast.mean(1), rel=1e-6)


def test_deals_of_unknown_entry_are_as_old_as_the_others(history: History) -> None:
    """Without days of entry the open deals are expected to bring, in all, what they bring with them."""
    found = calibrate(history, unit="month", half_life=None, value="count", check=False)
    frame = found.deals_frame()
    known = prepare(found.data(), pipeline=frame)
    hidden = prepare(found.data(), pipeline=frame.assign(stage_entered="", created=""))
    assert np.isnan(np.array(hidden.table.open.entered)).all()
    wins = [exact_forecast(ready, groups=()).mean(0) for ready in (known, hidden)]
    assert wins[1] == pytest.approx(wins[0], rel=0.01)
    entered = pd.to_datetime(frame["stage_entered"], utc=True)
    days = (pd.Timestamp(found.as_of, tz="UTC") - entered) / pd.Timedelta(days=1)
    for stage in found.data()["stages"]:
        mine = days[(frame["stage"] == stage["name"]).to_numpy()]
        p, age = np.array(stage["age"]["empirical"]["quantiles"]).T
        assert age == pytest.approx(np.quantile(mine, p), abs=0.001)


def test_nothing_after_the_day_plays_a_part(history: History) -> None:
    day = START + dt.timedelta(days=200)
    at = history.midnight(day)
    s, rng = history.spells, np.random.default_rng(9)
    later = np.flatnonzero(s.entered >= at)
    other = s.to.copy()
    gone = np.flatnonzero((s.left >= at) & (s.to < 0) & (s.to != -1))
    other[gone] = rng.choice([WON, LOST], len(gone))
    shuffled = dataclasses.replace(
        history,
        spells=Spells(s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before, other),
        ends=dataclasses.replace(
            history.ends,
            outcome=np.where(history.ends.closed >= at, rng.permutation(history.ends.outcome), history.ends.outcome),
        ),
    )
    assert len(later) > 100
    assert (other != s.to).sum() > 50
    known, moved = (calibrate(h, as_of=day, unit="month", check=False) for h in (history, shuffled))
    assert known.scenario == moved.scenario
    assert known.pipeline == moved.pipeline


@pytest.mark.parametrize("half_life", [0, -3.0])
def test_a_half_life_must_be_above_0(history: History, half_life: float) -> None:
    with pytest.raises(InputError, match="expected days above 0"):
        calibrate(history, half_life=half_life)


def test_a_day_before_everything_is_told(history: History) -> None:
    with pytest.raises(InputError, match="the first deal is of 2025-01-0"):
        calibrate(history, as_of=dt.date(2024, 1, 1))


def test_too_little_history_is_refused_with_what_there_is() -> None:
    with pytest.raises(
        InputError, match=r"too little to learn from: \d+ of \d+ deals are decided, \d+ won and \d+ lost"
    ):
        calibrate(made_history(days=12, per_day=3))


def test_one_outcome_alone_says_which_word_may_be_missing(history: History) -> None:
    e = history.ends
    kept = e.outcome == LOST
    only = dataclasses.replace(
        history, ends=type(e)(e.deal[kept], e.outcome[kept], e.closed[kept], e.closed_before[kept])
    )
    with pytest.raises(
        InputError, match=r"no deal is won: is the word for it in the file another one \(`history.won`\)"
    ):
        calibrate(only)


def test_an_undated_amount_is_a_caution(history: History) -> None:
    facts = history.facts["amount"]
    undated = dataclasses.replace(
        history, facts={"amount": dataclasses.replace(facts, since=np.full(len(facts.since), UNDATED))}
    )
    assert [c.code for c in calibrate(undated, check=False).cautions] == ["undated_fact"]


def test_past_errors_are_reproduced_by_the_written_scenario() -> None:
    """Half of the months are twice as good as the others: the scenario learns the spread, and has it."""
    rng = np.random.default_rng(5)
    history = made_history(days=720, per_day=12, seed=5)
    s = history.spells
    month = (s.left - history.midnight(START)) // (30 * 86_400_000_000)
    good = rng.random(40) < 0.5
    decided = (s.stage == 1) & ((s.to == WON) | (s.to == LOST))
    chance = np.where(good[np.clip(month, 0, 39)], 0.55, 0.25)
    to = np.where(decided, np.where(rng.random(len(s.to)) < chance, WON, LOST), s.to)
    last = {int(d): int(t) for d, t in zip(s.deal[decided], to[decided], strict=True)}
    outcome = np.array([last.get(int(d), int(o)) for d, o in zip(history.ends.deal, history.ends.outcome, strict=True)])
    moved = dataclasses.replace(
        history, spells=Spells(s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before, to),
        ends=dataclasses.replace(history.ends, outcome=outcome),
    )  # fmt: skip
    found = calibrate(moved, unit="month", half_life=None, value="count")
    assert found.dependence.error_sd > 0.1
    wanted = found.dependence.error_sd * (found.anchor.spread if found.anchor else 1)
    assert found.dependence.reproduced == pytest.approx(wanted, abs=max(0.05 * wanted, 0.012))


def test_the_factor_has_the_variance_that_was_asked_for() -> None:
    expected = Expected(np.array([0.2, 0.5, 0.8]), np.array([100.0, 50.0, 20.0]), 0.2, 30.0)
    rho = correlation_of(0.01, expected)
    assert factor_variance(rho, expected) == pytest.approx(0.01, rel=1e-4)
    z = np.random.default_rng(1).standard_normal((400_000, 1))
    from scipy.special import ndtr, ndtri

    given = ndtr((ndtri(expected.win_rate) + math.sqrt(rho) * z) / math.sqrt(1 - rho)) @ expected.value
    new = 30 / 0.2 * ndtr((ndtri(0.2) + math.sqrt(rho) * z[:, 0]) / math.sqrt(1 - rho))
    total = given + new
    assert total.var() / total.mean() ** 2 == pytest.approx(0.01, rel=0.02)
    assert correlation_of(0.0, expected) == 0
    assert correlation_of(-1.0, expected) == 0


def test_without_past_windows_the_prior_speaks_and_shrinks_with_history() -> None:
    none = Windows(*(np.zeros(0) for _ in range(6)), 0.0)
    assert error_sd(none, 30) == pytest.approx(0.15)
    assert error_sd(none, 240) == pytest.approx(0.075)


def blanked(history: History, share: float, value: float) -> History:
    """The same with a share of the amounts replaced, at random."""
    facts = history.facts["amount"]
    gone = np.random.default_rng(3).random(len(facts.value)) < share
    return dataclasses.replace(
        history, facts={"amount": dataclasses.replace(facts, value=np.where(gone, value, facts.value))}
    )


def expectation(history: History) -> float:
    found = calibrate(history, unit="month", half_life=None, check=False)
    return float(simulate(found.prepared(), trials=4_000).mean(1))


def test_amounts_that_nobody_wrote_down_are_worth_the_mean_of_the_others(history: History) -> None:
    assert expectation(blanked(history, 0.4, np.nan)) == pytest.approx(expectation(history), rel=0.06)


def test_deals_won_for_nothing_bring_nothing(history: History) -> None:
    assert expectation(blanked(history, 0.4, 0.0)) == pytest.approx(0.6 * expectation(history), rel=0.06)


def test_void_deals_are_no_inflow(history: History) -> None:
    """A third of the deals that came in turn out to be duplicates: two thirds are what comes."""
    n = len(history.deals)
    rng = np.random.default_rng(8)
    double = np.arange(n, 2 * n)[rng.random(n) < 0.5]
    number = len(double)
    d, s, e = history.deals, history.spells, history.ends
    created = d.created[double - n]
    over = created + 3_600_000_000
    place = np.arange(n, n + number)
    more = dataclasses.replace(
        history,
        deals=type(d)(np.concatenate([d.id, d.id[double - n] + "x"]), np.concatenate([d.created, created]),
                      np.concatenate([d.created, created])),
        spells=Spells(*(np.concatenate([a, b]) for a, b in zip(
            (s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before, s.to),
            (place, np.zeros(number, int), created, created, over, over, np.full(number, VOID)), strict=True))),
        ends=type(e)(*(np.concatenate([a, b]) for a, b in zip(
            (e.deal, e.outcome, e.closed, e.closed_before), (place, np.full(number, VOID), over, over), strict=True))),
    )  # fmt: skip
    plain, doubled = (calibrate(h, unit="month", half_life=None, check=False) for h in (history, more))
    assert doubled.deals.void == number
    assert doubled.arrivals.per_day == plain.arrivals.per_day
    assert doubled.stages[0].probability[1] == pytest.approx(plain.stages[0].probability[1], abs=0.01)


def test_nothing_before_since_counts(history: History) -> None:
    day = START + dt.timedelta(days=396)
    short = dataclasses.replace(history, since=history.midnight(day))
    with pytest.raises(InputError, match="since the day given as `since`"):
        calibrate(short)
    with pytest.raises(InputError, match="choose an earlier day"):
        calibrate(dataclasses.replace(history, since=history.last + 1))


def test_a_currency_that_nobody_told_is_said_to_be_supposed(history: History) -> None:
    def line(told: str | None, **options: object) -> str:
        known = dataclasses.replace(history, currency=told)
        written = calibrate(known, unit="month", check=False, **options).scenario  # type: ignore[arg-type]
        return next(line for line in written.splitlines() if line.startswith("currency:"))

    assert line(None) == "currency: USD   # the history names none: write that of your amounts"
    assert line(None, currency="EUR") == line("EUR") == "currency: EUR"
    assert line(None, value="count") == "currency: USD"


def test_several_currencies_are_refused(history: History) -> None:
    from simfunnel.wording.findings import Finding

    mixed = dataclasses.replace(history, findings=(Finding("several_currencies", {"found": {"USD": 2, "JPY": 3}}),))
    with pytest.raises(InputError, match="a sum of them says nothing"):
        calibrate(mixed)


def test_a_far_day_is_refused(history: History) -> None:
    with pytest.raises(InputError, match="more than ten years before"):
        calibrate(history, as_of=dt.date(8999, 1, 1))


def test_a_half_life_of_minutes_is_no_fault(history: History) -> None:
    assert calibrate(history, half_life=0.01, check=False).scenario


def test_names_that_yaml_refuses_are_escaped(history: History) -> None:
    named = dataclasses.replace(history, stages=("Demo\x7f\x85", "Offer: #1 \u2028"))
    found = calibrate(named, unit="month", check=False)
    assert [stage["name"] for stage in found.data()["stages"]] == list(named.stages)


@pytest.mark.parametrize("name", ["Demo", 'a "quantiles": [[1, 2]]', "quantiles: [\n1, 2\n]", 'x"quantiles": [[1]]'])
def test_what_was_written_is_read_back_as_yaml_reads_it(history: History, name: str) -> None:
    found = calibrate(dataclasses.replace(history, stages=(name, "Offer")), unit="month", half_life=None, check=False)
    wanted = YAML(typ="safe", pure=True).load(found.scenario)
    assert wanted["stages"][0]["name"] == name
    del wanted["pipeline"]["file"]
    assert found.data() == wanted


def test_a_stage_that_nobody_left_is_told(history: History) -> None:
    s = history.spells
    stuck = dataclasses.replace(
        history, stages=("Demo", "Offer", "Hold"),
        spells=Spells(*(np.append(a, b) for a, b in zip(
            (s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before, s.to),
            (len(history.deals) - 1, 2, history.last - 5, history.last - 5, 2**63 - 1, 2**63 - 1, -1), strict=True))),
    )  # fmt: skip
    with pytest.raises(InputError, match="no deal has ever left the stage 'Hold'"):
        calibrate(stuck)
    unused = dataclasses.replace(history, stages=("Demo", "Offer", "Hold"))
    assert [stage["name"] for stage in calibrate(unused, check=False).data()["stages"]] == ["Demo", "Offer"]


def test_the_luck_of_single_deals_is_in_what_scatters() -> None:
    """Past errors of mere luck, many times: the interval of what is shared holds 0, but for one time in twenty."""
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(400):
        mean = np.full(40, 100.0)
        windows = Windows(np.arange(40.0), mean * np.exp(0.1 * rng.standard_normal(40)), mean, mean, mean, mean, 40.0)
        low, high = error_interval(windows, error_sd(windows, 4000.0))
        held += low < 0.02
        assert high > low
    assert held > 0.93 * 400
