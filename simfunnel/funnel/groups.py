"""Groups of results: by owner, team, segment and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simfunnel.funnel.model import NONE_LABEL

DIMENSIONS = ("owner", "team", "segment", "source")
Labels = Mapping[str, str | None]


class Groups:
    """Numbers the groups that occur; number 0 is everything.

    Parameters
    ----------
    members
        The labels of everything that can book revenue.
    extra
        (dimension, label) pairs that exist even if nothing has them, such as those of targets.
    wanted
        Dimensions to report.
    """

    def __init__(self, members: Iterable[Labels], extra: Iterable[tuple[str, str]], wanted: Iterable[str]) -> None:
        kept = set(wanted)
        seen: dict[str, dict[str, None]] = {d: {} for d in DIMENSIONS if d in kept}
        unlabelled = set()
        for labels in members:
            for dimension, names in seen.items():
                label = labels.get(dimension)
                if label is None:
                    unlabelled.add(dimension)
                else:
                    names[label] = None
        for dimension, label in extra:
            if dimension in seen:
                seen[dimension][label] = None
        self.names: list[tuple[str, str]] = [("", "")]
        for dimension, names in seen.items():
            if names:
                self.names += [(dimension, label) for label in sorted(names)]
                if dimension in unlabelled:
                    self.names.append((dimension, NONE_LABEL))
        self._index = {name: i for i, name in enumerate(self.names)}
        self._found: dict[tuple[str | None, ...], list[int]] = {}

    def of(self, labels: Labels) -> list[int]:
        """Numbers of the groups that something with these labels counts in."""
        named = tuple(labels.get(dimension) for dimension in DIMENSIONS)
        if named not in self._found:
            pairs = [(d, label or NONE_LABEL) for d, label in zip(DIMENSIONS, named, strict=True)]
            self._found[named] = [0, *(self._index[pair] for pair in pairs if pair in self._index)]
        return self._found[named]
