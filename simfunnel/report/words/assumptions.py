"""Names of assumptions, and what is done to them, in words."""

from __future__ import annotations

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
    name, _, rest = path.partition("[")
    text = _NAMES.get(name, name)
    if rest:
        return f"{text} of {', '.join(item.partition('=')[2].strip(chr(34)) for item in rest[:-1].split(','))}"
    return {"conversion": "conversion of every stage"}.get(name, text)


def change(operation: str, value: float) -> str:
    """Say what was done: x 0.9, + 5 points, odds x 1.1."""
    if operation == "add":
        return f"{'+' if value >= 0 else '-'} {abs(100 * value):g} points"
    return f"{'odds ' if operation == 'odds' else ''}x {value:.3g}"
