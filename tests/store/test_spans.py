"""What held on each kept day, read in one pass, is what is read for each day by itself."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from simfunnel.store import Store
from simfunnel.store.rows import Rows
from simfunnel.store.snapshots import content_of_state, deal_names, keep_snapshot, snapshots, tell
from simfunnel.store.spans import swept, view_of
from simfunnel.store.versions import state_at

START = dt.date(2027, 1, 4)


def drawn(rng: np.random.Generator) -> Rows:
    there = np.flatnonzero(rng.random(8) < 0.6).tolist()
    rng.shuffle(there)
    fields = [f'["D{number}","{rng.integers(3)}"]' for number in there]
    return Rows(("id", "stage"), [f"D{number}" for number in there], [0] * len(there), fields)


@pytest.mark.parametrize("seed", range(6))
def test_one_pass_over_the_versions_tells_every_day_as_it_was_known(where: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    store = Store.open(where, make=True)
    for _ in range(12):
        day = START + dt.timedelta(days=int(rng.integers(7)))
        rows = drawn(rng)
        store.writing(lambda connection, day=day, rows=rows: keep_snapshot(  # type: ignore[misc]
            connection, 1, day, tell(connection, 1, "keep")[0], rows, source_hash=None, reading={}
        ))  # fmt: skip
    with store.reading() as connection:
        found = snapshots(connection, 1, corrected=True)
        spans, names = swept(connection, 1, found), deal_names(connection, 1)
        assert len(spans) > 1  # some days were told anew
        for one in found:
            day, view = one.valid_day.isoformat(), view_of(one)
            state = state_at(connection, 1, day, view)
            assert spans[view].deals_on(day).tolist() == sorted(state)
            assert spans[view].rows[day] == len(state) == one.rows
            assert spans[view].contents[day] == content_of_state(names, state) == one.content
