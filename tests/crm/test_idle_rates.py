"""A rate that cannot act is said: it is usually one that was meant for another currency."""

from __future__ import annotations

import pytest
from helpers import deals, funnel, stage

from simfunnel.forecast.inputs import prepare


@pytest.mark.parametrize(
    ("rates", "said"), [({"USD": 1.3}, 1), ({"US Dollar": 0.9, "EUR": 1.1}, 1), ({"USD": 1}, 0), ({"EUR": 1.1}, 0)]
)
def test_a_rate_of_the_home_currency_is_said(rates: dict[str, float], said: int) -> None:
    data = funnel([stage("A", 0.5, 9)], deals(3, amount=10), currency="USD", pipeline={"rates": rates})
    found = [w for w in prepare(data).compiled().quality.warnings if w.code == "idle_home_rate"]
    assert len(found) == said
    assert all("does nothing: the scenario is in USD itself" in w.sentence for w in found)
