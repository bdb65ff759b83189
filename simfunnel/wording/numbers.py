"""Numbers as a sales manager reads them."""

from __future__ import annotations

_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def money(value: float) -> str:
    """Show an amount with three significant digits at most: 3.0M, 410k, 12.5M."""
    for scale, letter in _SCALES:
        scaled = value / scale
        if abs(scaled) >= 0.9995:  # 999.96k is 1.0M: what rounds up to the next letter takes it
            digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            text = f"{scaled:.{digits}f}"
            if digits == 2:
                text = text.removesuffix("0")
            return text + letter
    return f"{value:,.0f}"


def plural(count: int, singular: str, many: str | None = None) -> str:
    """Say how many: 1 deal, 2,000 deals."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def percent(p: float, trials: int | None = None) -> str:
    """Show a probability as a percentage; what was never, or always, seen in `trials` is not called impossible."""
    if trials and p in (0.0, 1.0):
        edge = min(3 / trials, 1.0)  # the rule of three: 95 % confidence
        digits = 0 if edge >= 0.01 else 1 if edge >= 0.001 else 2 if edge >= 0.0001 else 3
        return f"<{100 * edge:.{digits}f} %" if p == 0.0 else f">{100 - 100 * edge:.{digits}f} %"
    if round(p, 9) in (0.0, 1.0):
        return f"{100 * p:.0f} %"
    if p > 1.0:  # an error may be larger than what it is a share of
        return f"{100 * p:,.0f} %"
    if p < 0.001 or p > 0.999:
        return f"{100 * p:.2f} %"
    if p < 0.0995 or p > 0.9005:
        return f"{100 * p:.1f} %"
    return f"{100 * p:.0f} %"
