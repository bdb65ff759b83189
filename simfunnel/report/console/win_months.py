"""What the page of `calibrate` says of wins by month of the quarter."""

from __future__ import annotations

from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.months import named_quarters
from simfunnel.estimation.clock_gain import LEAST_WINDOWS
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import percents


def month_line(r: Calibration) -> list[str]:
    """One line of what was learned; none where the history is too short, or nothing is known of some month."""
    m = r.months
    if m is None or m.factors is None:
        return []
    if m.why == "all_alike":
        return [
            tell(
                "Wins by month {of_quarters} differ by no more than luck: no factors.",
                of_quarters=named_quarters(r.periods),
            )
        ]
    factors = joined([f"{factor:.2f}" for factor in m.factors.tolist()])
    said = tell("Wins by month {of_quarters}: x {factors}", of_quarters=named_quarters(r.periods), factors=factors)
    if m.gain is None or m.why == "few_windows":
        return [
            tell(
                "{said}; {independent:.1f} past windows of {horizon:.0f} days that do not overlap are "
                "too few to judge ({least:.0f} are needed): not written.",
                said=said,
                independent=m.independent,
                horizon=r.horizon,
                least=LEAST_WINDOWS,
            )
        ]
    gain, low, high = percents(m.gain.mean, m.gain.low, m.gain.high)
    interval = tell("{gain} of their mean ({low} to {high})", gain=gain, low=low, high=high)
    fate = tell("written") if m.proved else tell("not written, for that may be chance")
    return [
        tell(
            "{said}. Past windows would have been forecast better with those of other quarters by {interval}: {fate}.",
            said=said,
            interval=interval,
            fate=fate,
        )
    ]
