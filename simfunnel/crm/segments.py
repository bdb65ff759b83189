"""From the segment in the file to a segment of the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simfunnel.values.cells import clean, key


def map_segments(
    labels: Sequence[str | None], segment_map: Mapping[str, str | None], segments: Sequence[str]
) -> list[str | None]:
    """Name the segment of each row.

    Listed values come first (null is no segment), then the scenario's own segments in its spelling, then
    `"*"` for the rest, blank cells included; other values stay as they are.
    """
    listed = {clean(raw): segment for raw, segment in segment_map.items() if raw != "*"}
    loosely = {key(raw): segment for raw, segment in listed.items()}
    own = {key(segment): segment for segment in segments}

    def place(raw: str | None) -> str | None:
        if raw is not None and raw in listed:
            return listed[raw]
        if raw is not None and key(raw) in loosely:
            return loosely[key(raw)]
        if raw is not None and key(raw) in own:
            return own[key(raw)]
        return segment_map.get("*", raw)

    memory = {raw: place(raw) for raw in set(labels)}
    return [memory[raw] for raw in labels]
