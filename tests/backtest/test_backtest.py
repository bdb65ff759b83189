"""Backtests of a process with known truth: what they say, what they may not see, and that they go on after a stop."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from estimation.made import P_ON, P_WON, START, Owner, made_history

from simfunnel.backtesting import Backtest, Window, backtest
from simfunnel.backtesting.baselines import BASELINES
from simfunnel.backtesting.cautions import backtest_cautions
from simfunnel.backtesting.checkpoint import NAME
from simfunnel.backtesting.forecasters import OurForecaster
from simfunnel.backtesting.origin import Origin
from simfunnel.backtesting.past import Past
from simfunnel.backtesting.scoring import scored
from simfunnel.backtesting.stored import score_from, score_to
from simfunnel.backtesting.work import Work
from simfunnel.errors import InputError
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.long_run import MeanWithError
from simfunnel.estimation.recent import Recent
from simfunnel.history.history import LOST, STILL, UNDATED, WON, Facts, History
from simfunnel.report.console.layout import page_text
from simfunnel.report.faces.base import as_json
from simfunnel.shown import face_of

DAYS, PER_DAY = 300, 5.0
FIRST, LAST = START + dt.timedelta(days=150), START + dt.timedelta(days=250)


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(days=DAYS, per_day=PER_DAY, seed=3)


@pytest.fixture(scope="module")
def found(history: History) -> Backtest:
    return run(history)


def run(history: History, **options: object) -> Backtest:
    asked = {"horizon": 30, "every": 25, "first": FIRST, "last": LAST, "trials": 1_000, **options}
    return backtest(history, **asked)  # type: ignore[arg-type]


def keys(result: Backtest) -> str:
    return as_json(face_of(result).keys())


def test_actuals_are_counted_from_the_history(found: Backtest, history: History) -> None:
    created, amount = history.deals.created, history.facts["amount"].value
    for score in found.whole:
        first, last = history.midnight(score.as_of), history.midnight(score.as_of + dt.timedelta(days=30))
        won = (history.ends.outcome == WON) & (history.ends.closed >= first) & (history.ends.closed < last)
        deals = history.ends.deal[won]
        assert score.actual == pytest.approx(float(amount[deals].sum()))
        assert score.parts["open"].actual == pytest.approx(float(amount[deals][created[deals] < first].sum()))
        assert score.parts["open"].actual + score.parts["new"].actual == pytest.approx(score.actual)
        assert score.parts["open"].mean + score.parts["new"].mean == pytest.approx(score.mean, rel=1e-9)


def test_a_steady_process_is_forecast_about_right(found: Backtest) -> None:
    expected = PER_DAY * P_ON * P_WON * 30 * np.exp(7 + 0.125)
    assert found.summary.mean_actual == pytest.approx(expected, rel=0.25)
    assert abs(found.summary.bias or 0.0) < 0.2
    assert found.summary.coverage[0.9] >= 0.6
    assert found.summary.n == 5


def test_what_lies_after_a_window_changes_nothing_of_it(found: Backtest, history: History) -> None:
    """Swap every outcome after the window of the last origin, and what is known of amounts: not a byte moves."""
    after = history.midnight(LAST + dt.timedelta(days=30))
    moved = swapped(history, after)
    again = run(moved)
    assert keys(dataclasses.replace(again, settings={})) == keys(dataclasses.replace(found, settings={}))


def test_what_lies_after_an_origin_changes_only_its_scores(found: Backtest, history: History) -> None:
    after = history.midnight(LAST)
    again = run(swapped(history, after))
    last, other = found.whole[-1], again.whole[-1]
    assert last.actual != other.actual
    assert (last.mean, last.quantiles) == (other.mean, other.quantiles)
    for name, rival in last.rivals.items():
        assert (rival.mean, rival.quantiles) == (other.rivals[name].mean, other.rivals[name].quantiles)
    assert [band.expected for band in last.bands] == [band.expected for band in other.bands]
    earlier = [(a, b) for a, b in zip(found.whole, again.whole, strict=True) if (LAST - a.as_of).days >= 30]
    assert earlier
    for a, b in earlier:
        assert score_to(a) == score_to(b)


def swapped(history: History, after: int) -> History:
    """Turn wins into losses and losses into wins from an instant on, and give other amounts to deals created since."""
    s, e = history.spells, history.ends
    later = (s.left >= after) & (s.to != STILL)
    to = np.where(later & (s.to == WON), LOST, np.where(later & (s.to == LOST), WON, s.to))
    late = e.closed >= after
    outcome = np.where(late & (e.outcome == WON), LOST, np.where(late & (e.outcome == LOST), WON, e.outcome))
    amounts = history.facts["amount"]
    values = np.where(amounts.since >= after, 77.0, amounts.value)
    facts = {**history.facts, "amount": Facts(amounts.deal, amounts.since, amounts.since_before, values)}
    spells = dataclasses.replace(s, to=to)
    return dataclasses.replace(history, spells=spells, ends=dataclasses.replace(e, outcome=outcome), facts=facts)


def test_a_forecaster_is_given_the_past_alone(history: History) -> None:
    seen = []

    class Watcher:
        def fit(self, view: History) -> Watcher:
            seen.append(view)
            return self

        def forecast(self, as_of: dt.date, windows: Sequence[Window]) -> Sequence[Mapping[float, float]]:
            view = seen[-1]
            at = view.midnight(as_of)
            assert view.end == at
            assert view.deals.created.max() < at
            assert view.ends.closed.max() < at
            assert view.spells.entered.max() < at
            assert windows == [Window(as_of, as_of + dt.timedelta(days=30))]
            return [{0.1: 1.0, 0.5: 2.0, 0.9: 3.0}]

    result = run(history, forecasters={"watcher": Watcher()}, threads=1)
    assert len(seen) == 5
    assert result.summary.rivals["watcher"].coverage == {0.5: 0.0, 0.8: 0.0}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([np.array([np.nan])], "draws that are numbers"),
        ([{0.0: 1.0}], "levels between 0 and 1"),
        ([{0.1: 2.0, 0.9: 1.0}], "rise with their levels"),
        ([], "each of 1 window"),
    ],
)
def test_what_a_forecaster_gives_is_checked(history: History, answer: list[object], says: str) -> None:
    class Odd:
        def fit(self, view: History) -> Odd:
            return self

        def forecast(self, as_of: dt.date, windows: Sequence[Window]) -> list[object]:
            return answer

    with pytest.raises(InputError, match=says):
        run(history, every=50, forecasters={"odd": Odd()})


def test_one_thread_and_several_give_the_same_bytes(found: Backtest, history: History) -> None:
    assert keys(run(history, threads=1)) == keys(found)


def test_an_origin_is_the_same_where_nothing_of_the_others_is_kept(found: Backtest, history: History) -> None:
    small = [Recent(1) for _ in range(4)]  # type: ignore[var-annotated]
    past = Past(history, False, True, *small)
    ours = OurForecaster({"half_life": "auto"}, 1_000, hindcasts=Hindcasts(Recent(1)))
    score = found.whole[1]
    origin = Origin(past, score.as_of, 30)
    assert score_to(next(scored(origin, ours.forecast(origin), BASELINES))) == score_to(score)


def test_an_interrupted_backtest_goes_on_to_the_same_bytes(
    found: Backtest, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(history, resume=tmp_path, progress=stop, threads=1)
    kept = (tmp_path / NAME).read_text().splitlines()
    assert 3 <= len(kept) <= 5
    (tmp_path / NAME).write_text("\n".join(kept) + "\n" + kept[-1][:40])  # the last line cut by a kill
    made = []
    original = Work.at
    monkeypatch.setattr(Work, "at", lambda work, day: made.append(day) or original(work, day))
    again = run(history, resume=tmp_path)
    assert len(made) == 5 - (len(kept) - 1)
    assert keys(again) == keys(found)


def test_a_folder_of_another_backtest_is_refused(history: History, tmp_path: Path) -> None:
    result = run(history, every=50, resume=tmp_path)
    result.save(tmp_path)
    with pytest.raises(InputError, match=r"another backtest \(horizon: 30 there, 29 now"):
        run(history, every=50, resume=tmp_path, horizon=29)
    (tmp_path / "backtest.json").unlink()
    with pytest.raises(InputError, match="another backtest"):
        run(history, every=50, resume=tmp_path, horizon=29)
    assert run(history, every=50, resume=tmp_path, horizon=29, force=True).days == 29


def test_scores_are_read_back_to_the_last_bit(found: Backtest) -> None:
    for score in found.origins:
        assert score_from(json.loads(json.dumps(score_to(score)))) == score


def test_origins_with_too_little_history_are_skipped_and_counted() -> None:
    result = run(made_history(days=DAYS, per_day=1.0), first=START + dt.timedelta(days=10), every=40)
    assert any("decided" in skipped.why for skipped in result.skipped)
    assert not any("--prior" in skipped.why for skipped in result.skipped)  # it is no option of a backtest
    assert any(c.code == "origins_skipped" for c in result.cautions)
    assert result.summary.n + len(result.skipped) == 7


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"every": 0}, "--every: expected at least 1 day"),
        ({"horizon": 400}, "the history tells of"),
        ({"horizon": 0}, "--horizon: expected at least 1"),
        ({"last": START + dt.timedelta(days=290)}, "the latest possible"),
        ({"first": START - dt.timedelta(days=3)}, "nothing is known before"),
        ({"every": 80}, "at least 3 are needed"),
        ({"first": START + dt.timedelta(days=290)}, "choose a shorter --horizon, or an earlier --first"),
        ({"by": ["product"]}, "owner or segment"),
        ({"trials": 10}, "at least 100"),
        ({"forecasters": {"run_rate": None}}, "is taken"),
    ],
)
def test_what_cannot_be_asked_is_refused(history: History, options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        run(history, **options)


def test_a_bias_that_chance_does_not_explain_is_a_caution(found: Backtest, history: History) -> None:
    assert found.summary.bias_error is not None
    assert found.summary.bias_error.low < 0 < found.summary.bias_error.high
    assert "biased" not in [c.code for c in found.cautions]
    for way, which in ((0.3, "high"), (-0.3, "low")):
        error = MeanWithError(way, 0.1, way - 0.1, way + 0.1)
        summary = dataclasses.replace(found.summary, bias=way, bias_error=error, independent_windows=9.0)
        off = dataclasses.replace(found, summary=summary)
        said = next(c for c in backtest_cautions(off, history).cautions if c.code == "biased")
        assert said.sentence == (
            f"on average the forecast was too {which} by 30 % of what came (90 % interval 20 % to 40 %)"
        )
        few = dataclasses.replace(off, summary=dataclasses.replace(off.summary, independent_windows=4.0))
        assert "biased" not in [c.code for c in backtest_cautions(few, history).cautions]


def test_groups_are_scored_on_their_open_deals(history: History) -> None:
    owned = made_history(days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner("Bo"), Owner("Ca", 0.01)])
    result = run(owned, by=["owner"])
    assert {("owner", "Ann"), ("owner", "Bo")} <= set(result.groups)
    for day in {score.as_of for score in result.origins}:
        of_day = [score for score in result.origins if score.as_of == day]
        whole = next(score for score in of_day if score.group is None)
        of_groups = [score for score in of_day if score.group is not None]
        assert sum(score.actual for score in of_groups) == pytest.approx(whole.parts["open"].actual)
        assert sum(score.mean for score in of_groups) == pytest.approx(whole.parts["open"].mean, rel=1e-9)


def test_the_error_budget_falls_with_what_is_known(found: Backtest) -> None:
    b = found.summary.budget
    assert b is not None
    assert b.both < b.neither


def test_the_long_frame_has_the_names_that_others_read(found: Backtest) -> None:
    frame = found.long_frame()
    assert list(frame.columns[:7]) == [
        "unique_id", "cutoff", "ds", "y", "simfunnel", "simfunnel-lo-80", "simfunnel-hi-80",
    ]  # fmt: skip
    assert (frame["ds"] - frame["cutoff"]).dt.days.tolist() == [30] * 5


def test_noise_has_no_skill_over_a_factor_on_two_dates() -> None:
    """Outcomes of one stage at constant hazards: stages and ages say nothing, and nothing better is claimed."""
    result = run(made_history(days=DAYS, per_day=PER_DAY, seed=11), value="count", every=10)
    for name in ("two_dates_factor", "same_point_spread"):
        difference = result.summary.rivals[name].difference
        assert difference is not None
        assert difference.high > 0


def test_deals_of_nobody_are_a_group_and_groups_without_open_deals_are_not_scored() -> None:
    owned = made_history(
        days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner(""), Owner("Late", begins=240)]
    )
    result = run(owned, by=["owner"])
    nobody = [score for score in result.origins if score.group == ("owner", "(none)")]
    assert len(nobody) == result.summary.n
    assert sum(score.actual for score in nobody) > 0
    assert [score.as_of for score in result.origins if score.group == ("owner", "Late")] == [LAST]
    for whole in result.whole:
        of = [score for score in result.origins if score.group is not None and score.as_of == whole.as_of]
        assert sum(score.actual for score in of) == pytest.approx(whole.parts["open"].actual)
        assert sum(score.mean for score in of) == pytest.approx(whole.parts["open"].mean, rel=1e-9)
    full = made_history(days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner("Bo")])
    assert set(run(full, every=50, by=["owner"]).groups) == {("owner", "Ann"), ("owner", "Bo")}


def test_labels_that_mean_none_are_none_in_forecast_and_actual() -> None:
    owned = made_history(days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner("N/A")])
    result = run(owned, every=50, by=["owner"])
    for whole in result.whole:
        of = [score for score in result.origins if score.group is not None and score.as_of == whole.as_of]
        assert sum(score.actual for score in of) == pytest.approx(whole.parts["open"].actual)


def test_a_forecaster_that_keeps_what_it_learned_sees_no_other_origin(history: History) -> None:
    class Keeps:
        view: History

        def fit(self, view: History) -> Keeps:
            self.view = view
            time.sleep(0.02)
            return self

        def forecast(self, as_of: dt.date, windows: Sequence[Window]) -> Sequence[np.ndarray]:
            time.sleep(0.02)
            return [np.array([float(self.view.midnight(as_of) - self.view.end)])]

    result = run(history, forecasters={"keeps": Keeps()}, threads=3)
    assert [score.rivals["keeps"].mean for score in result.whole] == [0.0] * 5


def test_quantiles_say_nothing_of_intervals_beyond_them(history: History) -> None:
    class Median:
        def fit(self, view: History) -> Median:
            return self

        def forecast(self, as_of: dt.date, windows: Sequence[Window]) -> Sequence[Mapping[float, float]]:
            return [{0.1: 0.0, 0.5: 1.0, 0.9: 1e9}]

    result = run(history, every=50, forecasters={"median": Median()})
    assert result.summary.rivals["median"].coverage == {0.5: 1.0, 0.8: 1.0}
    assert "median" in page_text(face_of(result).page(140))
    assert "median-lo-80" in result.long_frame()


def test_windows_that_lie_apart_are_as_many_as_there_are(history: History) -> None:
    result = run(history, horizon=5, every=50)
    assert result.summary.n == 3
    assert result.summary.independent_windows == 3.0
    assert run(history, horizon=30, every=25).summary.independent_windows == pytest.approx(130 / 30)


def test_a_year_in_which_nothing_was_won_has_no_relative_scores(history: History) -> None:
    after = history.midnight(FIRST)
    e = history.ends
    none = dataclasses.replace(e, outcome=np.where(e.closed >= after, LOST, e.outcome))
    s = history.spells
    spells = dataclasses.replace(s, to=np.where((s.left >= after) & (s.to == WON), LOST, s.to))
    result = run(dataclasses.replace(history, ends=none, spells=spells), every=50)
    face = face_of(result)
    found = json.loads(face.json())
    assert found["summary"]["relative_crps"] is None
    assert found["summary"]["baselines"]["run_rate"]["relative_crps"] is None
    assert "Nothing was won" in page_text(face.page(140))
    assert "nan" not in page_text(face.page(140))
    assert all(draw() for draw in face.figures().values())


def test_a_checkpoint_is_of_the_same_labels_and_calendar(history: History, tmp_path: Path) -> None:
    run(history, every=50, resume=tmp_path)
    owned = made_history(days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner("Bo")])
    for other in (owned, dataclasses.replace(history, time_zone="Pacific/Auckland")):
        with pytest.raises(InputError, match="another backtest"):
            run(other, every=50, resume=tmp_path)


def test_owners_that_nobody_dated_are_a_caution() -> None:
    owned = made_history(days=DAYS, per_day=PER_DAY, seed=3, owners=[Owner("Ann"), Owner("Bo")])
    facts = owned.facts["owner"]
    none = np.full(len(facts.deal), UNDATED)
    undated = dataclasses.replace(owned, facts={**owned.facts, "owner": Facts(facts.deal, none, none, facts.value)})
    fields = [c.fields["fields"] for c in run(undated, every=50, by=["owner"]).cautions if c.code == "undated_fact"]
    assert fields == [["owner"]]
    assert not [c for c in run(undated, every=50).cautions if c.code == "undated_fact"]


def test_amounts_of_nothing_are_refused_and_wins_counted_instead() -> None:
    free = made_history(days=DAYS, per_day=PER_DAY, amount=0.0)
    with pytest.raises(InputError, match="use --value count"):
        run(free, value="amount")
    assert run(free, trials=200, every=50).value == "count"
