"""The correction towards the run-rate: every final win probability times a factor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import deals, funnel, stage

from simfunnel.forecast import exact_forecast

from .conftest import Run


def mean_wins(factor: float | None, rate: float = 0.6) -> float:
    anchor = {} if factor is None else {"anchor": {"factor": factor, "spread": 0.5}}
    leads = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 7}, "amount": 1}]
    data = funnel([stage("A", rate, 0)], deals(10, age=0), leads=leads, **anchor)
    return float(exact_forecast(data).mean("total"))


@pytest.mark.parametrize(("factor", "rate", "expected"), [(0.5, 0.6, 0.5), (1.25, 0.6, 1.25), (3, 0.6, 1 / 0.6)])
def test_open_deals_and_leads_are_scaled_alike_and_end_at_certainty(
    factor: float, rate: float, expected: float
) -> None:
    assert mean_wins(factor, rate) == pytest.approx(expected * mean_wins(None, rate), rel=1e-9)


def periods(run: Run, *options: str) -> object:
    result = run("run", "scenario.yaml", "--json", "--trials", "500", *options)
    assert result.code == 0, result.err
    return json.loads(result.out)["periods"]


def test_it_can_be_left_out(folder: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text("utf-8")
    plain = periods(run)
    Path("scenario.yaml").write_text(text + "anchor: {factor: 0.5}\n", "utf-8")
    assert periods(run) != plain
    assert periods(run, "--no-anchor") == plain
