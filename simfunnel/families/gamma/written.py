"""How a gamma distribution is written."""

from __future__ import annotations

from typing import ClassVar

from simfunnel.families.paired import ShapeScale


class Gamma(ShapeScale):
    """Gamma with density proportional to x^(shape-1) exp(-x/scale)."""

    COMPUTED: ClassVar[str] = "simfunnel.families.gamma.computed"
