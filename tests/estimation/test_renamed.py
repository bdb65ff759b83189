"""A stage that goes on under another name is told, and one that is left for another stage is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.diagnosis.metrics import metrics
from simfunnel.estimation.renamed import renamed
from simfunnel.history.history import DAY, NEVER, Deals, History

from .exports import exported, read_back
from .made import made_history


def with_new_name(history: History, day: int) -> History:
    """As a change log has it: on a day all deals in Demo go to Trial, and later ones begin there."""
    s, at = history.spells, int(history.deals.created.min()) // DAY * DAY + day * DAY
    demo = s.stage == 0
    over = demo & (s.entered < at) & (s.left > at)
    after = over.nonzero()[0]
    stage = np.where(demo & (s.entered >= at), 2, s.stage)
    columns = {
        "deal": s.deal, "stage": stage, "entered": s.entered, "entered_before": s.entered_before,
        "left": np.where(over, at, s.left), "left_before": np.where(over, at, s.left_before),
        "to": np.where(over, 2, s.to),
    }  # fmt: skip
    other = {
        "deal": s.deal[after], "stage": np.full(len(after), 2), "entered": np.full(len(after), at),
        "entered_before": np.full(len(after), at), "left": s.left[after], "left_before": s.left_before[after],
        "to": s.to[after],
    }  # fmt: skip
    joined = {name: np.concatenate([columns[name], other[name]]) for name in columns}
    order = np.lexsort((joined["entered"], joined["deal"]))
    return replace(
        history, spells=type(s)(**{name: x[order] for name, x in joined.items()}), stages=("Demo", "Offer", "Trial")
    )


def test_a_new_name_is_told() -> None:
    made = with_new_name(made_history(days=240, per_day=4), 150)
    (found,) = renamed(made)
    assert found.code == "stage_renamed"
    assert (found.fields["old"], found.fields["new"]) == ("Demo", "Trial")
    assert "`history.stage_map: {Demo: Trial}`" in found.sentence
    assert [c.code for c in calibrate(made, unit="month", check=False).cautions].count("stage_renamed") == 1
    assert [c.code for c in metrics(made).cautions].count("stage_renamed") == 1


def test_dated_exports_tell_it_too() -> None:
    made = made_history(days=240, per_day=4)
    rows = exported(made)
    later = rows["Snapshot Date"] >= "2025-06-05"
    rows.loc[later & (rows["Stage"] == "Offer"), "Stage"] = "Proposal"
    told = read_back(rows, replace(made, stages=("Demo", "Offer", "Proposal")))
    assert [(f.fields["old"], f.fields["new"]) for f in renamed(told)] == [("Offer", "Proposal")]
    assert list(renamed(read_back(exported(made), made))) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stages_that_all_deals_pass_are_no_new_names(seed: int) -> None:
    made = made_history(days=200, seed=seed)
    assert list(renamed(made)) == []
    assert list(renamed(of_one_day(made))) == []


def of_one_day(history: History) -> History:
    """Deals that all came in on one day, none of which is left in Demo."""
    s, start = history.spells, int(history.deals.created.min())
    shift = history.deals.created - start
    moved = {name: np.where(x == NEVER, x, x - shift[s.deal]) for name, x in (("entered", s.entered), ("left", s.left))}
    born = history.deals.created - shift
    return replace(
        history, deals=Deals(history.deals.id, born, born),
        spells=replace(s, entered=moved["entered"], entered_before=moved["entered"], left=moved["left"],
                       left_before=moved["left"]),
    )  # fmt: skip
