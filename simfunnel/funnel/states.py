"""What the numbers of states are: stages from 0 on, then Won, then Lost; and where each state of each funnel stands.

Plain arithmetic, so that kernels can take it over: see `simfunnel.engine.trial.shared`.
"""

from __future__ import annotations

from typing import TypeVar

from simfunnel.arrays import Ints
from simfunnel.funnel.model import Funnels

Number = TypeVar("Number", int, Ints)


def won_state(funnels: Funnels) -> int:
    """Number of Won as a destination."""
    return funnels.stages


def lost_state(funnels: Funnels) -> int:
    """Number of Lost as a destination."""
    return funnels.stages + 1


def first_state(funnels: Funnels, f: Number) -> Number:
    """Where the states of funnel `f`, or of each of several, begin in `Funnels.win_rate`."""
    return f * (funnels.stages + 2)
