"""Products over deals at the nodes: of 1 + sum of p (phi - 1) over the outcomes of each deal."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import fused_kernel

TOGETHER = 128
"""Frequencies of a block: its real parts, then its imaginary ones, so that a loop over them has few arrays to tell
apart, and is vectorised."""
_NODES = 8
"""Taken together, so that what is multiplied stays in the first-level cache."""


def blocks_of(frequencies: int) -> int:
    """Blocks that hold so many frequencies."""
    return -(-frequencies // TOGETHER)


def in_blocks(real: Floats, imaginary: Floats) -> Floats:
    """Lay rows (U, J) out in blocks: (U, blocks, 2 x TOGETHER), filled up with zeros."""
    U, J = real.shape
    result = np.zeros((U, blocks_of(J), 2, TOGETHER))
    whole = J // TOGETHER
    for part, values in enumerate((real, imaginary)):
        result[:, :whole, part] = values[:, : whole * TOGETHER].reshape(U, whole, TOGETHER)
        if whole * TOGETHER < J:
            result[:, whole, part, : J - whole * TOGETHER] = values[:, whole * TOGETHER :]
    return result.reshape(U, blocks_of(J), 2 * TOGETHER)


def from_blocks(rows: Floats, frequencies: int) -> tuple[Floats, Floats]:
    """Real and imaginary parts (U, J) of rows in blocks."""
    parts = rows.reshape(*rows.shape[:2], 2, TOGETHER)
    whole = np.moveaxis(parts, 2, 0).reshape(2, len(rows), rows.shape[1] * TOGETHER)
    return np.ascontiguousarray(whole[0, :, :frequencies]), np.ascontiguousarray(whole[1, :, :frequencies])


def multiply_deals(chance: Floats, row: Ints, table: Floats, out_real: Floats, out_imaginary: Floats) -> None:
    """Multiply (n, J) by the characteristic functions 1 + sum_r p_r (phi_r - 1) of D independent deals.

    Parameters
    ----------
    chance
        (n, D, R) chance of each outcome.
    row
        (D, R) row of each outcome in the table.
    table
        (U, blocks, 2 x TOGETHER) phi - 1, see `in_blocks`, of these frequencies and maybe more.
    out_real, out_imaginary
        (n, J) what is multiplied.
    """
    D, R = row.shape
    if R == 1 and D % 2:  # deals of one outcome go in pairs
        chance = np.concatenate([chance, np.zeros((len(chance), 1, 1))], axis=1)
        row = np.concatenate([row, row[-1:]])
    chance, row = np.ascontiguousarray(chance), np.ascontiguousarray(row)
    _multiply(chance, row, table, np.empty((_NODES, 2 * TOGETHER)), np.empty(2 * TOGETHER), out_real, out_imaginary)


@fused_kernel
def _multiply(
    chance: Floats, row: Ints, table: Floats, product: Floats, deal: Floats, out_real: Floats, out_imaginary: Floats
) -> None:
    n, D, R = chance.shape
    J = out_real.shape[1]
    for block in range(min(table.shape[1], -(-J // TOGETHER))):
        for t0 in range(0, n, len(product)):
            t1 = min(t0 + len(product), n)
            for t in range(t0, t1):
                w = product[t - t0]
                for j in range(TOGETHER):
                    w[j] = 1.0
                    w[TOGETHER + j] = 0.0
            if R == 1:
                for d in range(0, D, 2):
                    f, g = table[row[d, 0], block], table[row[d + 1, 0], block]
                    for t in range(t0, t1):
                        if chance[t, d, 0] > 0.0 or chance[t, d + 1, 0] > 0.0:
                            _by_two(chance[t, d, 0], f, chance[t, d + 1, 0], g, product[t - t0])
            elif R == 2:
                for d in range(D):
                    f, g = table[row[d, 0], block], table[row[d, 1], block]
                    for t in range(t0, t1):
                        if chance[t, d, 0] > 0.0 or chance[t, d, 1] > 0.0:
                            _by_either(chance[t, d, 0], f, chance[t, d, 1], g, product[t - t0])
            else:
                for d in range(D):
                    for t in range(t0, t1):
                        _by_any(chance[t, d], row[d], table, block, deal, product[t - t0])
            j0 = block * TOGETHER
            for t in range(t0, t1):
                a, b, w = out_real[t, j0 : j0 + TOGETHER], out_imaginary[t, j0 : j0 + TOGETHER], product[t - t0]
                for j in range(min(TOGETHER, J - j0)):
                    re = a[j] * w[j] - b[j] * w[TOGETHER + j]
                    b[j] = a[j] * w[TOGETHER + j] + b[j] * w[j]
                    a[j] = re


@fused_kernel
def _by_two(p: float, f: Floats, q: float, g: Floats, w: Floats) -> None:
    """Multiply by two deals of one outcome each."""
    for j in range(TOGETHER):
        c, e = 1.0 + p * f[j], p * f[TOGETHER + j]
        x, y = 1.0 + q * g[j], q * g[TOGETHER + j]
        u, v = c * x - e * y, c * y + e * x
        re = w[j] * u - w[TOGETHER + j] * v
        w[TOGETHER + j] = w[j] * v + w[TOGETHER + j] * u
        w[j] = re


@fused_kernel
def _by_either(p: float, f: Floats, q: float, g: Floats, w: Floats) -> None:
    """Multiply by a deal of two outcomes."""
    for j in range(TOGETHER):
        u = 1.0 + p * f[j] + q * g[j]
        v = p * f[TOGETHER + j] + q * g[TOGETHER + j]
        re = w[j] * u - w[TOGETHER + j] * v
        w[TOGETHER + j] = w[j] * v + w[TOGETHER + j] * u
        w[j] = re


@fused_kernel
def _by_any(chance: Floats, row: Ints, table: Floats, block: int, deal: Floats, w: Floats) -> None:
    """Multiply by a deal of any number of outcomes."""
    some = False
    for j in range(TOGETHER):
        deal[j] = 1.0
        deal[TOGETHER + j] = 0.0
    for r in range(len(chance)):
        if chance[r] <= 0.0:
            continue
        some = True
        p, f = chance[r], table[row[r], block]
        for j in range(2 * TOGETHER):
            deal[j] += p * f[j]
    if not some:
        return
    for j in range(TOGETHER):
        re = w[j] * deal[j] - w[TOGETHER + j] * deal[TOGETHER + j]
        w[TOGETHER + j] = w[j] * deal[TOGETHER + j] + w[TOGETHER + j] * deal[j]
        w[j] = re
