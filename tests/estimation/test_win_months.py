"""Wins by month of the quarter: counted as by hand, found again where they were put in, told from luck and trend."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import optimize

from simfunnel.calibration.months import quarters_of
from simfunnel.estimation.book import book_of
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.month_gain import month_gain
from simfunnel.estimation.month_hindcast import MonthHindcasts
from simfunnel.estimation.present import present_of
from simfunnel.estimation.quarters import Quarters
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.estimation.win_months import exposed_wins, levelled, shrunken_factors, wins_by_month
from simfunnel.estimation.windows import compared, past_windows
from simfunnel.history.history import DAY, LOST, WON, History
from simfunnel.scenario.periods import Periods, YearEnd

from .made import START, made_history
from .test_weekdays import REST, on_the_clock

ALL_ALIKE = FixedHalfLife(None)
CALENDAR = Periods(unit="quarter", count=1)
FEBRUARY = Periods(unit="quarter", count=1, fiscal_year_start=2)
TRUE = np.array([0.6, 0.8, 1.6])


def by_months(history: History, factors: np.ndarray, quarters: Quarters, seed: int = 5) -> History:
    """The same deals, of whose wins a share is lost on the same day: that of its month over the largest."""
    s, e = history.spells, history.ends
    month = np.array([quarters.month_of(history.day(int(at))) for at in e.closed])
    taken = np.random.default_rng(seed).random(len(month)) >= (factors / factors.max())[month]
    outcome = np.where((e.outcome == WON) & taken, LOST, e.outcome)
    of_deal = dict(zip(e.deal.tolist(), outcome.tolist(), strict=True))
    to = np.array([of_deal[d] if t in (WON, LOST) else t for d, t in zip(s.deal.tolist(), s.to.tolist(), strict=True)])
    return replace(history, spells=replace(s, to=to), ends=replace(e, outcome=outcome))


@cache
def steady(days: int = 730, per_day: float = 8) -> History:
    return made_history(days=days, per_day=per_day, seed=2)


def told_of(history: History, periods: Periods = CALENDAR):
    view = history.as_of(history.day(history.last))
    present, quarters = present_of(view, ALL_ALIKE, count=True), quarters_of(periods)
    return present, quarters.months(view, float(present.risk.entered.min()), present.end + 30)


@pytest.mark.parametrize("periods", [CALENDAR, FEBRUARY], ids=["January", "February"])
def test_factors_that_were_put_in_are_found_again(periods: Periods) -> None:
    told = wins_by_month(*told_of(by_months(steady(), TRUE, quarters_of(periods)), periods))
    factors, wins = told.factors(), told.by_month()
    assert factors is not None
    error = factors / np.sqrt(wins) * 1.3  # of a factor among three, whose mean is 1
    assert np.all(np.abs(factors - TRUE) < 4 * error)


def test_a_steady_process_has_none() -> None:
    factors = wins_by_month(*told_of(steady())).factors()
    assert factors is not None
    assert np.all(np.abs(factors - 1) < 0.06)


def test_wins_are_counted_as_by_hand() -> None:
    """Spell by spell: the hazard of a win at every age at which somebody won, in the month it falls into."""
    history = made_history(days=80, per_day=3)
    present, months = told_of(history)
    risk, weight = present.risk, np.random.default_rng(2).uniform(0.2, 1.0, len(present.risk.age))
    expected, came = np.zeros(3), np.zeros(3)

    def month(i: int, age: float) -> int:
        return (history.day(int((risk.entered[i] + age) * DAY)).month - 1) % 3

    mine = np.flatnonzero(risk.stage == 1)
    won = mine[risk.cause[mine] == risk.won]
    for i in won.tolist():
        came[month(i, risk.age[i])] += 1
    for age in np.unique(risk.age[won]).tolist():
        at_risk = mine[risk.age[mine] >= age]
        hazard = weight[won[risk.age[won] == age]].sum() / weight[at_risk].sum()
        for i in at_risk.tolist():
            expected[month(i, age)] += weight[i] * hazard
    assert (risk.cause == CENSORED).any()
    assert exposed_wins(replace(present, weight=weight), months) == pytest.approx(expected, rel=1e-9)
    assert wins_by_month(present, months).by_month().tolist() == came.tolist()


def test_factors_are_those_of_the_largest_likelihood() -> None:
    """Three quarters at levels of their own, against a general optimiser; hardly shrunk, for luck is small."""
    expected = np.array([[900.0, 1100, 1000], [2000, 2200, 1900], [0, 1500, 1600]])
    came = np.array([[500.0, 900, 1600], [1300, 1800, 3200], [0, 900, 2000]])
    found = shrunken_factors(came, expected)
    assert found is not None

    def minus(x: np.ndarray) -> float:
        mean = np.exp(x[:3, None] + np.append(0.0, x[3:])) * expected
        return float((mean - came * np.log(np.where(expected > 0, mean, 1.0))).sum())

    best = np.exp(np.append(0.0, optimize.minimize(minus, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x[3:]))
    apart = (found[1:] - found[0]) / (found[2] - found[0])
    assert apart == pytest.approx((best[1:] - best[0]) / (best[2] - best[0]), rel=1e-5)  # shrinking keeps this ratio
    assert found == pytest.approx(best / (best @ [2900, 4800, 4500]) * 12200, rel=0.04)


def test_luck_is_shrunk_away() -> None:
    """Of one quarter at hand: X² = 2, as luck alone makes it on the mean; four times the deals keep three quarters."""
    came, even = np.array([[40.0, 50, 60]]) * np.array([1.0]), np.full((1, 3), 50.0)
    assert shrunken_factors(came / 2, even) == pytest.approx([1.0, 1.0, 1.0])  # 25: X² = 2
    assert shrunken_factors(4 * came / 2, even) == pytest.approx(1 + 0.75 * np.array([-0.2, 0.0, 0.2]))


def test_a_trend_from_quarter_to_quarter_is_no_month() -> None:
    """Wins double from quarter to quarter, and the last one is seen in its first month only."""
    expected = np.full((4, 3), 100.0)
    expected[3, 1:] = 0
    came = np.array([[100.0], [200], [400], [800]]) * (expected > 0)
    assert shrunken_factors(came, expected) == pytest.approx([1.0, 1.0, 1.0])


def test_a_month_without_wins_has_a_factor_of_nearly_0_and_one_never_seen_none() -> None:
    found = shrunken_factors(np.array([[100.0, 110, 0], [90, 95, 0]]), np.full((2, 3), 100.0))
    assert found is not None
    assert 0 <= found[2] < 0.05
    assert shrunken_factors(np.array([[10.0, 12, 0]]), np.array([[10.0, 12, 0]])) is None


def test_factors_stand_on_the_level_of_the_law() -> None:
    exposed = np.array([10.0, 20, 70])
    assert levelled(TRUE, exposed) @ exposed == pytest.approx(exposed.sum())
    assert levelled(TRUE, exposed) / levelled(TRUE, exposed)[0] == pytest.approx(TRUE / 0.6)


@pytest.mark.parametrize("periods", [
    CALENDAR, FEBRUARY,
    Periods(unit="quarter", count=1, weeks="4-4-5", year_end=YearEnd(weekday="saturday", month=1)),
])  # fmt: skip
def test_a_window_is_cut_where_months_of_quarters_end(periods: Periods) -> None:
    history, quarters = steady(), quarters_of(periods)
    start = history.midnight(dt.date(2026, 1, 20)) / DAY
    months = quarters.months(history, start, start)
    parts = months.parts(start, start + 45)
    days = [quarters.month_of(dt.date(2026, 1, 20) + dt.timedelta(days=i)) for i in range(45)]
    changes = [i for i in range(1, 45) if days[i] != days[i - 1]]
    assert [end - start for end, _ in parts] == [*changes, 45]
    assert [month for _, month in parts] == [days[i - 1] for i in (*changes, 45)]


def test_quarters_are_whole_from_their_first_day_until_their_last() -> None:
    history, quarters = steady(), quarters_of(CALENDAR)
    first, last = (history.midnight(day) / DAY for day in (dt.date(2025, 4, 1), dt.date(2025, 10, 1)))
    months = quarters.months(history, first, last)
    assert len(months.whole(first + 0.4, last)) == 2  # the first deal came some hours after midnight
    assert len(months.whole(first + 1, last)) == len(months.whole(first, last - 1)) == 1


@pytest.mark.parametrize("weekdays", [False, True], ids=["calendar", "clock"])
def test_without_factors_the_months_of_a_window_add_up_to_it(weekdays: bool) -> None:
    history = made_history(days=300, per_day=6)
    history = on_the_clock(history, REST) if weekdays else history
    view = history.as_of(dt.date(2025, 10, 1))
    quarters, kept = quarters_of(CALENDAR), Hindcasts()
    months = quarters.months(view, 20_000.0, view.end / DAY + 30)
    whole, day = book_of(history, count=True), dt.date(2025, 8, 12)
    split = MonthHindcasts(view, quarters, months, kept, ALL_ALIKE, True, weekdays).of(day, 30)
    then = kept.of(view, day, 30, ALL_ALIKE, count=True, weekdays=weekdays)
    assert split.opened.sum() == pytest.approx(then.opened.mean, rel=1e-9)
    assert split.square.sum() - split.cross.sum() == pytest.approx(then.opened.variance, rel=1e-9)
    assert split.new.sum() == pytest.approx(then.new_mean, rel=1e-9)
    assert split.compared(np.ones(3), whole) == pytest.approx(compared(then, whole), rel=1e-9)
    assert (split.opened > 0).tolist() == (split.new > 0).tolist() == [False, True, True]


def test_below_two_whole_quarters_nothing_is_looked_for() -> None:
    history = by_months(steady(), TRUE, quarters_of(CALENDAR)).as_of(dt.date(2025, 9, 30))  # one day is missing
    present = present_of(history, ALL_ALIKE, count=True)
    windows = past_windows(history, 30, ALL_ALIKE, count=True)
    found = month_gain(present, windows, 30, ALL_ALIKE, 0.05, quarters_of(CALENDAR))
    assert (found.quarters, found.why, found.factors, found.proved) == (1, "few_quarters", None, False)
    assert found.wins.sum() == (history.ends.outcome == WON).sum()
    assert dt.date(2025, 4, 1) > START
