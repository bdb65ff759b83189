"""Products over deals, leads bound by bound, sums of settled wins: fast paths against plain formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.book.evaluated import Evaluated
from simfunnel.engine.exact.book.pieces import OfPeriod, Piece
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.grid import grid as grids
from simfunnel.engine.exact.grid.spectrum import Spectrum
from simfunnel.engine.exact.kinds import BOOKINGS, CASH
from simfunnel.engine.exact.nodes.nodes import quasi_random
from simfunnel.engine.exact.nodes.shared import Part, _exact_quantile, _Quantiles
from simfunnel.engine.exact.sums import sums
from simfunnel.engine.exact.transforms.products import TOGETHER, from_blocks, in_blocks, multiply_deals
from simfunnel.engine.exact.wins.payments import CashTiming
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.engine.timing import timings
from simfunnel.families.beta import Beta
from simfunnel.families.lognormal.computed import level_lognormal
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.model import ALL
from tests.helpers import compiled, deals, funnel, stage


@pytest.mark.parametrize("outcomes", [1, 2, 3])
@pytest.mark.parametrize("deals_", [1, 4, 7])
@pytest.mark.parametrize("frequencies", [1, TOGETHER, 2 * TOGETHER + 5])
def test_products_are_the_plain_formula(outcomes: int, deals_: int, frequencies: int) -> None:
    rng = np.random.default_rng(3)
    psi = rng.normal(size=(5, frequencies)) + 1j * rng.normal(size=(5, frequencies))
    chance = rng.uniform(0, 1 / outcomes, (11, deals_, outcomes))
    chance[2], chance[3, 0] = 0.0, 0.0
    row = rng.integers(0, 5, (deals_, outcomes))
    table = in_blocks(psi.real, psi.imag)
    real, imaginary = np.full((11, frequencies), 0.5), np.full((11, frequencies), 0.25)
    multiply_deals(chance, row, table, real, imaginary)
    wanted = (0.5 + 0.25j) * np.prod(1.0 + np.einsum("ndr,drj->ndj", chance, psi[row]), axis=1)
    np.testing.assert_allclose(real + 1j * imaginary, wanted, rtol=1e-12, atol=1e-13)
    again = from_blocks(table, frequencies)
    assert np.array_equal(again[0] + 1j * again[1], psi)


LEADS = {"leads": [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 9, "dispersion": 3}}]}
PAID = {
    "payment_terms": [{"share": 0.4, "delay": 3}, {"share": 0.6, "delay": {"lognormal": {"median": 20, "p90": 45}}}]
}
WON = [("Closed Won", "2026-11-01", f"2026-12-0{i + 1}", 1000 + 37.11 * i) for i in range(4)]
OPEN = [("A", "2026-12-20", None, 500.0)] * 3


def test_leads_bound_by_bound_are_the_plain_integrals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where time stands still on weekends, and durations have an atom."""
    weekdays = {"clock": {"weekdays": [1, 1, 1, 1, 1, 0, 0]}}
    a = stage(
        "A", 0.5, {"mixture": [{"weight": 0.3, "fixed": 4}, {"weight": 0.7, "lognormal": {"median": 9, "p90": 25}}]}
    )
    model = compiled(funnel([a], deals(2), amount=700, **LEADS, **weekdays))
    plain = timings.timings_in_order(model, paces=np.array([0.8, 1.0, 1.3]))
    monkeypatch.setattr(timings, "MANY", 0)
    found = timings.timings_in_order(model, paces=np.array([0.8, 1.0, 1.3]))
    assert plain.timings.leads.sum() > 1
    np.testing.assert_allclose(found.timings.leads, plain.timings.leads, rtol=1e-10, atol=1e-12)
    assert 0 < found.error <= plain.error * (1 + 1e-9)  # the plain one looks at the law where its integral is used, too


