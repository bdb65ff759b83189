"""A segment that states odds is the segment with its rates written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import JIT, LONG_IN_PYTHON, compiled, compiled_whole, funnel, simulate_ledger, stage

from engine.test_twin import BOOK, GENERAL, LEADS, LINEAR, TWO, UNCERTAIN, WIN_RATES
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare

SEGMENTED = [{**deal, "segment": "s"} for deal in BOOK[:5]] + BOOK[5:]
SOURCES = [{**LEADS[0], "segment": "s"}, {**LEADS[0], "name": "other"}]


def with_segment(stages: list[dict[str, Any]], changes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return funnel(stages, SEGMENTED, **TWO, leads=SOURCES, segments={"s": {"stages": changes}}, **rest)


def at_odds(p: float, odds: float) -> float:
    return p * odds / (1 - p + p * odds)


def same(stated: dict[str, Any], written: dict[str, Any]) -> None:
    one, other = (compiled(data).funnels for data in (stated, written))
    assert one.probability == pytest.approx(other.probability, abs=1e-14)
    assert one.win_rate == pytest.approx(other.win_rate, abs=1e-14)
    if not JIT:  # the exact engine in plain Python takes minutes
        return
    forecasts = [exact_forecast(prepare(data), groups=()) for data in (stated, written)]
    for k in range(3):
        first, second = ([f.mean(k), f.quantile(0.1, k), f.quantile(0.9, k)] for f in forecasts)
        assert first == pytest.approx(second, rel=1e-12)


def test_odds_of_conversions_are_the_conversions_written_out() -> None:
    stated = with_segment(LINEAR, {"A": {"odds": 1.6}, "B": {"odds": 0.5, "duration": 4}})
    p, q = LINEAR[0]["conversion"], LINEAR[1]["conversion"]
    written = {"A": {"conversion": at_odds(p, 1.6)}, "B": {"conversion": at_odds(q, 0.5), "duration": 4}}
    same(stated, with_segment(LINEAR, written))


def test_odds_of_transitions_move_the_ways_forward_and_leave_those_back() -> None:
    a, b, c = (stage["transitions"] for stage in GENERAL)
    on_a, on_b, on_c = at_odds(0.6, 2), at_odds(0.5, 1.4), at_odds(0.6, 0.5)
    # Lost and what never ends share what is left; a way to the stage itself is one back
    written = {
        "A": [on_a * 0.75, on_a / 6, on_a / 12, 1 - on_a],
        "B": [on_b, 0.15, 0.1, 0.75 - on_b],
        "C": [on_c, 0.1, 0.9 - on_c - 0.1, 0.1],
    }
    changes = {
        name: {"transitions": [{**way, "probability": p} for way, p in zip(ways, written[name], strict=True)]}
        for name, ways in (("A", a), ("B", b), ("C", c))
    }
    stated = with_segment(GENERAL, {"A": {"odds": 2}, "B": {"odds": 1.4}, "C": {"odds": 0.5}})
    same(stated, with_segment(GENERAL, changes))


def test_lost_deals_and_those_that_never_end_share_what_is_left() -> None:
    ways = [("Won", 0.5, 3), ("Lost", 0.3, 5), ("Lost", 0.2, "never")]

    def stages(probabilities: list[float]) -> list[dict[str, Any]]:
        return [{"to": to, "probability": p, "duration": d} for (to, _, d), p in zip(ways, probabilities, strict=True)]

    base = [{"name": name, "transitions": stages([0.5, 0.3, 0.2])} for name in "ABC"]
    won = at_odds(0.5, 3)
    written = {"A": {"transitions": stages([won, (1 - won) * 0.6, (1 - won) * 0.4])}}
    same(with_segment(base, {"A": {"odds": 3}}), with_segment(base, written))


def test_odds_of_win_rates_are_those_of_the_conversion_that_they_imply() -> None:
    rates = [{**s, "win_rate": mean} for s, mean in zip(WIN_RATES, (0.2, 0.4, 0.8), strict=True)]
    plain = [
        {**{k: v for k, v in s.items() if k != "win_rate"}, "conversion": p}
        for s, p in zip(WIN_RATES, (0.5, 0.5, 0.8), strict=True)
    ]
    changes = {"B": {"odds": 1.7}}
    same(with_segment(rates, changes), with_segment(plain, changes))


@LONG_IN_PYTHON
@pytest.mark.parametrize("stages", [UNCERTAIN, [{**s, "n": 15} for s in GENERAL]], ids=["conversions", "transitions"])
def test_odds_share_the_draw_of_all_deals_and_are_the_shift_of_that_name(stages: list[dict[str, Any]]) -> None:
    """Trial by trial, bit by bit: nothing is drawn for the segment alone, and shifts come on top."""
    plain = {**with_segment(stages, {}), "segments": {}}
    stated = with_segment(stages, {"B": {"odds": 1.25}})
    assert len(compiled(stated).rates.table) == len(compiled(plain).rates.table)
    later = [{"path": "conversion[stage=B]", "scale": 0.9}]
    first = [{"path": "conversion[stage=B,segment=s]", "odds": 1.25}]
    for moves, others in (([], first), (later, first + later)):
        one, other = simulate_ledger(stated, 400, shifts=moves), simulate_ledger(plain, 400, shifts=others)
        assert np.array_equal(one.open, other.open)
        assert np.array_equal(one.new, other.new)


def test_a_stage_without_losses_loses_what_odds_take() -> None:
    sure = [stage("A", 0.5, 2), {"name": "B", "transitions": [{"to": "Won", "probability": 1, "duration": 3}]}]
    deals = [{"id": "1", "stage": "B", "age": 0, "amount": 1, "segment": "s"}]
    data = funnel(sure, deals, segments={"s": {"stages": {"B": {"odds": 0.1}}}})
    assert compiled(data).win_rate.tolist() == [1.0]  # the odds of what is certain are without end
    back = [{"to": "B", "probability": 0.4, "duration": 3}, {"to": "Won", "probability": 0.6, "duration": 3}]
    data["stages"][1]["transitions"] = back
    on = at_odds(0.6, 0.1)
    assert compiled(data).win_rate == pytest.approx([on / 0.6])


def test_odds_that_leave_no_room_for_ways_back_are_told() -> None:
    data = with_segment(GENERAL, {"B": {"odds": 50}})
    assert [finding.code for finding in compiled_whole(data).findings] == ["conversion_capped"]


def test_what_else_a_segment_says_of_a_stage_leaves_its_draw_shared() -> None:
    stages = [{**s, "n": 15} for s in GENERAL]
    aged = with_segment(stages, {"A": {"age": {"uniform": {"low": 1, "high": 9}}}})
    assert len(compiled(aged).rates.table) == len(compiled({**aged, "segments": {}}).rates.table)
