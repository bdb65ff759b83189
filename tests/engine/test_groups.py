"""Groups: parts add up to the whole in every trial."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import CENTS, assert_mean, book_of, compiled_whole, days, deals, funnel, simulate_ledger, sized, stage

from simfunnel.funnel.groups import DIMENSIONS

BOOK = [
    {"owner": "x", "segment": "s", "source": "web"}, {"owner": "y", "segment": "t"}, {"owner": "x"},
    {"segment": "s", "source": "fair"}, {}, {"owner": "z", "team": "Own"},
]  # fmt: skip
DATA = funnel(
    [stage("A", 0.5, {"exponential": 6}), stage("B", 0.6, {"exponential": 4})],
    [{"id": str(i), "stage": "A", "age": i + 1, "amount": 10 + i, **fields} for i, fields in enumerate(BOOK)],
    teams={"x": "East", "y": "East"},
    leads=[
        {
            "name": "web",
            "stage": "A",
            "rate": {"per": "day", "mean": 1},
            "amount": 7,
            "owner": {"x": 0.5, "z": 0.5},
        },
        {"name": "ads", "stage": "B", "rate": {"per": "day", "mean": 0.5}, "amount": 9, "segment": "t"},
    ],
    periods=days(length=10, count=3),
    correlation={"market": 0.1, "owner": 0.2},
    payment_terms=[{"share": 0.5, "delay": 3}, {"share": 0.5, "delay": {"exponential": 9}}],
)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_groups_add_up_to_the_whole_in_every_trial(dimension: str) -> None:
    ledger = simulate_ledger(DATA, 600)
    members = [i for i, (d, _) in enumerate(book_of(DATA).groups) if d == dimension]
    for column in ledger:
        assert column[0].any()
        assert np.array_equal(column[members].sum(axis=0), column[0])


def test_everything_is_labelled_with_its_own_and_with_none() -> None:
    names = book_of(DATA).groups
    assert names == (
        ("", ""), ("owner", "x"), ("owner", "y"), ("owner", "z"), ("owner", "(none)"),
        ("team", "East"), ("team", "Own"), ("team", "(none)"),
        ("segment", "s"), ("segment", "t"), ("segment", "(none)"),
        ("source", "ads"), ("source", "fair"), ("source", "web"), ("source", "(none)"),
    )  # fmt: skip


def test_dimensions_without_labels_have_no_groups() -> None:
    assert book_of(funnel([stage()], deals(2))).groups == (("", ""),)


def test_only_the_dimensions_asked_for_are_kept() -> None:
    names = book_of(DATA, groups=["owner"]).groups
    assert {d for d, _ in names} == {"", "owner"}


def test_groups_asked_for_change_no_draw() -> None:
    assert np.array_equal(simulate_ledger(DATA, 300, groups=()).open[0], simulate_ledger(DATA, 300).open[0])


def test_group_of_a_target_exists_even_if_nothing_is_in_it() -> None:
    data = {**DATA, "targets": [{"period": "total", "owner": "nobody", "amount": 1}]}
    index = book_of(data, groups=()).groups.index(("owner", "nobody"))
    assert not simulate_ledger(data, 50, groups=()).open[index].any()


def test_a_group_books_what_its_deals_book() -> None:
    data = funnel([stage("A", 0.5)], [*deals(3, "x", owner="x", amount=5), *deals(2, "y", owner="y", amount=9)])
    group = {name: i for i, name in enumerate(book_of(data).groups)}
    ledger = simulate_ledger(data, sized(20_000))
    assert_mean(ledger.open[group["owner", "x"], 0] / CENTS, 7.5)
    assert_mean(ledger.open[group["owner", "y"], 0] / CENTS, 9)


CLOSED = [
    {"period": "2027-01", "amount": 410.25, "wins": 9, "owner": "x"},
    {"period": "2027-01", "amount": 1, "segment": "s", "team": "West"},
]


def test_closed_wins_belong_to_their_groups() -> None:
    found = compiled_whole({**DATA, "as_of": "2027-01-11", "periods": {"unit": "month", "count": 1}, "closed": CLOSED})
    closed, groups = found.model.closed, found.book.groups
    assert closed.amount.tolist() == [41025, 100]
    assert closed.wins.tolist() == [9, 0]
    assert closed.day.tolist() == [-5, -5]
    labels = [{groups[g] for g in closed.group[closed.group_start[i] : closed.group_start[i + 1]]} for i in range(2)]
    assert labels[0] == {
        ("", ""),
        ("owner", "x"),
        ("team", "East"),
        ("segment", "(none)"),
        ("source", "(none)"),
    }
    assert labels[1] == {
        ("", ""),
        ("owner", "(none)"),
        ("team", "West"),
        ("segment", "s"),
        ("source", "(none)"),
    }
    assert not any(f.code == "closed_missing" for f in found.findings)


def test_a_first_period_without_closed_wins_is_flagged() -> None:
    late = {**DATA, "as_of": "2027-01-11", "periods": {"unit": "month", "count": 1}}
    flagged = [
        [f.code for f in compiled_whole({**late, "as_of": day}).findings] for day in ("2027-01-11", "2027-01-01")
    ]
    assert flagged == [["closed_missing", "earlier_wins_unknown"], ["earlier_wins_unknown"]]


def test_a_source_with_segment_shares_is_split_between_them() -> None:
    rate = {"per": "day", "mean": 4, "dispersion": 3}
    source = {"name": "web", "stage": "A", "rate": rate, "amount": 1, "segment": {"smb": 0.75, "big": 0.25}}
    changed = {"big": {"stages": {"A": {"conversion": 1.0}}}}
    ledger = simulate_ledger(funnel([stage("A", 0.5, 0)], [], leads=[source], segments=changed), sized(20_000))
    names = book_of(funnel([stage("A", 0.5, 0)], [], leads=[source], segments=changed)).groups
    smb, big = (ledger.wins[names.index(("segment", s)), 0].astype(float) for s in ("smb", "big"))
    np.testing.assert_array_equal(smb + big, ledger.wins[0, 0])
    assert_mean(smb, 30 * 4 * 0.75 * 0.5)
    assert_mean(big, 30 * 4 * 0.25)
    # the gamma factor of a day is shared: covariance = 30 days x mean x mean x Var(factor), shape 4 / (3 - 1)
    both = (smb - smb.mean()) * (big - big.mean())
    assert_mean(both, 30 * (4 * 0.75 * 0.5) * (4 * 0.25) / 2)
