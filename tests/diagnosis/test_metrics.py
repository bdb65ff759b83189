"""Metrics of histories whose truth is known."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simfunnel.diagnosis import Metrics, metrics
from simfunnel.diagnosis.metrics import in_order
from simfunnel.diagnosis.results import GroupMetrics, Rate
from simfunnel.errors import InputError
from simfunnel.history.history import DAY, UNDATED, Facts, History, Spells
from tests.estimation.made import DAYS_OFFER, P_ON, P_WON, Owner, made_history

TEAM = [Owner(f"rep {i}") for i in range(7)]


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(500, 8.0, seed=5, amount=100.0, owners=[*TEAM, Owner("slow start", on=0.25)])


@pytest.fixture(scope="module")
def found(history: History) -> Metrics:
    return metrics(history, by="owner")


def group(found: Metrics, label: str) -> GroupMetrics:
    return next(g for g in found.groups if g.label == label)


def test_rates_and_times_of_all_deals_are_those_of_the_generator() -> None:
    whole = metrics(made_history(600, 8.0, seed=2)).whole
    demo, offer = whole.stages
    for rate, truth in (
        (demo.conversion, P_ON), (offer.conversion, P_WON), (offer.win_rate, P_WON), (demo.win_rate, P_ON * P_WON),
        (whole.win_rate, P_ON * P_WON),
    ):  # fmt: skip
        assert rate.raw is not None
        assert abs(rate.raw - truth) < 4 * math.sqrt(truth * (1 - truth) / rate.n_effective)
        assert rate.interval[0] < rate.raw < rate.interval[1]
    assert whole.signing_rate == offer.win_rate
    assert offer.days.median == pytest.approx(DAYS_OFFER * math.log(2), rel=0.1)
    assert offer.days_won.median == pytest.approx(offer.days_lost.median, rel=0.15)
    assert offer.days.p90 == pytest.approx(DAYS_OFFER * math.log(10), rel=0.1)
    # winners leave Demo after exponential 8 days, losers of Demo after 15, those of Offer after 8
    assert demo.days_won.median == pytest.approx(8 * math.log(2), rel=0.12)
    assert demo.days_lost.median is not None and demo.days_lost.median > 1.1 * 8 * math.log(2)


def test_open_deals_are_not_left_out_of_rates() -> None:
    """Half of a short history is open, and losses come later than exits to Offer: closed ratios would be far off."""
    whole = metrics(made_history(40, 60.0, seed=4)).whole
    closed = whole.won / (whole.won + whole.lost)
    assert whole.win_rate.raw is not None
    assert whole.open > 0.25 * whole.n
    assert abs(whole.win_rate.raw - P_ON * P_WON) < 0.045 < abs(closed - P_ON * P_WON)


def test_velocity_is_what_it_says(found: Metrics) -> None:
    for g in (found.whole, *found.groups):
        assert g.average_won == pytest.approx(100.0)
        assert g.value_now == pytest.approx(100.0 * g.open)
        assert g.cycle is not None and g.win_rate.shrunk is not None
        assert g.velocity == pytest.approx(g.open * g.win_rate.shrunk * 100.0 / g.cycle)
        assert g.open == sum(stage.open for stage in g.stages)


def test_groups_add_up_to_all(found: Metrics) -> None:
    for count in ("n", "won", "lost", "open"):
        assert sum(getattr(g, count) for g in found.groups) == getattr(found.whole, count)
    for k, stage in enumerate(found.whole.stages):
        assert sum(g.stages[k].entered for g in found.groups) == stage.entered
        assert sum(g.stages[k].decided for g in found.groups) == stage.decided


def test_a_bad_group_is_flagged_with_what_it_costs_and_others_are_not(found: Metrics) -> None:
    flagged = [b for b in found.bottlenecks if b.flagged]
    assert [(b.group, b.stage) for b in flagged] == [("slow start", "Demo")]
    worst = found.bottlenecks[0]
    truth = (7 * 0.5 + 0.25) / 8 - 0.25  # the pool's conversion less his own
    expected = 365.25 / 4 * truth * P_WON  # one deal a day
    assert abs(worst.wins_lost - expected) < 3.5 * worst.stderr
    assert 0.05 * expected < worst.stderr < 0.4 * expected
    assert worst.p_below > 0.99


def test_groups_of_one_truth_are_seldom_flagged() -> None:
    flagged = 0
    for seed in range(6):
        found = metrics(made_history(250, 4.0, seed=seed, owners=TEAM), by="owner")
        flagged += sum(b.flagged for b in found.bottlenecks)
    assert flagged <= 2  # of 84


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_a_new_colleague_is_no_bottleneck_because_his_deals_are_young(seed: int) -> None:
    """His raw rate is low, for a third of his deals are undecided; what the pool's deals of that age do is added."""
    owners = [*TEAM[:3], Owner("new", share=3.0, begins=388.0)]
    found = metrics(made_history(400, 10.0, seed=seed, owners=owners), by="owner")
    new = group(found, "new").stages[0]
    assert new.undecided > 0.25
    assert new.conversion.raw is not None and new.conversion.raw < 0.85 * P_ON
    assert new.conversion.interval[0] < P_ON < new.conversion.interval[1]
    assert not any(b.flagged for b in found.bottlenecks if b.group == "new")


