from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the third-party data, which are no part of the project."""
    folder = Path(os.environ.get("SIMFUNNEL_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"third-party data not found in {folder}; set SIMFUNNEL_DATA to their folder")
    return folder
