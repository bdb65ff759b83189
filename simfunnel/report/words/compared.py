"""Short names for what is compared: a scenario's own name, or the end of its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

from simfunnel.planning.compare.compare import Comparison
from simfunnel.wording.numbers import name_told


def short_names(result: Comparison) -> Mapping[str, str]:
    """Give, for each name in a comparison, the one that people are shown; they differ wherever the names do."""
    sides = [(result.name, result.base), *((other.name, other.forecast) for other in result.others)]
    # a variant has the scenario's name, and is known by its own
    whole = {name: f.provenance.scenario_name for name, f in sides if name != f.provenance.variant}
    count = Counter(whole.values())
    paths = {name: PurePath(name).parts for name in whole}
    found = {name: name for name, _ in sides}
    for name, own in whole.items():
        found[name] = own if own and count[own] == 1 else _shortest(name, paths)
    differ = len(set(found.values())) == len(found)
    return {name: name_told(shown if differ else name) for name, shown in found.items()}


def _shortest(name: str, paths: Mapping[str, tuple[str, ...]]) -> str:
    """End of a path that no other path has."""
    parts = paths[name]
    for n in range(1, len(parts) + 1):
        if sum(other[-n:] == parts[-n:] for other in paths.values()) == 1:
            return str(PurePath(*parts[-n:]))
    return name
