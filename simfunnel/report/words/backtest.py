"""Words of a backtest."""

from __future__ import annotations

from simfunnel.backtesting.judge import LEAST_WINDOWS
from simfunnel.backtesting.results import Backtest, Summary
from simfunnel.wording.numbers import percent

OPEN = {"open": "deals open at the start", "new": "deals created since"}
_WINDOWS = {7: "week", 30: "month", 31: "month", 91: "quarter", 92: "quarter", 365: "year"}
_METHODS = {
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
MOST = 0.5
"""Share of the error that one cause must explain to be called most of it."""


def window(days: int) -> str:
    """Name a window."""
    return _WINDOWS.get(days, f"{days}-day window")


def method_name(name: str) -> str:
    """Name a method as it is read aloud; a user's own stays as it is."""
    return _METHODS.get(name, name)


def first_sentence(r: Backtest) -> str:
    """What a manager can repeat."""
    s = r.summary
    if s.missed_by is None:
        past = f"{s.side_by_side} past {window(r.days)}" + ("s" if s.side_by_side > 1 else "")
        return f"Nothing was won in {past}: there is nothing to compare with."
    n = s.side_by_side
    windows = window(r.days) + ("s" if n > 1 else "")
    told = f"Over {n} past {windows} the forecast missed by {percent(s.missed_by)} on average"
    rate = s.rival_missed_by.get("run_rate")
    told += f", a run-rate by {percent(rate)}" if rate is not None else ""
    told += f"; {s.inside_80} of {n} ended inside the 80 % range"
    if s.independent_windows < LEAST_WINDOWS:
        return f"{told}. Too few windows to call it better or worse."
    cause = main_cause(s)
    return f"{told}; {cause}." if cause else f"{told}."


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
    return name if share >= MOST * b.neither else None


def of_error(s: Summary) -> str:
    """How to read the error budget."""
    cause = main_cause(s)
    told = "The model without its run-rate, with parts of the future known; what is left with both is luck of deals."
    return f"{told} {cause[0].upper()}{cause[1:]}." if cause else told
