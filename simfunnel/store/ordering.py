"""The order of the rows of a snapshot: its deals by their numbers, packed, where it is not that of the numbers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from simfunnel.arrays import Ints
from simfunnel.store.tables import snapshot


def packed_order(deals: Sequence[int]) -> bytes | None:
    """Order of the rows; None where it is that of the deals' numbers."""
    order = np.array(deals, dtype=np.int64)
    if np.all(order[1:] > order[:-1]):
        return None
    return zlib.compress(np.diff(order, prepend=0).astype("<i4").tobytes(), 9)


def order_of(connection: sa.Connection, number: int) -> Ints | None:
    """Deals in the order of the rows of a snapshot; None where it is that of their numbers.

    Parameters
    ----------
    number
        Of the snapshot.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    packed = connection.execute(sa.select(snapshot.c.ordering).where(snapshot.c.id == number)).scalar()
    if packed is None:
        return None
    try:
        steps = np.frombuffer(zlib.decompress(bytes(packed)), dtype="<i4")
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return np.cumsum(steps.astype(np.int64))
