"""The tests here use a browser."""

from __future__ import annotations

from browsers import axe, chromium

__all__ = ["axe", "chromium"]
