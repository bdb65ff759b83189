"""How a triangular distribution is written: by three points."""

from __future__ import annotations

from typing import ClassVar

from simfunnel.families.three_points import ThreePoints


class Triangular(ThreePoints):
    """Triangular with peak at `mode`."""

    COMPUTED: ClassVar[str] = "simfunnel.families.triangular.computed"
