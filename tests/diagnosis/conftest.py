from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of third-party data, or skip."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SIMFUNNEL_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no third-party data: set SIMFUNNEL_DATA to its folder")
    return folder
