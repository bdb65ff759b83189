"""How a Weibull distribution is written."""

from __future__ import annotations

from typing import ClassVar

from simfunnel.families.paired import ShapeScale


class Weibull(ShapeScale):
    """Weibull with survival exp(-(x/scale)^shape)."""

    COMPUTED: ClassVar[str] = "simfunnel.families.weibull.computed"
