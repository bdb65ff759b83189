"""What studies share."""

from __future__ import annotations

import pytest


@pytest.fixture
def without_past_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No past window is hindcast: intervals of rates, times and inflow rest on none, and most time goes there."""
    for module in ("windows", "month_gain"):
        monkeypatch.setattr(f"simfunnel.estimation.{module}.past_origins", lambda *_: [])
