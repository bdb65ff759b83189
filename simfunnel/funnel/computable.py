"""Which distributions can be computed with: those whose mean and quantiles are numbers, and not beyond all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel

from simfunnel.errors import InputError
from simfunnel.families.build import build_distribution
from simfunnel.families.fixed.computed import Fixed
from simfunnel.families.never.computed import Never
from simfunnel.funnel.quantile_tables import knots_of
from simfunnel.scenario import schema
from simfunnel.values.frozen import Loc

_PLAIN = (str, int, float, type(None))
"""What most of a scenario is, where its deals are written in it."""
LARGEST = 1e100
"""Beyond this a quantile is no duration and no amount, and sums of a few overflow."""


def written_distributions(part: Any, at: Loc = ()) -> Iterator[tuple[Loc, schema.Distribution]]:
    """Every distribution in a scenario or a part of it, with its place."""
    if isinstance(part, schema.Distribution):
        yield at, part
        return
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(part, BaseModel):
        inside = part.__dict__.items()
    elif isinstance(part, dict):
        inside = part.items()
    elif isinstance(part, tuple | list):
        inside = enumerate(part)
    for key, value in inside:
        if not isinstance(value, _PLAIN):
            yield from written_distributions(value, (*at, key))


def fault_of(written: schema.Distribution) -> str:
    """Say why a distribution cannot be computed with; empty if it can."""
    try:
        with np.errstate(all="ignore"):  # what is no number in the end is said below
            built = build_distribution(written)
            if isinstance(built, Never):
                return ""
            extremes = [built.mean] if isinstance(built, Fixed) else [built.mean, built.variance**0.5, *knots_of(built)]
    except (ArithmeticError, ValueError, InputError):
        extremes = [float("nan")]
    if np.all(np.isfinite(extremes)) and np.max(extremes) <= LARGEST:
        return ""
    return (
        f"the parameters of this {written.family} distribution are too extreme to compute with: expected a mean, an sd "
        f"and quantiles below {LARGEST:g}; check the unit of each number"
    )
