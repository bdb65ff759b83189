"""A forecast that keeps sums and counts says what the one that keeps its trials says."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfunnel import InputError
from simfunnel.engine.summary import counted as counted_columns
from simfunnel.engine.summary.counted import CountedColumn
from simfunnel.engine.summary.tally import Tally
from simfunnel.forecast import Forecast, counting, simulate
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.estimates import wanted_ranks
from simfunnel.forecast.of_group import of_group
from simfunnel.forecast.storage import write_arrays
from simfunnel.planning.compare.compare import compare
from simfunnel.shown import face_of

SAMPLE = "scenarios/b2b_software/scenario.yaml"
FIXED = {
    "version": 1,
    "as_of": "2027-01-04",
    "periods": {"unit": "quarter", "count": 2},
    "stages": [{"name": "Proposal", "conversion": 0.6, "duration": {"fixed": 20}}],
    "pipeline": {"opportunities": [
        {"id": f"D{i}", "stage": "Proposal", "stage_entered": "2027-01-01", "amount": 10.0 ** (1 + i)} for i in range(6)
    ]},
    "targets": [{"period": "2027-Q1", "amount": 2000}, {"period": "total", "amount": 1e9}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FEWEST", 700)
    monkeypatch.setattr(counting, "MOST", 700)


def both(scenario: object, trials: int) -> tuple[Forecast, Forecast]:
    held, counted = simulate(scenario, trials=trials), simulate(scenario, trials=trials, samples=False)  # type: ignore[arg-type]
    assert isinstance(counted.known, Counted)
    return held, counted


def same(a: object, b: object, at: str = "") -> int:
    """Numbers that were compared: errors and spreads to 1e-12 of themselves, all others to the bit."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert list(a) == list(b), at
        return sum(same(a[key], b[key], f"{at}/{key}") for key in a)
    if isinstance(a, list) and isinstance(b, list):
        assert len(a) == len(b), at
        return sum(same(x, y, f"{at}/{i}") for i, (x, y) in enumerate(zip(a, b, strict=True)))
    if isinstance(a, float) and at.endswith(("stderr", "/sd")):
        assert b == pytest.approx(a, rel=1e-12), at
    else:
        assert a == b, at
    return 1


@pytest.mark.parametrize(("scenario", "trials"), [(SAMPLE, 5_000), (FIXED, 3_001), (FIXED, 699), (FIXED, 701)])
def test_every_number_is_that_of_the_trials(scenario: object, trials: int) -> None:
    held, counted = both(scenario, trials)
    assert same(face_of(held).keys(), face_of(counted).keys()) > 50


def test_one_trial_has_no_spread() -> None:
    held, counted = both(FIXED, 1)
    assert counted.summary.overall.total.bookings.mean == held.summary.overall.total.bookings.mean
    assert np.isnan(counted.summary.overall.total.bookings.sd)


def test_any_quantile_is_off_by_a_bucket_at_most() -> None:
    held, counted = both(SAMPLE, 4_000)
    q = np.linspace(0.005, 0.995, 199)
    near, exact = counted.quantiles(q), held.quantiles(q)
    assert np.all(np.diff(near) >= 0)
    spread = float(exact[-1] - exact[0])
    assert np.max(np.abs(near - exact)) < 1e-3 * spread


COLUMN = st.lists(
    st.one_of(st.integers(-3, 3), st.integers(-(2**61), 2**61), st.just(0)), min_size=1, max_size=200
)  # fmt: skip


@given(COLUMN, st.integers(1, 50), st.booleans())
@settings(max_examples=150, deadline=None)
def test_order_statistics_of_any_column_read_in_parts(values: list[int], pilot: int, reverse: bool) -> None:
    column = np.array(values[::-1] if reverse else values, dtype=np.int64)
    counted = CountedColumn(column[:pilot], len(column))
    parts = np.array_split(column, min(3, len(column)))
    for part in parts:
        counted.add(part)
    ranks = wanted_ranks(len(column))
    if counted.want(ranks):
        for part in parts:
            counted.look(part)
        counted.finish()
    np.testing.assert_array_equal(counted.order_statistics(ranks), np.sort(column)[ranks])


@given(COLUMN, COLUMN)
def test_sums_are_exact_and_can_be_added_in_any_order(a: list[int], b: list[int]) -> None:
    x, y = (Tally.of(np.array(values, dtype=np.int64)) for values in (a, b))
    together = Tally(len(a + b), sum(a + b), sum(v * v for v in a + b), min(a + b), max(a + b))
    assert x + y == y + x == together


def test_a_tail_beyond_the_pilot_is_found() -> None:
    rng = np.random.default_rng(7)
    column = np.concatenate([rng.integers(0, 1000, 500), rng.integers(10**9, 10**12, 20_000)])
    counted = CountedColumn(column[:500], len(column))
    counted.add(column)
    ranks = wanted_ranks(len(column))
    assert counted.want(ranks)
    counted.look(column)
    counted.finish()
    np.testing.assert_array_equal(counted.order_statistics(ranks), np.sort(column)[ranks])


def test_memory_does_not_grow_with_the_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted_columns, "MOST_WAITING", 512)

    def peak(trials: int) -> int:
        tracemalloc.start()
        try:
            simulate(FIXED, trials=trials, samples=False)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2_800)
    assert peak(28_000) < peak(2_800) + 25_200 * 4  # bytes; held, a trial of two periods takes 40


def test_what_takes_trials_is_refused() -> None:
    _, counted = both(FIXED, 2_000)
    asked = {"samples": "with samples", "bookings": "with samples", "samples_frame": "with samples"}
    for name, instead in asked.items():
        with pytest.raises(InputError, match=instead):
            getattr(counted, name)()
    with pytest.raises(InputError, match="keep the samples"):
        counted.p_attain(1234.0)
    with pytest.raises(InputError, match="with samples"):
        write_arrays(counted, Path("nowhere"))


def test_a_comparison_takes_the_two_for_independent() -> None:
    held, counted = both(FIXED, 2_000)
    found = compare(counted, held).others[0]
    assert not found.paired
    assert found.periods[0].difference.mean.mean == 0.0
    assert found.periods[0].difference.mean.stderr > 0.0


def test_a_group_alone() -> None:
    scenario = {**FIXED, "pipeline": {"opportunities": [
        {**deal, "owner": f"O{i % 2}"} for i, deal in enumerate(FIXED["pipeline"]["opportunities"])  # type: ignore[index]
    ]}}  # fmt: skip
    held, counted = both(scenario, 1_500)
    one, other = (of_group(f, ("owner", "O1"), 3) for f in (held, counted))
    assert same(face_of(one).keys(), face_of(other).keys()) > 50
