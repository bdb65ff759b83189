"""Transforms of leads: polynomials and series of dispersed units are the plain formula."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.arrays import Floats
from simfunnel.engine.exact.transforms.compound import FREQUENCIES_TOGETHER, LeadCells, less_one, multiply_leads

NODES, FREQUENCIES = 3, 2 * FREQUENCIES_TOGETHER + 17


@pytest.fixture
def turning() -> Floats:
    """phi - 1 of three amounts, (3, J); the second never dies out, so that it takes every value up to 2."""
    w = np.linspace(0.0, 40.0, FREQUENCIES)
    return np.stack([1.0 / (1.0 + 1j * w) - 1.0, np.exp(-1j * w) - 1.0, np.exp(-2j * w - 0.1 * w) - 1.0])


def _plain_formula(leads: Floats, kinds: Floats, unit: Floats, shape: Floats, psi: Floats) -> Floats:
    """exp of the sum over rows that are not dispersed, times (1 - x / k)^-k of each dispersed unit."""
    x = np.einsum("nrk,nrkj->nrj", leads, psi[:, kinds])
    result = np.exp(x[:, shape <= 0].sum(axis=1))
    for u in np.unique(unit[shape > 0]):
        k = shape[unit == u][0]
        result = result * (1.0 - x[:, unit == u].sum(axis=1) / k) ** -k
    return result


@pytest.mark.parametrize("shape", [0.3, 2.0, 60.0])
@pytest.mark.parametrize("most", [0.01, 3.0])
def test_units_are_the_plain_formula(turning: Floats, shape: float, most: float) -> None:
    """Units of one amount, of several, with much and with little dispersion; and rows without any."""
    rng = np.random.default_rng(7)
    kinds = np.array([[0, 2], [0, 2], [0, 2], [1, 1], [1, 1], [1, 1], [2, 2], [1, 0]])
    unit = np.array([0, 1, 2, 0, 3, 4, 5, 6])
    shapes = np.array([shape, shape, 2 * shape, shape, shape, 3 * shape, 0.0, 0.0])
    leads = rng.uniform(0.0, most, (NODES, len(unit), 2))
    leads[1, 4] = 0.0  # nothing of this unit at one node
    level = rng.uniform(0.5, 1.0, (NODES, 1))
    by_node = level * turning[2]  # the third amount depends on the node
    cells = LeadCells.of_rows(kinds, unit, shapes)
    psi = less_one(
        np.array([-1, -1, 0]), turning.real.copy(), turning.imag.copy(),
        (by_node.real[:, None].copy(), by_node.imag[:, None].copy()),
    )  # fmt: skip
    real, imaginary = np.full((NODES, FREQUENCIES), 0.5), np.full((NODES, FREQUENCIES), 0.25)
    multiply_leads(*cells.expected(leads), psi, real, imaginary)
    at_nodes = np.stack([np.stack([turning[0], turning[1], row]) for row in by_node])
    wanted = (0.5 + 0.25j) * _plain_formula(leads, kinds, unit, shapes, at_nodes)
    np.testing.assert_allclose(real + 1j * imaginary, wanted, rtol=1e-12, atol=1e-14)
