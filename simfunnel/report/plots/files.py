"""Writing pictures to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from simfunnel.report.plots.style import plot_style
from simfunnel.wording.shown_text import in_picture


def _metadata(suffix: str, line: str) -> dict[str, str | None]:
    """How to make the picture again, where the format keeps it; no date, so that equal forecasts give equal files."""
    line = in_picture(line, len(line))
    if suffix == "svg":
        return {"Date": None, "Description": line}
    return {"Description": line} if suffix == "png" else {"Subject": line, "CreationDate": None}


def save_figures(
    figures: Mapping[str, Callable[[], Figure]],
    folder: Path,
    *,
    texts: Sequence[str],
    provenance: str,
    formats: Sequence[str] = ("png", "svg"),
) -> list[Path]:
    """Draw figures, each by its function, and write each in every format; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with plot_style(texts):
        for name, make in figures.items():
            figure = make()
            for suffix in formats:
                path = folder / f"{name}.{suffix}"
                figure.savefig(path, metadata=_metadata(suffix, provenance))
                written.append(path)
    return written
