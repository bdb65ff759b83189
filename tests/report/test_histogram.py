"""Bars of a distribution: none reaches below nothing where no value does, and the target is an edge."""

from __future__ import annotations

import re

import numpy as np
import pytest

from simfunnel.report.html.charts.distributions import distribution
from simfunnel.wording.numbers import money


def bars(values: np.ndarray, target: float | None) -> list[tuple[str, str]]:
    """Ends of the bars as a pointer shows them."""
    return re.findall(r"<title>(\S+) to (\S+): ", distribution(values, {}, target, "t", "d"))


@pytest.mark.parametrize("target", [None, 30_000.0, 400.0, 97_000.0])
def test_bars_begin_at_nothing_where_no_value_is_below(target: float | None) -> None:
    values = np.sort(np.concatenate([np.zeros(2000), np.linspace(0, 100_000, 8000)]))
    shown = bars(values, target)
    assert shown[0][0] == "0"
    assert not any(end.startswith("-") for bar in shown for end in bar)
    assert len(shown) < 52
    assert target is None or [low for low, _ in shown].count(money(target)) == 1


def test_values_below_nothing_are_shown() -> None:
    shown = bars(np.linspace(-50_000, 100_000, 10_000), 30_000.0)
    assert shown[0][0].startswith("-")
