"""A browser: Debian's Chromium, driven by Playwright; tested with Chromium 150 and Playwright 1.5x."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NEEDED = "SIMFUNNEL_NEEDS_CHROMIUM"
"""Set by `.ci/run`: then a missing browser is a failure."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    api: Any = None
    with contextlib.suppress(ImportError):
        from playwright import sync_api as api
    if found is None or api is None:
        what = "Chromium" if found is None else "Playwright"
        assert not os.environ.get(NEEDED), f"{NEEDED} is set, and {what} is not installed: these must not be skipped"
        pytest.skip(f"{what} is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, which looks for what keeps people from using a page."""
    return Path(__file__).with_name("axe.min.js").read_text("utf-8")
