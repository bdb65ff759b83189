"""From drawn shares to the probabilities of the exits of a stage.

Plain scalar code over the arrays of `Funnels`: compilation runs it as Python at the mean rates, the kernels compile it
and run it once per trial. One text, so that the two cannot differ.
"""

from __future__ import annotations

from simfunnel.arrays import Floats
from simfunnel.funnel.model import Funnels


def stage_probabilities(funnels: Funnels, row: int, draws: Floats, out: Floats) -> None:
    """Break the stick of stage `row` (= f * S + s) into the probabilities of its exits, without shifts.

    Parameters
    ----------
    funnels
        The funnels.
    row
        Stage of a funnel.
    draws
        Values of the uncertain draws of this trial.
    out
        (E,) filled at the exits of the stage.
    """
    rest = 1.0
    for e in range(funnels.exit_start[row], funnels.exit_start[row + 1]):
        share = funnels.share[e] if funnels.share_draw[e] < 0 else draws[funnels.share_draw[e]]
        out[e] = rest * share
        rest = rest * (1.0 - share)


def redistribute(funnels: Funnels, row: int, forward: float, out: Floats) -> None:
    """Set the total forward probability of stage `row`; exits backward keep theirs, Lost takes the rest.

    Parameters
    ----------
    funnels
        The funnels; the stage has an exit to Lost.
    row
        Stage of a funnel.
    forward
        New total; capped at what the exits backward leave.
    out
        (E,) probabilities, changed in place.
    """
    first, end = funnels.exit_start[row], funnels.exit_start[row + 1]
    ahead, back, lost = 0.0, 0.0, 0.0
    forward_exits, lost_exits = 0, 0
    for e in range(first, end):
        if funnels.exit_direction[e] == 1:
            ahead += out[e]
            forward_exits += 1
        elif funnels.exit_direction[e] == 2:
            back += out[e]
        else:
            lost += out[e]
            lost_exits += 1
    wanted = min(forward, 1.0 - back)
    remaining = max(0.0, 1.0 - back - wanted)
    for e in range(first, end):
        if funnels.exit_direction[e] == 1:
            out[e] = out[e] * wanted / ahead if ahead > 0.0 else wanted / forward_exits
        elif funnels.exit_direction[e] == 0:
            out[e] = out[e] * remaining / lost if lost > 0.0 else remaining / lost_exits


def forward_probability(funnels: Funnels, row: int, probability: Floats) -> float:
    """Total probability of the forward exits of stage `row`."""
    total = 0.0
    for e in range(funnels.exit_start[row], funnels.exit_start[row + 1]):
        if funnels.exit_direction[e] == 1:
            total += probability[e]
    return total
