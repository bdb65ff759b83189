"""How far the commits of each owner are from what came."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simfunnel.estimation.owner_bias import OwnerBias
from simfunnel.record.owner_record import OwnerRecord
from simfunnel.report.plots.style import BLUE, INK, ORANGE, name_ticks, new_figure
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import signed_percent

MOST = 30
CAP = 3.0
"""Share of what came beyond which a bias is drawn at the edge."""


def drawn(record: OwnerRecord | None) -> list[OwnerBias]:
    """Owners of whose commits a bias can be told, the highest first."""
    if record is None:
        return []
    return [one for one in record.of("commit") if one.interval is not None][:MOST]


def biases(owners: list[OwnerBias]) -> Figure:
    """Draw each owner's own bias, and the one shrunk to that of all with its 90 % interval."""
    figure, axes = new_figure(
        tell("Commits against what came, by owner"), tell("bias shrunk to that of all, with its 90 % interval")
    )
    at = np.arange(len(owners))[::-1]
    for y, one in zip(at, owners, strict=True):
        low, high = (_capped(x) for x in one.interval or (None, None))
        axes.plot([low, high], [y, y], color=BLUE, linewidth=1.6)
    axes.plot([_capped(one.shrunk) for one in owners], at, "o", color=BLUE, markersize=5, label=tell("shrunk to all"))
    axes.plot(
        [_capped(one.bias) for one in owners], at, "x", color=ORANGE, markersize=5, label=tell("own periods alone")
    )
    axes.axvline(0.0, color=INK, linewidth=1.0)
    name_ticks(axes, at, [f"{one.owner} ({one.periods})" for one in owners])
    axes.xaxis.set_major_formatter(lambda x, _: signed_percent(x) if x else "0")
    axes.set_xlabel(tell("said above what came (in brackets: periods)"))
    axes.legend(loc="best")
    return figure


def _capped(share: float | None) -> float:
    return CAP if share is None else min(share, CAP)
