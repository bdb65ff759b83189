"""What a prepared scenario keeps is never out of date."""

from __future__ import annotations

import dataclasses
import pickle
import threading
from typing import Any

import numpy as np
import pytest
from helpers import deals, funnel, sized, stage

from simfunnel.engine.run.recent import Recent
from simfunnel.forecast import Forecast, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.scenario.schema import Shift

DURATION = {"lognormal": {"median": 14, "p90": 40}}
AMOUNT = {"lognormal": {"mu": 4, "sigma": 1}}
BOOK = [
    {"id": f"d{i}", "stage": "AB"[i % 2], "owner": f"o{i % 3}", **({"age": 3.0 * i} if i % 4 else {}),
     **({"amount": 100 + i} if i % 5 else {})}
    for i in range(24)
]  # fmt: skip
LEADS = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 5}, "amount": AMOUNT}]
DATA = funnel(
    [stage("A", 0.6, DURATION, lost_duration={"exponential": 30}), stage("B", 0.7, DURATION)],
    BOOK, leads=LEADS, correlation={"market": 0.1, "owner": 0.1}, pace={"sd": 0.1}, amount=AMOUNT,
    amount_level={"sd": 0.1},
    targets=[{"period": "total", "amount": 1000}],
)  # fmt: skip
MOVES: list[list[dict[str, Any]]] = [
    [],
    [{"path": "win_rate", "scale": 0.9}],
    [{"path": "win_rate", "scale": 0.8}],
    [{"path": "win_rate[owner=o1]", "scale": 0.8}],
    [{"path": "conversion", "scale": 0.9}],
    [{"path": "conversion[stage=B]", "odds": 0.9}],
    [{"path": "duration", "scale": 1.2}],
    [{"path": "duration[stage=B,owner=o2]", "add": 4}],
    [{"path": "amount", "scale": 1.1}],
    [{"path": "amount_level.sd", "set": 0.3}],
    [{"path": "correlation.market", "set": 0.3}],
    [{"path": "correlation.owner", "set": 0}],
    [{"path": "pace.sd", "set": 0.2}],
    [{"path": "pace.sd", "set": 0}],
    [{"path": "leads.rate", "scale": 2}],
    [{"path": "pipeline.tail", "set": 0.2}],
    [{"path": "win_rate", "scale": 0.9}, {"path": "amount", "scale": 1.1}],
    [{"path": "amount", "scale": 1.1}, {"path": "win_rate", "scale": 0.9}],
]


def shifts(moves: list[dict[str, Any]]) -> list[Shift]:
    return [Shift.model_validate(move) for move in moves]


def assert_same(a: Forecast, b: Forecast) -> None:
    np.testing.assert_array_equal(a.samples.open, b.samples.open)
    np.testing.assert_array_equal(a.samples.new, b.samples.new)
    np.testing.assert_array_equal(a.samples.wins, b.samples.wins)
    assert a.provenance == b.provenance
    assert a.groups == b.groups
    assert a.implied == b.implied
    assert a.to_dict() == b.to_dict()


@pytest.mark.parametrize("kernel", ["outcomes", "paths"])
def test_a_forecast_again_is_the_one_of_a_scenario_read_anew(kernel: str) -> None:
    ready = prepare(DATA)
    n = sized(600)
    seen = []
    for moves in [*MOVES, *MOVES[::-1], *MOVES[:3]]:  # there and back, so that some are kept and some were dropped
        kept = simulate(ready, shifts=shifts(moves), trials=n, kernel=kernel)
        anew = simulate(DATA, shifts=shifts(moves), trials=n, kernel=kernel)
        assert_same(kept, anew)
        seen.append(kept.provenance.sha256)
    assert len(set(seen)) == len(MOVES)
    for seed in (1, 2, 1):
        assert_same(
            simulate(ready, seed=seed, trials=n, kernel=kernel), simulate(DATA, seed=seed, trials=n, kernel=kernel)
        )
    for groups in ((), ("owner",), ("owner", "source")):
        assert_same(
            simulate(ready, groups=groups, trials=n, kernel=kernel),
            simulate(DATA, groups=groups, trials=n, kernel=kernel),
        )


def test_scenarios_do_not_share_what_they_keep() -> None:
    a, b = prepare(DATA), prepare({**DATA, "as_of": "2027-01-02"})
    assert simulate(a, trials=50).as_of != simulate(b, trials=50).as_of
    assert simulate(a, trials=50).provenance.sha256 != simulate(b, trials=50).provenance.sha256


def test_the_law_is_made_once_for_shifts_that_leave_the_timing_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from simfunnel.engine.timing import timings

    made = []
    whole = timings.timings_in_order
    monkeypatch.setattr(timings, "timings_in_order", lambda *a, **k: made.append(1) or whole(*a, **k))  # type: ignore[func-returns-value]
    ready = prepare(DATA)
    # a conversion leaves it alone too: in this funnel each stage has one exit towards Won
    for moves in ([], MOVES[1], MOVES[2], MOVES[4], MOVES[8], MOVES[10], MOVES[14], []):
        simulate(ready, shifts=shifts(moves), trials=50)
    assert len(made) == 1
    simulate(ready, shifts=shifts(MOVES[6]), trials=50)
    simulate(ready, shifts=shifts(MOVES[12]), trials=50)
    assert len(made) == 3


def test_the_oldest_result_goes_first_and_failures_are_not_kept() -> None:
    recent = Recent(2)
    assert [recent.get(key, lambda key=key: key * 2) for key in "abab"] == ["aa", "bb", "aa", "bb"]
    assert recent.get("c", lambda: "new") == "new"
    assert recent.get("b", lambda: "again") == "bb"
    assert recent.get("a", lambda: "again") == "again"
    assert len(recent) == 2

    def fail() -> str:
        raise ValueError

    with pytest.raises(ValueError):
        recent.get("z", fail)
    assert recent.get("z", lambda: "now") == "now"
    assert len(pickle.loads(pickle.dumps(recent))) == 0


def test_several_threads_may_forecast_from_one_prepared_scenario() -> None:
    ready = prepare(DATA)
    expected = [simulate(DATA, shifts=shifts(moves), trials=200).mean("total") for moves in MOVES[:6]]
    found: list[float] = [0.0] * 6

    def work(i: int) -> None:
        found[i] = simulate(ready, shifts=shifts(MOVES[i]), trials=200, threads=1).mean("total")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_a_changed_copy_of_a_prepared_scenario_starts_with_nothing_kept() -> None:
    # kept under the shifts alone, a model of the original would pass for one of the copy
    first = prepare(funnel([stage("A", 0.4, 1)], deals(3)))
    first.model((), ())
    second = dataclasses.replace(first, table=prepare(funnel([stage("A", 0.4, 1)], deals(5))).table)
    assert (len(first.model((), ()).deals.stage), len(second.model((), ()).deals.stage)) == (3, 5)
