"""How a PERT distribution is written: by three points."""

from __future__ import annotations

from typing import ClassVar

from simfunnel.families.three_points import ThreePoints


class Pert(ThreePoints):
    """PERT (a beta between `low` and `high`) with lambda 4."""

    COMPUTED: ClassVar[str] = "simfunnel.families.pert.computed"
