"""Keys of every entity that draws random numbers, from the names in a model."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Words
from simfunnel.engine.draws.streams import Stream, entity_key
from simfunnel.funnel.model import KeyNames


class Keys(NamedTuple):
    """One uint64 key for each entity; see `simfunnel.engine.draws.streams`."""

    market: Words
    pace: Words
    deals: Words
    rates: Words
    segments: Words
    owners: Words
    levels: Words
    arrival_levels: Words
    dispersions: Words
    streams: Words
    closed: Words


def entity_keys(names: KeyNames, seed: int) -> Keys:
    """Keys of all entities of a model under one seed."""

    def keys(stream: Stream, entities: tuple[str, ...]) -> Words:
        return _keys(seed, stream, entities)

    return Keys(
        market=keys(Stream.MARKET, ("",)),
        pace=keys(Stream.PACE, ("",)),
        deals=keys(Stream.DEAL, names.deals),
        rates=keys(Stream.RATE, names.rates),
        segments=keys(Stream.SEGMENT, names.segments),
        owners=keys(Stream.OWNER, names.owners),
        levels=keys(Stream.AMOUNT_LEVEL, names.levels),
        arrival_levels=keys(Stream.ARRIVAL_LEVEL, names.lead_levels),
        dispersions=keys(Stream.DISPERSION, names.sources),
        streams=keys(Stream.LEAD, names.streams),
        closed=keys(Stream.CLOSED, names.closed),
    )


@lru_cache(maxsize=64)
def _keys(seed: int, stream: Stream, entities: tuple[str, ...]) -> Words:
    """Keys of one stream, once: hundreds of models of one command have the same deals."""
    return np.array([entity_key(seed, stream, name) for name in entities], dtype=np.uint64)
