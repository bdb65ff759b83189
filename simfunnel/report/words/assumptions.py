"""Names of assumptions, and what is done to them, in words."""

from __future__ import annotations

from simfunnel.scenario.shifts import parse_shift_path
from simfunnel.wording.language import joined, tell

_NAMES = {
    "win_rate": "win rate", "leads.rate": "lead rate", "duration": "durations", "amount": "amounts",
    "correlation.market": "market correlation", "correlation.segment": "segment correlation",
    "correlation.owner": "owner correlation", "pace.sd": "uncertainty of the pace",
    "leads.level_sd": "uncertainty of the lead rate", "leads.dispersion": "dispersion of leads",
    "leads.growth_per_year": "growth of leads", "amount_level.sd": "uncertainty of amounts",
    "conversion": "conversion",
}  # fmt: skip


def name_of(path: str) -> str:
    """Name an assumption: ``conversion[stage=Demo]`` is "conversion of Demo"."""
    parsed = parse_shift_path(path)
    name, names = parsed.name, list(parsed.filters.values())
    text = tell(_NAMES[name]) if name in _NAMES else name
    if names:
        return tell("{assumption} of {names}", assumption=text, names=joined(names))
    return tell("conversion of every stage") if name == "conversion" else text


def span_of(operation: str, low: float, high: float) -> str:
    """Say how far something was moved, down and up: x 0.9 / 1.1."""
    if operation == "add":
        return f"{change(operation, low)} / {change(operation, high)}"
    digits = max(len(f"{x:.3g}".partition(".")[2]) for x in (low, high))
    ends = f"{low:.{digits}f} / {high:.{digits}f}"
    return tell("odds x {factors}", factors=ends) if operation == "odds" else f"x {ends}"


def change(operation: str, value: float) -> str:
    """Say what was done: x 0.9, + 5 points, odds x 1.1."""
    if operation == "add":
        return tell("{sign} {points:g} points", sign="+" if value >= 0 else "-", points=abs(100 * value))
    return tell("odds x {factor:.3g}", factor=value) if operation == "odds" else tell("x {factor:.3g}", factor=value)
