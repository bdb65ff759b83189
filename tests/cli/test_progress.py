"""The progress bar: seen by a person who waits, and by nobody else."""

from __future__ import annotations

import io
import sys
import time

import pytest

from simfunnel.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, seconds: float, *, quiet: bool = False, reports: bool = False) -> str:
    """Text on a terminal after a step of so many seconds."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    monkeypatch.setattr(progress, "announce_compilation", lambda **_: None)
    with progress.progress_bar("Computing", quiet=quiet) as report:
        if report and reports:
            report(1, 2)
        time.sleep(seconds)
    return terminal.getvalue()


def test_a_bar_appears_before_the_first_step_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Computing" in shown(monkeypatch, 0.6)
    assert "50%" in shown(monkeypatch, 0.6, reports=True)


def test_what_is_over_soon_or_quiet_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 0.0, reports=True) == ""
    assert shown(monkeypatch, 0.4, quiet=True) == ""