@pytest.mark.parametrize("law", [Beta(30.0, 20.0), Beta(0.4, 0.7), level_lognormal(0.12)], ids=str)
def test_quantiles_by_score_are_as_exact_as_stated(law: object) -> None:
    table = _Quantiles(law)
    z = np.random.default_rng(5).uniform(-8.9, 8.9, 4000)
    np.testing.assert_allclose(table.read(z), _exact_quantile(law, z), rtol=1e-10)


def test_dispersed_leads_fall_no_faster_than_their_bound() -> None:
    model = compiled(
        funnel([stage("A", 0.6, 4)], deals(3, amount=700), amount={"gamma": {"mean": 900, "sd": 400}}, **LEADS)
    )
    part = Part.of_group(model, ALL)
    book, timing = Book(part, BOOKINGS), WinTiming(model)
    assert (book.rows.shape > 0).all()
    piece = Piece(book, (), OfPeriod(timing, 0), None)
    buckets = Buckets(20_000.0, 1 << 10)
    transforms, every, z = book.transforms(buckets), np.arange(buckets.frequencies), np.zeros((1, 0))
    e: Evaluated = piece.evaluate(z)
    whole, _ = Spectrum(book, transforms.at(every), every, book.smooth)(e.state, e.chances, e.leads, with_atoms=False)
    bound = grids._bound(piece, transforms, z)
    size = np.log(np.abs(whole[0]))
    assert np.all(size <= bound + 1e-9)
    assert bound.min() < -5  # and the bound says something


@pytest.mark.parametrize("smooth", [False, True])
def test_fixed_amounts_are_multiplied_point_by_point_and_never_tabulated(*, smooth: bool) -> None:
    """A thousand of them at all frequencies of a grid would be a gigabyte."""
    model = compiled(funnel([stage("A", 0.6, 4)], deals(3, amount=700)))
    book = Book(Part.of_group(model, ALL), BOOKINGS)
    piece = Piece(book, (), OfPeriod(WinTiming(model), 0), None)
    buckets = Buckets(100.0, 1 << 6)
    every = np.arange(buckets.frequencies)
    spectrum = Spectrum(book, book.transforms(buckets).at(every), every, np.full_like(book.smooth, smooth))
    assert len(spectrum.drawn_deals if smooth else spectrum.fixed_deals) == 3
    assert spectrum.table.rows.size == 0
    e = piece.evaluate(np.zeros((1, 0)))
    found, _ = spectrum(e.state, e.chances, e.leads, with_atoms=False)
    bucket = book.amounts.scale[book.deals[0, 0]] / buckets.width % buckets.size  # turns beyond the grid are rounding
    p, phi = float(e.chances[0, 0, 0]), np.exp(-2j * np.pi * bucket / buckets.size * every)
    np.testing.assert_allclose(found[0], (1 + p * (phi - 1)) ** 3, rtol=1e-12, atol=1e-14)


def test_settled_wins_are_listed_once_for_all_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    realization = {"triangular": {"low": 0.7, "mode": 1.0, "high": 1.1}}
    data = funnel([stage("A", 0.5, 20)], correlation={"market": 0.2}, **PAID)
    rows = pd.DataFrame(
        [(f"d{i}", *row) for i, row in enumerate([*OPEN, *WON])],
        columns=["Deal ID", "Stage", "Created Date", "Close Date", "Amount"],
    )
    ready = prepare({**data, "pipeline": {"realization": realization}}, pipeline=rows)
    model = ready.compiled((), ()).model
    part = Part.of_group(model, ALL)
    piece = Piece(Book(part, CASH), part.dimensions(money=True), OfPeriod(CashTiming(model), 0), None)
    nodes = quasi_random(len(piece.dimensions), 16, 1)
    found = sums.listed_sums([piece], nodes, 1e8)
    monkeypatch.setattr(sums, "_settled", lambda *_: None)
    plain = sums.listed_sums([piece], nodes, 1e8)
    assert found is not None
    assert plain is not None
    assert len(found.points) > 8
    np.testing.assert_array_equal(found.points, plain.points)
    np.testing.assert_allclose(found.atoms, plain.atoms, rtol=1e-12, atol=1e-16)