def test_two_of_two_never_stand_before_sixty_of_a_hundred() -> None:
    """Whatever the other groups say of how far groups lie apart."""
    for spread in (0.0, 0.1, 0.2, 0.3, 0.45):
        others = [(0.5 + spread * (1 if i % 2 else -1), 100.0) for i in range(8)]
        order = ranked([(1.0, 2.0), (0.6, 100.0), *others])
        assert order.index(0) > order.index(1)


def ranked(rates: list[tuple[float, float]]) -> list[int]:
    """Order groups of given rates and sizes as the page does, in a pool of .5."""
    from simfunnel.estimation.shrinkage import learn_pool

    p, n = np.array(rates).T
    pool = learn_pool(0.5, float(n.sum()), p, n)
    template = metrics(made_history(60, 3.0)).whole
    groups = []
    for i, (rate, m) in enumerate(rates):
        posterior = pool.posterior(rate, m)
        shrunk = Rate(rate, posterior.mean, posterior.interval(), m)
        groups.append(replace(template, label=str(i), win_rate=shrunk))
    return [int(g.label) for g in in_order(groups, replace(template, win_rate=Rate(0.5, 0.5, (0.45, 0.55), n.sum())))]


def test_groups_stand_by_shrunk_rate_within_what_can_be_told(found: Metrics) -> None:
    pool = found.whole.win_rate.shrunk
    keys = [(-g.win_rate.apart_from(pool), -(g.win_rate.shrunk or 0.0)) for g in found.groups]
    assert keys == sorted(keys)
    assert found.groups[-1].label == "slow start" and keys[-1][0] == 1


def test_cohorts_add_up_to_the_deals(history: History, found: Metrics) -> None:
    assert all(c.won + c.lost + c.void + c.vanished + c.open == c.deals for c in found.cohorts)
    now = {c.month: c for c in found.cohorts}
    assert sum(c.deals for c in now.values()) == len(history.deals)
    for kind in ("won", "lost", "open"):
        assert sum(getattr(c, kind) for c in now.values()) == getattr(found.whole, kind)
    by_month = [[c for c in found.cohorts if c.month == month] for month in now]
    for rows in by_month:
        assert [c.months_since for c in rows] == list(range(len(rows)))
        assert all(a.won <= b.won and a.lost <= b.lost for a, b in pairwise(rows))
    assert found.cohorts[0].months_since == 0 and found.cohorts[0].month == dt.date(2025, 1, 1)


def test_cohorts_at_a_month_end_are_the_counts_of_that_day(history: History, found: Metrics) -> None:
    row = next(c for c in found.cohorts if c.month == dt.date(2025, 3, 1) and c.months_since == 1)
    created = (history.deals.created >= history.midnight(dt.date(2025, 3, 1))) & (
        history.deals.created < history.midnight(dt.date(2025, 4, 1))
    )
    assert row.deals == created.sum()
    before = history.ends.closed < history.midnight(dt.date(2025, 5, 1))
    assert row.won + row.lost == (before & created[history.ends.deal]).sum()


def test_a_trend_is_told_where_there_is_one_and_not_where_there_is_none() -> None:
    steady = metrics(made_history(730, 6.0, seed=3), every="month").trend
    assert [t.stage for t in steady] == ["Demo", "Offer"]
    for trend in steady:
        assert trend.interval is not None and trend.interval[0] < 0 < trend.interval[1]
    # a better colleague takes over: the conversion of all rises from .4 to .7 in the middle
    owners = [Owner("a", on=0.4), Owner("b", share=50.0, on=0.7, begins=365.0)]
    demo = metrics(made_history(730, 6.0, seed=3, owners=owners), every="month").trend[0]
    assert demo.interval is not None and demo.interval[0] > 0 and demo.per_year is not None
    assert 0.1 < demo.per_year < 0.4
    rates = [p.conversion for p in demo.periods if p.conversion is not None]
    assert np.mean(rates[:6]) == pytest.approx(0.4, abs=0.06) and np.mean(rates[-6:]) == pytest.approx(0.7, abs=0.06)
    assert demo.periods[-1].conversion is None or demo.periods[-1].decided >= 10


