"""Rates of groups, learned from histories of known truth."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from simfunnel.calibration import Calibration, calibrate
from simfunnel.calibration.group_labels import NOT_STATED, groups_of
from simfunnel.calibration.group_learning import learn_groups
from simfunnel.calibration.groups import LearnedGroup, LearnedGroups
from simfunnel.errors import InputError
from simfunnel.estimation.amounts import estimate_amounts
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.present import present_of
from simfunnel.estimation.transitions import stage_exits
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.forecast import simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import UNDATED, Facts, History
from simfunnel.scenario import parse_scenario
from tests.estimation.made import P_ON, P_WON, Owner, made_history

TWO = (Owner("good", 1.0, 0.65, 0.5), Owner("bad", 1.5, 0.35, 0.3))
KEPT = Hindcasts()


def with_column(history: History, values: Sequence[str], header: str = "Region", form: str = "events") -> History:
    """Deal number i has the value number i, from the start anew at the end of the list."""
    cells = np.array([values[i % len(values)] for i in range(len(history.deals))], dtype=object)
    return dataclasses.replace(
        history, form=form, deals=dataclasses.replace(history.deals, attributes={header: cells})
    )  # fmt: skip


def with_fact(history: History, values: Sequence[str], name: str = "segment", since: int | None = None) -> History:
    n, at = len(history.deals), history.deals.created
    known = at if since is None else np.full(n, since)
    cells = np.array([values[i % len(values)] for i in range(n)], dtype=object)
    return dataclasses.replace(history, facts={**history.facts, name: Facts(np.arange(n), known, known, cells)})


def groups(history: History, by: str, *, half_life: float | None = None, days: int = 60) -> LearnedGroups:
    """What `calibrate` learns of groups, without its past windows."""
    view = history.as_of(history.day(history.last) + dt.timedelta(days=1))
    found, _ = groups_of(view, by)
    assert found is not None
    present = present_of(view, FixedHalfLife(half_life))
    stages = [stage_exits(present.risk, present.weight, k) for k in range(present.risk.stages)]
    amounts = estimate_amounts(present.book.amount[present.book.won])
    inflow = (present.arrivals(30).per_day, present.entry)
    return learn_groups(found, present, stages, inflow, amounts, days)


def member(found: LearnedGroups, label: str) -> LearnedGroup:
    return next(group for group in found.members if group.label == label)


def learned(history: History, by: str | None, **options: Any) -> Calibration:
    given = {"unit": "month", "half_life": None, "check": False, "hindcasts": KEPT, **options}
    return calibrate(history, by=by, **given)


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(days=250, per_day=7, owners=TWO)


def bent(p: float, odds: float) -> float:
    return p * odds / (1 - p + p * odds)


def test_two_groups_of_different_rates_are_found_again(history: History) -> None:
    found = groups(history, "owner")
    assert [group.label for group in found.members] == ["bad", "good"]  # the larger first
    for owner in TWO:
        mine = member(found, owner.name)
        for k, truth in enumerate((owner.on, owner.won)):
            rate, pool = mine.rates[k], found.pool[k]
            assert rate is not None
            assert pool is not None
            assert rate.interval[0] < truth < rate.interval[1]
            assert rate.apart_from(pool) == (1 if owner.name == "good" else -1)
            assert bent(pool, rate.odds) == pytest.approx(rate.shrunk, abs=0.02)
    assert found.factor == pytest.approx([1, 1], abs=0.05)


def test_a_column_of_noise_divides_nothing() -> None:
    plain = made_history(days=250, per_day=7, seed=3)
    rng = np.random.default_rng(5)
    found = groups(with_column(plain, [f"r{i}" for i in rng.integers(0, 6, 5000)]), "region")
    odds = np.array([[rate.odds for rate in group.rates if rate is not None] for group in found.members])
    assert np.abs(np.log(odds)).max() < 0.12
    apart = [
        rate.apart_from(pool)
        for group in found.members
        for rate, pool in zip(group.rates, found.pool, strict=True)
        if rate is not None and pool is not None
    ]
    assert np.abs(apart).sum() <= 1  # of twelve intervals of 90 %, shrunk


def test_a_group_of_one_deal_is_nearly_the_pool(history: History) -> None:
    n = len(history.deals)
    for outcome in range(6):
        rest = ["many"] * n
        rest[outcome] = "one"
        found = groups(with_column(history, rest), "Region")
        for rate, pool in zip(member(found, "one").rates, found.pool, strict=True):
            assert rate is not None
            assert pool is not None
            assert rate.shrunk == pytest.approx(pool, abs=0.12)
            assert rate.interval[0] < pool < rate.interval[1]


def test_a_group_that_wins_everything_is_no_certain_win(history: History) -> None:
    view = history.as_of(history.day(history.last) + dt.timedelta(days=1))
    from simfunnel.estimation.outcomes import outcomes_of

    won = outcomes_of(view).won
    lucky = ["lucky" if w and i % 9 == 0 else "rest" for i, w in enumerate(won.tolist())]
    found = groups(with_column(history, lucky), "Region")
    mine = member(found, "lucky")
    assert mine.decided == sum(label == "lucky" for label in lucky)
    for rate, pool in zip(mine.rates, found.pool, strict=True):
        assert rate is not None
        assert pool is not None
        assert rate.raw == pytest.approx(1)
        assert pool < rate.shrunk < 1
        assert np.isfinite(rate.odds)


def means(history: History, by: str | None, value: str) -> tuple[list[float], dict[str, float]]:
    """Means of two months, of open deals in both, and by segment; without what means do not know of."""
    found = learned(history, by, value=value)
    data = {**found.data(), "correlation": {}}
    for key in ("anchor", "leads_level", "amount_level"):
        data.pop(key, None)
    for stage in data["stages"]:
        stage.pop("n")
    for segment in data.get("segments", {}).values():
        segment.pop("amount_level", None)
    frame = found.deals_frame()
    exact = exact_forecast(prepare(data, pipeline=frame), groups=("segment",))
    there = {group[1] for group in exact.groups if group[0] == "segment"}
    shares = {label: exact.mean("total", group=("segment", label)) for label in there}
    data.pop("leads")
    still = exact_forecast(prepare(data, pipeline=frame), groups=()).mean("total")
    return [exact.mean(0), exact.mean(1), still], shares


def test_groups_bring_together_what_all_deals_do(history: History) -> None:
    """Wins over both months of the written scenarios, and money; computed exactly."""
    for value in ("count", "amount"):
        (plain, _), (grouped, shares) = (means(history, by, value) for by in (None, "owner"))
        totals = [sum(found[:2]) for found in (plain, grouped)]
        # wins are kept but for what is rounded; money moves where open deals of one group are larger
        assert totals[1] == pytest.approx(totals[0], rel=0.002 if value == "count" else 0.02)
        assert sum(shares.values()) == pytest.approx(totals[1], rel=1e-3)
        assert shares["good"] > 1.4 * shares["bad"]


@pytest.mark.slow
def test_what_groups_move_is_as_documented() -> None:
    """The figures of `docs/validation.md`, printed: six histories of two groups that are far apart."""
    worst = np.zeros((2, 4))
    for seed in range(1, 7):
        made = made_history(days=250, per_day=7, seed=seed, owners=TWO)
        for i, value in enumerate(("count", "amount")):
            plain, grouped = (np.array(means(made, by, value)[0]) for by in (None, "owner"))
            month = np.abs(grouped[:2] / plain[:2] - 1).max()
            new = [found[:2].sum() - found[2] for found in (plain, grouped)]
            moved = [abs(grouped[:2].sum() / plain[:2].sum() - 1), month, abs(grouped[2] / plain[2] - 1),
                     abs(new[1] / new[0] - 1)]  # fmt: skip
            worst[i] = np.maximum(worst[i], moved)
    for what, row in zip(("wins", "money"), worst, strict=True):
        print(what, "in all, a month, open, new:", *(f"{x:.2%}" for x in row))
    assert (worst < np.array([[0.001, 0.025, 0.04, 0.05], [0.015, 0.03, 0.05, 0.05]])).all()


def test_without_groups_nothing_has_changed(history: History) -> None:
    plain, auto = learned(history, None), learned(history, "auto")
    assert auto.scenario == plain.scenario
    assert auto.pipeline == plain.pipeline
    assert auto.groups is None
    assert auto.to_dict()["groups"] == {}
    assert learned(history, "none").scenario == plain.scenario


def test_the_segment_is_taken_by_itself_where_there_are_several(history: History) -> None:
    view = with_fact(history, ["smb", "large", "smb"])
    assert groups_of(view, "auto")[0] is not None
    assert groups_of(with_fact(history, ["smb", "", "SMB "]), "auto") == (None, ())
    assert groups_of(view, "none") == (None, ())
    many, said = groups_of(with_fact(history, [f"s{i}" for i in range(31)]), "auto")
    assert many is None
    assert [finding.code for finding in said] == ["groups_left_out"]
    most, said = groups_of(with_fact(history, [f"s{i}" for i in range(400)]), "auto")
    assert most is None
    assert "400" in said[0].sentence


@pytest.mark.parametrize(
    ("values", "by", "words"),
    [
        (["a", "b"], "Territory", "no such column in the history; there are amount, owner, Region"),
        ([f"v{i}" for i in range(301)], "Region", "301 different values"),
        ([f"v{i}" for i in range(31)], "Region", "31 groups; a scenario to be read has at most 30"),
        (["", " "], "Region", "nothing stands in it"),
    ],
)
def test_columns_that_are_no_groups_are_refused(history: History, values: list[str], by: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        calibrate(with_column(history, values), by=by)


def test_numbers_are_cut_into_bands(history: History) -> None:
    found = groups(with_column(history, [str(i * 37 % 1000) for i in range(400)], "Score"), "score")
    assert len(found.members) == 4
    assert sorted(group.label.split()[0] for group in found.members)[-1] == "up"
    assert found.by == "Score"


HOSTILE = [
    "[x]", "=1+1", "", "Zoë 名前 🙂", "y" * 1500, 'a "quoted": {label} # no comment', "365", "null", "- dash", "*all",
    "two\nlines", "[bold red]x[/]", "smb", "SMB", "'=2+2",
    "quantiles: [[1, 2]]", '"quantiles": [[1, 2]]',
]  # fmt: skip


def test_hostile_labels_come_back_from_scenario_and_pipeline_file(history: History) -> None:
    found = learned(with_column(history, HOSTILE), "region")
    assert found.groups is not None
    labels = [group.label for group in found.groups.members]
    assert NOT_STATED in labels  # the empty one, and the word for it
    assert ("smb" in labels) != ("SMB" in labels)  # one to a reader of pipeline files
    assert list(found.data()["segments"]) == labels
    ready = prepare({**found.data(), "correlation": {}}, pipeline=found.deals_frame())
    there = {label for label in ready.table.open.segment if label}
    assert there <= set(labels)
    assert len(there) > 8
    forecast = simulate(found.prepared(), trials=200)
    assert {group[1] for group in forecast.groups if group[0] == "segment"} == set(labels)
    import io

    from rich.console import Console

    from simfunnel.shown import face_of

    console = Console(width=90, file=io.StringIO(), record=True)
    console.print(face_of(found).page(90))
    assert "By Region, 15 groups" in " ".join(console.export_text().split())


def test_shares_of_new_deals_are_those_of_all_new_deals(history: History) -> None:
    found = groups(history, "owner")
    n = {label: np.mean(history.facts["owner"].value == label) for label in ("good", "bad")}
    for label, share in n.items():
        assert member(found, label).share == pytest.approx(share, abs=1e-6)
    lately = groups(history, "owner", half_life=10)
    assert lately.members[0].share != pytest.approx(n["bad"], abs=1e-6)
    assert sum(group.share for group in lately.members) == pytest.approx(1)


def test_deals_of_a_group_begin_where_they_do() -> None:
    """A third of the deals begins in the second stage, all of them of one group; both margins are kept."""
    plain = made_history(days=250, per_day=7)
    s = plain.spells
    late = np.arange(len(plain.deals)) % 3 == 0
    first = np.concatenate([[True], s.deal[1:] != s.deal[:-1]])
    stage = np.where(first & late[s.deal], 1, s.stage)
    to = np.where(first & late[s.deal] & (s.to == 1), -2, s.to)
    keep = first | ~late[s.deal]
    spells = type(s)(*(column[keep] for column in (s.deal, stage, s.entered, s.entered_before, s.left, s.left_before,
                                                   to)))  # fmt: skip
    mixed = with_column(dataclasses.replace(plain, spells=spells), ["renewal", "new", "new"])
    found = groups(mixed, "Region")
    renewal, new = member(found, "renewal").entry, member(found, "new").entry
    assert renewal[1] / renewal.sum() > 0.9
    assert new[0] / new.sum() > 0.95
    assert renewal.sum() == pytest.approx(1 / 3, abs=0.03)


def test_amounts_of_large_groups_are_their_own_and_of_small_ones_at_their_level() -> None:
    plain = made_history(days=250, per_day=7, owners=(Owner("a"), Owner("b"), Owner("c", 0.06)))
    owner = np.asarray(plain.facts["owner"].value)
    fact = plain.facts["amount"]
    value = np.asarray(fact.value, dtype=np.float64) * np.where(owner == "a", 1, np.where(owner == "b", 3, 6))
    found = groups(dataclasses.replace(plain, facts={**plain.facts, "amount": dataclasses.replace(fact, value=value)}),
                   "owner")  # fmt: skip
    a, b, c = (member(found, label) for label in "abc")
    assert a.own_amounts
    assert b.own_amounts
    assert not c.own_amounts
    assert a.amounts is not None
    assert b.amounts is not None
    assert c.amounts is not None
    assert b.amounts.mean / a.amounts.mean == pytest.approx(3, rel=0.2)
    assert 3 < c.amounts.mean / a.amounts.mean < 8
    assert c.amounts.level_sd > a.amounts.level_sd
    # what new deals bring is in all what it was without groups
    wins = [group.share * bent(P_ON, group.rates[0].odds) * bent(P_WON, group.rates[1].odds) for group in (a, b, c)]  # type: ignore[union-attr]
    pool = estimate_amounts(value[present_of(plain, FixedHalfLife(None)).book.won])
    assert pool is not None
    brought = np.dot(wins, [group.amounts.mean for group in (a, b, c)]) / sum(wins)  # type: ignore[union-attr]
    assert brought == pytest.approx(pool.mean, rel=0.01)


def test_undated_groups_are_a_caution(history: History) -> None:
    dated = learned(with_column(history, ["x", "y"]), "region")
    undated = learned(with_column(history, ["x", "y"], form="wide"), "region")
    assert "undated_fact" not in [caution.code for caution in dated.cautions]
    said = next(caution for caution in undated.cautions if caution.code == "undated_fact")
    assert said.sentence.startswith("Region: no date says since when")
    fact = learned(with_fact(history, ["x", "y"], since=UNDATED), "segment")
    assert "segment: no date" in next(c for c in fact.cautions if c.code == "undated_fact").sentence


def test_nothing_after_the_day_is_known_of_groups(history: History) -> None:
    day = history.day(history.last) - dt.timedelta(days=60)
    later = history.midnight(day)
    fact = history.facts["owner"]
    told = Facts(
        np.concatenate([fact.deal, fact.deal]), np.concatenate([fact.since, np.full(len(fact.deal), later)]),
        np.concatenate([fact.since, np.full(len(fact.deal), later)]),
        np.concatenate([fact.value, np.full(len(fact.deal), "someone", dtype=object)]),
    )  # fmt: skip
    moved = dataclasses.replace(history, facts={**history.facts, "owner": told})
    one, other = (learned(h, "owner", as_of=day) for h in (history, moved))
    assert one.scenario == other.scenario
    assert one.pipeline == other.pipeline


def test_a_thin_history_has_groups_beside_a_prior() -> None:
    thin = made_history(days=14, per_day=3, owners=(Owner("a"), Owner("b")))
    prior = {
        "version": 1, "as_of": "2025-01-01", "periods": {"unit": "month", "count": 1},
        "stages": [{"name": "Demo", "conversion": {"mean": 0.6, "n": 30}, "duration": 8},
                   {"name": "Offer", "conversion": 0.5, "duration": 20}],
        "amount": 900,
    }  # fmt: skip
    found = learned(thin, "owner", prior=prior)
    assert found.groups is not None
    assert {group.label for group in found.groups.members} == {"a", "b"}
    assert parse_scenario(found.data()).scenario.segments.keys() == {"a", "b"}
    assert simulate(found.prepared(), trials=200).mean(0) >= 0


def test_keys_are_those_of_the_contract(history: History) -> None:
    found = learned(history, "owner").to_dict()["groups"]
    assert {"by", "segments"} <= found.keys()
    assert found["by"] == "owner"
    first = found["segments"][0]
    assert first.keys() == {"label", "n", "open", "share", "per_week", "stages", "amount"}
    assert first["stages"][0].keys() == {"name", "conversion"}
    assert first["stages"][0]["conversion"].keys() == {"raw", "shrunk", "interval", "n_effective", "odds"}
