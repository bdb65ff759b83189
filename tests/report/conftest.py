from __future__ import annotations

from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "plots",
    "as_of": "2027-01-04",
    "periods": {"unit": "quarter", "count": 2},
    "stages": [
        {"name": "Demo", "conversion": {"mean": 0.5, "n": 80}, "duration": {"exponential": 10}},
        {"name": "Offer", "conversion": 0.6, "duration": {"exponential": 15}},
    ],
    "pipeline": {
        "opportunities": [
            {
                "id": f"deal {i}",
                "stage": ["Demo", "Offer"][i % 2],
                "age": 3,
                "amount": 1000 + 100 * i,
                "owner": "AB"[i % 2],
            }
            for i in range(20)
        ]
    },
    "closed": [{"period": "2027-Q1", "amount": 3000}],
    "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "week", "mean": 2}, "amount": 1500}],
    "correlation": {"market": 0.1},
    "targets": [{"period": "2027-Q1", "amount": 20_000}],
    "simulation": {"trials": 2000},
}


def shown(axes: Axes) -> list[Text]:
    """Texts inside a pair of axes that say something; the first is the subtitle and stands above."""
    return [text for text in axes.texts[1:] if text.get_text()]


def overlapping(figure: Figure, texts: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts that lie on one another as drawn."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in texts]  # without the arrow of an annotation
    return [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if x.overlaps(y)]
