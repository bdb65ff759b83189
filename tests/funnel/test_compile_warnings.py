"""What compiling a scenario warns of."""

from __future__ import annotations

import pytest

from simfunnel.forecast.inputs import prepare
from tests.helpers import deals, funnel, stage


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 open deal has no amount: drawn from `amount`, 700 USD in the mean"),
        (3, "3 open deals have no amount: drawn from `amount`, together 2,100 USD in the mean"),
    ],
)
def test_drawn_amounts_are_told_for_all_deals_together(count: int, text: str) -> None:
    compiled = prepare(funnel([stage("A", 0.5, 1)], deals(count, amount=None), amount=700)).compiled()
    assert [found.sentence for found in compiled.findings] == [text]
