"""The state that a row tells: a stage, or an outcome."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, VOID, WON
from simfunnel.history.readers.standings import OPEN, UNCLEAR, outcome_codes
from simfunnel.history.stage_words import NO_STAGE

ENDS = (WON, LOST, VOID)
ONE_STAGE = "Open"


def state_codes(desk: Desk, rows: Bools) -> tuple[Ints, tuple[str, ...]]:
    """(rows,) stage or outcome of each row; negative numbers beyond those for rows that say neither."""
    column, words = desk.column("stage"), desk.words()
    if column is None:
        stages, names = np.zeros(len(rows), dtype=np.int64), words.stages or (ONE_STAGE,)
    else:
        stages, names = words.codes(column, rows)
    said = outcome_codes(desk, stages if column is not None else None)
    if said is None:
        return stages, names
    codes = np.where(np.isin(said, ENDS), said, stages)
    codes = np.where(np.isin(stages, ENDS) & (said == OPEN), stages, codes)
    unclear = rows & (said == UNCLEAR) & ~np.isin(stages, ENDS)
    desk.note("state_unclear", unclear)
    return np.where(unclear, NO_STAGE, codes), names
