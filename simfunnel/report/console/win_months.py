"""What the page of `calibrate` says of wins by month of the quarter."""

from __future__ import annotations

from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.months import named_quarters
from simfunnel.estimation.clock_gain import LEAST_WINDOWS
from simfunnel.wording.numbers import percent


def month_line(r: Calibration) -> list[str]:
    """One line of what was learned; none where the history is too short, or nothing is known of some month."""
    m = r.months
    if m is None or m.factors is None:
        return []
    if m.why == "all_alike":
        return [f"Wins by month {named_quarters(r.periods)} differ by no more than luck: no factors."]
    factors = ", ".join(f"{factor:.2f}" for factor in m.factors.tolist())
    said = f"Wins by month {named_quarters(r.periods)}: x {factors}"
    if m.gain is None or m.why == "few_windows":
        return [
            f"{said}; {m.independent:.1f} past windows of {r.horizon:.0f} days that do not overlap are too few to "
            f"judge ({LEAST_WINDOWS:.0f} are needed): not written."
        ]
    interval = f"{percent(m.gain.mean)} of their mean ({percent(m.gain.low)} to {percent(m.gain.high)})"
    fate = "written" if m.proved else "not written, for that may be chance"
    return [f"{said}. Past windows would have been forecast better with those of other quarters by {interval}: {fate}."]
