"""Laws as points: the same chances at every edge, atoms where they are, nothing lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simfunnel.estimation.laws import FINE_TO, quantile_points
from simfunnel.families.build import build_distribution
from simfunnel.families.distribution import Distribution

ages = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 400), st.integers(0, 60).map(float)), min_size=1, max_size=80)


@given(ages)
def test_every_edge_has_the_share_that_left_before_it(values: list[float]) -> None:
    age, counts = np.unique(values, return_counts=True)
    mass = counts / len(values)
    points = quantile_points(age, mass, digits=9)
    law = build_distribution(Distribution.model_validate({"empirical": {"quantiles": points}}))
    step = 1.0 if np.allclose(age, np.rint(age)) else 0.5
    for edge in np.arange(step, FINE_TO + 0.1, step):
        before = mass[age < edge].sum()
        assert abs((1 - float(law.sf(np.array(edge)))) - before) < 1e-6, (edge, points)
    assert float(law.sf(np.array(age.max() + 31))) == 0


def test_who_leaves_at_once_is_an_atom() -> None:
    points = quantile_points(np.array([0.0, 0.0002, 3.2]), np.array([0.2, 0.1, 0.3]))
    assert points[0] == [0.5, 0.0]
    assert points[-1][0] == 1.0


def test_steps_with_few_exits_are_joined_beyond_the_fine_ones() -> None:
    age = np.arange(46.0, 400.0, 2)
    mass = np.full(len(age), 1 / len(age))
    few, many = (len(quantile_points(age, mass, pooled=pooled)) for pooled in (0.2, 0.0))
    assert few < many / 3


def test_days_are_not_cut_in_halves_where_only_days_are_known() -> None:
    whole = quantile_points(np.array([1.0, 2.0, 5.0]), np.array([0.2, 0.2, 0.6]))
    assert [0.2, 2.0] in whole
    assert [0.2, 1.5] not in whole
