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

    def of(self, labels: Labels) -> list[int]:
        """Numbers of the groups that something with these labels counts in."""
        found = [0]
        for dimension in DIMENSIONS:
            key = (dimension, labels.get(dimension) or NONE_LABEL)
            if key in self._index:
                found.append(self._index[key])
        return found
