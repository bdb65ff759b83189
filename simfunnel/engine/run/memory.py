"""Memory that a piece of work will need, against what there is: said before it begins, with the figures."""

from __future__ import annotations

from simfunnel.engine.run.ledger import bytes_per_trial
from simfunnel.errors import InputError
from simfunnel.funnel.model import Model
from simfunnel.machine import memory_limits

SHARE = 0.8
"""Of what there is that results may take: the rest is for what is made of them."""
UNNOTICED = 64 << 20
"""Bytes below which nobody asks: reading the limits would cost more than it could save."""

EXACT_DEAL = 12 << 10
"""Bytes of chances and transforms that an exact distribution holds of one open deal; measured from 1,000 to 60,000."""


_SUMMARISED = 64
"""Bytes of a trial: some columns of one group while it is summarised."""


def refuse_beyond(needed: float, what: str, instead: str) -> None:
    """Refuse work that would need more memory than there is.

    Parameters
    ----------
    needed
        Bytes.
    what
        The work, as the subject of a sentence: ``1,000,000 trials of 4 periods``.
    instead
        What to do: ``ask for fewer trials``.

    Raises
    ------
    InputError
        With what is needed, what there is, and what limits it.
    """
    if needed <= UNNOTICED:
        return
    limits = memory_limits()
    if not limits:
        return
    name = min(limits, key=lambda name: limits[name])
    if needed > SHARE * limits[name]:
        raise InputError(f"{what} needs {_gib(needed)} GiB of memory, {name} leaves {_gib(limits[name])}; {instead}")


def refuse_too_large(model: Model, trials: int) -> None:
    """Raise InputError if the results of so many trials would not fit into memory."""
    needed = (bytes_per_trial(model) + _SUMMARISED) * trials
    what = f"a run of {trials:,} trials, {model.periods} periods and {model.groups} groups"
    refuse_beyond(needed, what, "ask for fewer trials, periods or groups")


def refuse_too_many_deals(deals: int, workers: int) -> None:
    """Raise InputError if exact distributions of so many open deals would not fit into memory."""
    what = f"the exact solution for {deals:,} open deals"
    refuse_beyond(
        deals * workers * EXACT_DEAL, what, "use --method simulate, whose memory does not grow with the deals"
    )


def _gib(size: float) -> str:
    return f"{size / 2**30:.3g}"
