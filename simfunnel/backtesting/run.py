"""Forecast past windows from what was known at their start, and compare with what came."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from simfunnel.backtesting.baselines import BASELINES
from simfunnel.backtesting.cautions import backtest_cautions
from simfunnel.backtesting.checkpoint import Checkpoint, fingerprint
from simfunnel.backtesting.forecasters import Forecaster, OurForecaster, asked
from simfunnel.backtesting.origins import LEAST, origin_days
from simfunnel.backtesting.past import Past
from simfunnel.backtesting.results import Backtest, OriginScore, Skipped
from simfunnel.backtesting.scoring import GROUP_FIELDS, Rivals
from simfunnel.backtesting.summary import chosen, summarised
from simfunnel.backtesting.work import Work, worked
from simfunnel.errors import InputError
from simfunnel.estimation.book import has_amounts, has_worth
from simfunnel.history.history import History
from simfunnel.progress import Progress
from simfunnel.scenario.periods import Periods
from simfunnel.version import __version__

TRIALS = 5_000
"""Of each forecast: four times as many change the CRPS by about 0.2 %."""


def backtest(
    history: History,
    *,
    horizon: int = 91,
    every: int = 7,
    first: dt.date | None = None,
    last: dt.date | None = None,
    value: Literal["auto", "amount", "count"] = "auto",
    half_life: float | Literal["auto"] | None = "auto",
    by: Sequence[str] = (),
    choose: bool = False,
    fiscal_year_start: int = 1,
    trials: int = TRIALS,
    forecasters: Mapping[str, Forecaster] | None = None,
    resume: str | os.PathLike[str] | None = None,
    force: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast past windows from what was known at their start, and compare with what came.

    Parameters
    ----------
    history
        What is known of past deals.
    horizon
        Days of a window.
    every
        Days between the origins at which windows begin.
    first, last
        First and last origin; default: as soon as there is history enough, and the last whose window is over.
    value
        What is forecast: money, or the number of wins; "auto": money where most won deals have an amount.
    half_life
        As in `calibrate`.
    by
        ``owner``, ``segment``: also score the open deals of each of their values.
    choose
        Whether half-life, stages or two dates, and the anchor are decided by past windows, at each origin anew.
    fiscal_year_start
        First month of the fiscal year, 1 to 12, by whose quarters wins are learned.
    trials
        Simulated futures of each forecast.
    forecasters
        Methods to score beside ours, by name; each learns from what was known at an origin.
    resume
        Folder in which origins that are done are kept, so that an interrupted backtest goes on.
    force
        With `resume`: begin anew where the folder holds another backtest.
    threads
        Origins worked on at a time; changes nothing but speed.
    progress
        Called with origins done and in all.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        If windows do not fit into the history, nothing could be learned at nearly all origins, or `resume` holds
        another backtest.
    """
    if unknown := [field for field in by if field not in GROUP_FIELDS]:
        raise InputError(f"--by {unknown[0]}: expected {' or '.join(GROUP_FIELDS)}")
    if taken := set(forecasters or {}) & {*BASELINES, "independent", "recipe", "simfunnel"}:
        raise InputError(f"forecasters: the name {min(taken)} is taken; choose another")
    if trials < 100:
        raise InputError(f"--trials: expected at least 100 for each forecast, found {trials}")
    days = origin_days(history, horizon, every, first, last)
    count = value == "count" or (value == "auto" and not has_amounts(history.as_of(days[-1])))
    if not count and not has_worth(history):
        raise InputError("--value amount: no won deal of the history has an amount above 0; use --value count")
    past = Past(history, count)
    fiscal = Periods(unit="quarter", count=1, fiscal_year_start=fiscal_year_start)
    ours = OurForecaster({"half_life": half_life, "fiscal": fiscal}, trials, tuple(by), choose)
    rivals: Rivals = {
        **BASELINES,
        **{name: partial(asked, f, threading.Lock()) for name, f in (forecasters or {}).items()},
    }
    settings = {
        "simfunnel": __version__, "history": fingerprint(history), "horizon": horizon, "every": every,
        "first": days[0].isoformat(), "last": days[-1].isoformat(), "value": "count" if count else "amount",
        "half_life": half_life, "by": list(by), "choose": choose, "trials": trials,
        "fiscal_year_start": fiscal_year_start,
        "forecasters": sorted(forecasters or {}),
    }  # fmt: skip
    kept = Checkpoint() if resume is None else Checkpoint.open(Path(resume), settings, force=force)

    work = Work(past, tuple(days), horizon, ours, rivals)
    found = worked(work, kept, threads=threads, progress=progress, can_travel=not forecasters)
    skipped = tuple(x for x in found if isinstance(x, Skipped))
    scores = [score for x in found if not isinstance(x, Skipped) for score in x]
    whole = [score for score in scores if score.group is None]
    if len(whole) < LEAST:
        why = f"; on {skipped[-1].as_of}: {skipped[-1].why}" if skipped else ""
        raise InputError(f"{len(whole)} of {len(days)} origins could be forecast; at least {LEAST} are needed{why}")
    groups: dict[tuple[str, str], list[OriginScore]] = {}
    for score in scores:
        if score.group is not None:
            groups.setdefault(score.group, []).append(score)
    result = Backtest(
        file=history.file, first=days[0], last=days[-1], every=every, days=horizon,
        value="count" if count else "amount", currency=history.currency or "USD", trials=trials,
        origins=(*whole, *(score for of in groups.values() for score in of)), skipped=skipped,
        summary=summarised(whole), groups={group: summarised(of) for group, of in groups.items()},
        findings=history.findings, settings=settings, choices=chosen(whole),
    )  # fmt: skip
    return backtest_cautions(result, history)
