"""What is kept of a book at nodes is what would be computed there."""

from __future__ import annotations

import numpy as np

from simfunnel.engine.exact.book.evaluated import Evaluated
from simfunnel.engine.exact.book.pieces import OfPeriod, Piece, book_of
from simfunnel.engine.exact.kinds import BOOKINGS
from simfunnel.engine.exact.nodes.shared import Part
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL

SCENARIO = {
    "version": 1,
    "as_of": "2027-01-04",
    "periods": {"unit": "quarter", "count": 2},
    "stages": [
        {"name": "Proposal", "conversion": {"mean": 0.4, "n": 50}, "duration": {"lognormal": {"median": 20, "p90": 60}}}
    ],
    "pipeline": {"opportunities": [{"id": str(i), "stage": "Proposal", "age": i, "amount": 100} for i in range(5)]},
    "leads": [
        {"name": "inbound", "stage": "Proposal", "rate": {"per": "week", "mean": 2, "dispersion": 2}, "amount": 100}
    ],
    "correlation": {"market": 0.1},
    "pace": {"sd": 0.2},
}


def _piece() -> Piece:
    model = prepare(SCENARIO).model((), DIMENSIONS)
    part = Part.of_group(model, ALL)
    return Piece(book_of(part, BOOKINGS), part.dimensions(money=True), OfPeriod(WinTiming(model), 0), None)


def _same(a: Evaluated, b: Evaluated) -> None:
    np.testing.assert_allclose(a.chances, b.chances, rtol=1e-14)
    np.testing.assert_allclose(a.leads, b.leads, rtol=1e-14)
    np.testing.assert_allclose(a.state.win, b.state.win, rtol=1e-14)
    np.testing.assert_allclose(a.state.state.block.pace, b.state.state.block.pace, rtol=1e-14)
    np.testing.assert_allclose(a.state.state.block.probability, b.state.state.block.probability, rtol=1e-14)


def test_nodes_in_another_order_and_some_of_them() -> None:
    kept = _piece()
    z = np.random.default_rng(3).standard_normal((40, len(kept.dimensions)))
    kept.evaluate(z)
    for which in (slice(5, 17), np.random.default_rng(4).permutation(40)):
        _same(kept.evaluate(z[which]), _piece().evaluate(z[which]))


def test_nodes_are_computed_once() -> None:
    piece = _piece()
    z = np.random.default_rng(3).standard_normal((40, len(piece.dimensions)))
    first = piece.evaluate(z)
    assert piece.evaluate(z[::-1][:7]).chances.tobytes() == first.chances[::-1][:7].tobytes()
    assert np.shares_memory(piece.evaluate(z[3:9]).chances, first.chances)
    other = piece.evaluate(z + 1.0)
    assert not np.array_equal(other.chances, first.chances)


def test_no_more_is_kept_than_allowed() -> None:
    piece = _piece()
    z = np.random.default_rng(3).standard_normal((40, len(piece.dimensions)))
    piece.evaluations.largest = piece.evaluate(z).size
    more = piece.evaluate(z + 1.0)
    assert not np.shares_memory(piece.evaluate(z + 1.0).chances, more.chances)