def test_periods_too_young_or_too_thin_tell_no_trend() -> None:
    young = metrics(made_history(375, 6.0, seed=3), every="month").trend[0].periods[-1]
    assert young.conversion is None and young.decided >= 10  # the quick ones of the last days
    thin = metrics(made_history(365, 0.15, seed=3), every="month").trend[0]
    assert all(p.conversion is None for p in thin.periods) and sum(p.decided for p in thin.periods) > 30


def test_entrants_are_those_of_the_last_year() -> None:
    history = made_history(800, 3.0, seed=3, owners=[Owner("old"), Owner("new", share=3.0, begins=500.0)])
    found = metrics(history, by="owner")
    day = history.end - 365.25 * DAY
    mine = (history.facts["owner"].value == "old") & (history.deals.created >= day)
    row = next(b for b in found.bottlenecks if (b.group, b.stage) == ("old", "Demo"))
    assert row.entrants == pytest.approx(mine.sum() / 4, abs=0.3)


def test_as_of_sees_nothing_later(history: History) -> None:
    day = dt.date(2025, 9, 1)
    early = metrics(history, by="owner", as_of=day)
    assert early.to_dict() == metrics(history.as_of(day), by="owner", as_of=day).to_dict() | {
        "excluded": early.to_dict()["excluded"]
    }
    assert early.whole.n < len(history.deals)
    assert max(c.month for c in early.cohorts) == dt.date(2025, 8, 1)


def test_since_lets_deals_enter_late(history: History) -> None:
    day = dt.date(2025, 7, 1)
    late = metrics(history, since=day)
    ended_before = history.ends.closed < history.midnight(day)
    assert late.whole.n == len(history.deals) - ended_before.sum()
    assert late.observed_from == day
    assert late.whole.win_rate.raw == pytest.approx(late.whole.stages[0].win_rate.raw)  # deals come in at Demo alone
    assert min(c.month for c in late.cohorts) == day
    assert late.whole.stages[0].conversion.raw == pytest.approx((7 * 0.5 + 0.25) / 8, abs=0.05)


def test_an_owner_without_a_date_is_a_caution(history: History) -> None:
    owner = history.facts["owner"]
    undated = Facts(owner.deal, np.full(len(owner.deal), UNDATED), np.full(len(owner.deal), UNDATED), owner.value)
    found = metrics(replace(history, facts={**history.facts, "owner": undated}), by="owner")
    assert [c.code for c in found.cautions] == ["undated_fact"]
    assert "owner" in found.cautions[0].sentence


def test_a_deal_is_with_its_last_owner_and_a_stay_with_the_one_it_began_with(history: History) -> None:
    owner = history.facts["owner"]
    later = int(owner.since[0]) + DAY
    moved = Facts(
        np.append(owner.deal, owner.deal[0]), np.append(owner.since, later), np.append(owner.since_before, later),
        np.append(owner.value, "newcomer"),
    )  # fmt: skip
    found = metrics(replace(history, facts={**history.facts, "owner": moved}), by="owner")
    assert group(found, "newcomer").n == 1
    assert group(found, "newcomer").stages[0].entered == 0  # the stay in Demo had begun before
    assert group(found, str(owner.value[0])).n == int((owner.value == owner.value[0]).sum()) - 1


def test_decided_deals_without_a_stage_are_said(history: History) -> None:
    ended = set(history.ends.deal[: len(history.ends.deal) // 5].tolist())
    kept = ~np.isin(history.spells.deal, list(ended))
    s = history.spells
    columns = (s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before, s.to)
    spells = Spells(*(column[kept] for column in columns))
    found = metrics(replace(history, spells=spells))
    assert [(c.code, c.fields["deals"]) for c in found.cautions] == [("decided_without_stage", len(ended))]
    assert found.whole.decided == len(history.ends.deal)


def test_few_events_are_said() -> None:
    found = metrics(made_history(20, 2.0, seed=1, owners=TEAM), by="owner")
    assert {"few_events", "few_events_in_groups"} <= {c.code for c in found.cautions}
    assert not any(b.flagged for b in found.bottlenecks)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "colour"}, "no such column in the history; there are amount, owner"),
        ({"as_of": dt.date(2020, 1, 1)}, "nothing is known before 2020-01-01"),
        ({"since": dt.date(2030, 1, 1)}, "expected a day before"),
        ({"half_life": 0.0}, "half_life: expected days above 0"),
    ],
)
def test_bad_input_is_a_sentence(history: History, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        metrics(history, **options)  # type: ignore[arg-type]
