"""Transforms of drawn amounts: tables of characteristic functions against closed forms and against the grid itself."""

from dataclasses import replace

import numpy as np
import pytest

from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.grid.spectrum import _joined
from simfunnel.engine.exact.kinds import BOOKINGS
from simfunnel.engine.exact.nodes.shared import Part
from simfunnel.engine.exact.transforms.characteristic import on_grid
from simfunnel.families.changed import Scaled
from simfunnel.families.empirical.computed import StepECDF
from simfunnel.families.gamma.computed import Gamma
from simfunnel.families.lognormal.computed import Lognormal
from simfunnel.families.mixture.computed import Mixture
from simfunnel.families.triangular.computed import Triangular
from simfunnel.families.uniform.computed import Uniform
from simfunnel.funnel.model import ALL
from tests.helpers import CENTS, compiled, deals, funnel, stage

BUCKETS = Buckets(0.01, 1 << 14)
EVERY = np.arange(BUCKETS.frequencies)


def hat(buckets: Buckets) -> np.ndarray:
    return np.sinc(np.arange(buckets.frequencies) / buckets.size) ** 2


@pytest.mark.parametrize("scale", [3.7, 11.0, 30.0])
def test_a_gamma_law_has_its_closed_form(scale):
    table = on_grid(Gamma(3.0, 0.5), BUCKETS, scale, scale)
    assert table is not None
    w = 2 * np.pi / (BUCKETS.width * BUCKETS.size) * EVERY
    expected = hat(BUCKETS) * (1 + 1j * 0.5 * scale * w) ** -3.0
    assert np.abs(table.read(scale, EVERY) - expected).max() < 1e-8


def test_a_uniform_law_has_its_closed_form():
    buckets, scale = Buckets(0.001, 1 << 17), 100.0
    every = np.arange(buckets.frequencies)
    table = on_grid(Uniform(0.5, 0.9), buckets, scale, scale)
    assert table is not None
    s = scale * 2 * np.pi / (buckets.width * buckets.size) * every
    expected = hat(buckets) * np.exp(-0.7j * s) * np.sinc(0.2 * s / np.pi)
    # the table is of the law laid out on points, whose transform repeats itself: an eleventh of what is beyond
    assert np.abs(table.read(scale, every) - expected).max() < 1e-5
    assert np.abs(table.read(scale, every) - expected)[: len(every) // 16].max() < 1e-8


@pytest.mark.parametrize(
    ("d", "scale"),
    [
        (Triangular(0.75, 1.0, 1.05), 30.0),
        (Triangular(0.75, 1.0, 1.05), 47.3),
        (Lognormal(0.1, 0.5), 0.9),
        (Lognormal(0.1, 0.5), 2.0),
        (Scaled(Gamma(4.0, 0.25), 3.0), 2.0),
    ],
    ids=str,
)
def test_masses_are_those_of_the_law_laid_out(d, scale):
    table = on_grid(d, BUCKETS, 0.99 * scale, 1.01 * scale)
    assert table is not None
    read = np.fft.irfft(table.read(scale, EVERY), BUCKETS.size)
    laid_out = np.fft.irfft(BUCKETS.distribution_transform(d, scale), BUCKETS.size)
    assert np.abs(np.cumsum(read - laid_out)).max() < 2e-6
    assert read.sum() == pytest.approx(1.0, abs=1e-12)
    assert read @ np.arange(BUCKETS.size) * BUCKETS.width == pytest.approx(scale * d.mean, rel=1e-8)


@pytest.mark.parametrize(
    ("d", "scale", "echoes", "error"),
    [
        (Lognormal(0.1, 0.5), 0.1, 2, 1e-7),
        (Gamma(4.0, 0.25), 0.1, 3, 1e-6),
        (Triangular(0.75, 1.0, 1.05), 0.9, 1, 3e-5),
    ],
    ids=str,
)
def test_a_law_rough_on_its_grid_is_read_with_its_echoes(d, scale, echoes, error):
    table = on_grid(d, BUCKETS, scale, scale)
    assert table is not None
    assert table.echoes == echoes
    laid_out = BUCKETS.distribution_transform(d, scale)
    assert np.abs(table.read(scale, EVERY) - laid_out).max() < error
    assert np.abs(replace(table, echoes=0).read(scale, EVERY) - laid_out).max() > 2 * error


@pytest.mark.parametrize(
    "d",
    [
        StepECDF.of([1.0, 2.0, 5.0]),  # atoms do not decay
        Mixture((0.5, 0.5), (StepECDF.of([1.0]), Lognormal(0.0, 0.5))),
        Gamma(0.3, 1.0),  # too steep at 0 for any grid
        Uniform(0.0, 1.0),  # begins at 0 with a step
        Lognormal(0.0, 3.0),  # would need too long a table
    ],
    ids=["steps", "mixture", "steep", "from 0", "long"],
)
def test_a_law_that_no_table_serves_is_laid_out(d):
    assert on_grid(d, BUCKETS, 10.0, 10.0) is None


def test_a_law_narrow_beside_a_bucket_is_laid_out():
    assert on_grid(Triangular(0.75, 1.0, 1.05), Buckets(10.0, 1 << 12), 3.0, 3.0) is None


def test_frequencies_may_be_any_rising_ones():
    table = on_grid(Lognormal(0.0, 0.5), BUCKETS, 2.0, 2.0)
    assert table is not None
    some = np.array([0, 1, 63, 64, 65, 1000, 1023, 1024, 5000, 8192])
    assert np.array_equal(table.read(2.0, some), table.read(2.0, EVERY)[some])


REALIZED = {
    "smooth": {"triangular": {"low": 0.7, "mode": 1.0, "high": 1.1}},
    "few values": {"empirical": [0.5, 1.0, 1.0]},
    "fixed": 1.0,
}


@pytest.mark.parametrize("realization", REALIZED.values(), ids=REALIZED.keys())
def test_the_fall_of_a_book_is_known(realization):
    listed = [deal for k in range(12) for deal in deals(1, f"d{k}_", amount=900 + 137 * k * k)]
    model = compiled(funnel([stage()], listed, pipeline={"realization": realization}))
    book = Book(Part.of_group(model, ALL), BOOKINGS)
    buckets = Buckets(10.0 * CENTS, 1 << 12)
    transforms, every = book.transforms(buckets), np.arange(buckets.frequencies)
    weight = np.linspace(0.1, 1.0, len(book.amounts))
    real, imaginary = np.zeros((2, len(weight), len(every)))
    transforms.at(every).fill(np.arange(len(weight)), every, real, imaginary)
    true, bound = -weight @ real, transforms.decay(weight)
    assert np.all(bound <= true + 1e-3 * weight.sum())
    assert np.allclose(bound[:512], true[:512], atol=1e-9)  # where every frequency is looked at
    if realization == REALIZED["smooth"]:
        assert bound[1500:].min() > 0.9 * weight.sum()


def test_outcomes_that_add_the_same_are_one():
    rng = np.random.default_rng(5)
    chances = rng.random((4, 3, 3)) / 3
    rows = np.array([[2, 2, 0], [5, 5, 1], [7, 7, 7]])
    joined, numbers = _joined(chances, rows)
    assert numbers.shape == (3, 2)
    x = rng.random(8)
    assert np.allclose((chances * x[rows]).sum(axis=2), (joined * x[numbers]).sum(axis=2), rtol=1e-14)
