"""How a lognormal distribution is written: three pairs of parameters."""

from __future__ import annotations

from typing import Any, ClassVar

from simfunnel.families.json_schema import number
from simfunnel.families.paired import Paired
from simfunnel.values.numbers import Number, Positive


class Lognormal(Paired):
    """Lognormal: the logarithm is normal with mean `mu` and standard deviation `sigma`."""

    COMPUTED: ClassVar[str] = "simfunnel.families.lognormal.computed"
    PAIRS = (("mu", "sigma"), ("mean", "sd"), ("median", "p90"))
    mu: Number | None = None
    """Mean of the logarithm."""
    sigma: Positive | None = None
    """Standard deviation of the logarithm."""
    mean: Positive | None = None
    """Mean of the variable itself."""
    sd: Positive | None = None
    """Standard deviation of the variable itself."""
    median: Positive | None = None
    """Median of the variable."""
    p90: Positive | None = None
    """Value that 90 % of cases do not exceed."""

    @classmethod
    def _parameter(cls, name: str) -> dict[str, Any]:
        return number() if name == "mu" else super()._parameter(name)
