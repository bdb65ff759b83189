"""Words of a backtest."""

from __future__ import annotations

from simfunnel.backtesting.judge import LEAST_WINDOWS, SIZE
from simfunnel.backtesting.results import Backtest, Summary
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import capitalized, percent, plural

OPEN = {"open": "deals open at the start", "new": "deals created since"}
_WINDOWS = {7: "week", 30: "month", 31: "month", 91: "quarter", 92: "quarter", 365: "year"}
_PLURAL = {"week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}
_METHODS = {
    "simfunnel": "simfunnel",
    "run_rate": "run-rate",
    "run_rate_spread": "run-rate with spread",
    "seasonal": "a year before",
    "weighted": "weighted pipeline",
    "same_point": "same point before",
    "same_point_spread": "same point with spread",
    "two_dates": "two dates",
    "two_dates_factor": "two dates with factor",
    "independent": "simfunnel, independent",
    "owner": "owners' probabilities",
    "recipe": "simfunnel, nothing chosen",
}
_OWN = ("independent", "recipe")
"""Forecasts of ours beside the one that is judged: no baselines."""
_RUN_RATES = ("run_rate", "run_rate_spread")
MOST = 0.5
"""Share of the error that one cause must explain to be called most of it."""


def windows(n: int, days: int) -> str:
    """Say how many past windows: 3 past quarters."""
    if days in _WINDOWS:
        return plural(n, f"past {_WINDOWS[days]}")
    return tell("{n} past {days}-day window{s_or_none}", n=n, days=days, s_or_none="s" if n > 1 else "")


def windows_of(days: int) -> str:
    """Name windows of a length: quarters, 10-day windows."""
    return tell(_PLURAL[_WINDOWS[days]]) if days in _WINDOWS else tell("{days}-day windows", days=days)


def window(days: int) -> str:
    """Name a window."""
    return tell(_WINDOWS[days]) if days in _WINDOWS else tell("{days}-day window", days=days)


def method_name(name: str) -> str:
    """Name a method as it is read aloud; a user's own stays as it is."""
    return tell(_METHODS[name]) if name in _METHODS else name


def first_sentence(r: Backtest) -> str:
    """What a manager can repeat."""
    s = r.summary
    if s.missed_by is None:
        past = windows(s.side_by_side, r.days)
        return tell("Nothing was won in {past_windows}: there is nothing to compare with.", past_windows=past)
    n = s.side_by_side
    told = tell(
        "Over {past_windows} the forecast missed by {missed_by} on average{others}",
        past_windows=windows(n, r.days),
        missed_by=percent(s.missed_by),
        others=_others(s),
    )
    told += tell("; {inside_80} of {n} ended inside the 80 % range", inside_80=s.inside_80, n=n)
    if s.independent_windows < LEAST_WINDOWS:
        return tell("{told}. Too few windows to call it better or worse.", told=told)
    cause = main_cause(s)
    return tell("{told}; {cause}.", told=told, cause=cause) if cause else tell("{told}.", told=told)


def best_baseline(s: Summary) -> str | None:
    """Name the baseline that missed by least; of equal ones that of the smaller CRPS, then the first of the table."""
    names = [name for name in s.rivals if name in s.rival_missed_by and name not in _OWN]
    return min(names, key=lambda name: (s.rival_missed_by[name], s.rivals[name].crps), default=None)


def _others(s: Summary) -> str:
    """What the best baseline missed by, and the run-rate, which everybody has."""
    best, rate = best_baseline(s), s.rival_missed_by.get("run_rate")
    if best is None:
        return ""
    n = sum(name not in _OWN for name in s.rival_missed_by)
    of = tell(" (the best of {n} baselines)", n=n) if n > 1 else ""
    article = "a " if best in _RUN_RATES else ""
    told = tell(
        ", {a_or_none}{method}{of} by {missed_by}",
        a_or_none=article,
        method=method_name(best),
        of=of,
        missed_by=percent(s.rival_missed_by[best]),
    )
    return (
        told
        if best in _RUN_RATES or rate is None
        else tell("{told}, a run-rate by {rate}", told=told, rate=percent(rate))
    )


def main_cause(s: Summary) -> str | None:
    """Most of the error, where one cause is most of it."""
    b = s.budget
    if b is None or b.neither <= 0:
        return None
    causes = {
        "most of the error is deals not yet created": b.neither - b.arrivals_known,
        "most of the error is that stages ran otherwise than before": b.neither - b.hazards_known,
        "most of the error is the luck of single deals": b.both,
    }
    name, share = max(causes.items(), key=lambda item: item[1])
    return tell(name) if share >= MOST * b.neither else None


def of_windows(s: Summary, *, missed_by: bool = True) -> str:
    """Say what is counted: origins, windows side by side, and what overlapping windows are worth.

    `missed_by` where a column tells by how much P50 missed.
    """
    told = tell("{origins}: days from which a window was forecast", origins=plural(s.n, "origin"))
    if s.side_by_side == s.n:
        return tell("{told}; no window overlaps another.", told=told)
    return tell(
        "{told}. Windows that overlap share what came: all of them are worth "
        "{independent_windows:.1f} independent ones. {side_by_side} lie side by side, the latest "
        "the last: the first sentence, and P50 missed by, are of these."
        if missed_by
        else "{told}. Windows that overlap share what came: all of them are worth "
        "{independent_windows:.1f} independent ones. {side_by_side} lie side by side, the latest "
        "the last: the first sentence is of these.",
        told=told,
        independent_windows=s.independent_windows,
        side_by_side=s.side_by_side,
    )


def of_pits(s: Summary) -> str:
    """Say whether the PITs are those of a right forecast; nothing where that was not tested."""
    p = s.pit_p_value
    if p is None:
        return ""
    fits = tell("not told apart from those") if p >= SIZE else tell("not those")
    told = tell(
        "Places of what came in the forecasts (PIT): {fits} of a right forecast (p {p}); overlap is allowed for.",
        fits=fits,
        p=_p(p),
    )
    if p >= SIZE and s.independent_windows < LEAST_WINDOWS:
        told += tell(
            " From {independent_windows:.1f} independent windows only a forecast that is far off is told apart.",
            independent_windows=s.independent_windows,
        )
    return told


def _p(p: float) -> str:
    """Write a p value so that one below 5 % does not read as 5 %, and none as 0."""
    return f"= {p:.3f}" if round(p, 2) == SIZE else f"= {p:.2f}" if p >= 0.01 else tell("below 0.01")


def of_error(s: Summary) -> str:
    """How to read the error budget."""
    cause = main_cause(s)
    told = tell(
        "The model without its run-rate, with parts of the future known; what is left with both is luck of deals."
    )
    return tell("{told} {cause}.", told=told, cause=capitalized(cause)) if cause else told
