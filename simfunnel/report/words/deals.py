"""What a deal is called in tables and plots: its name, with so much of its id that deals are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a page that names no deal waits for nothing that computes
    from simfunnel.planning.pairs.by_deal import MustClose

WHOLE_ID = 12
"""An id of more characters is cut to its end: the ids of a CRM begin alike."""
LEAST_END = 8


def deal_titles(deals: Sequence[MustClose], room: int = 40, *, always_id: bool = True) -> list[str]:
    """Call each deal something that no other of them is called.

    Parameters
    ----------
    deals
        Those shown together.
    room
        Columns of a terminal that a name may take; a longer one is cut.
    always_id
        Whether the id stands behind every name; without, behind those that would be called the same.
    """
    ends = _ends([deal.id for deal in deals])
    count = Counter(deal.name for deal in deals)
    names = []
    for deal in deals:
        name = deal.name or deal.account or deal.id
        names.append(f"{deal.account}: {name}" if deal.name and deal.account and count[name] > 1 else name)
    shown = [fitted(name, room) for name in names]
    again = Counter(shown)
    return [
        name if name == deal.id else f"{short} ({end})" if always_id or again[short] > 1 else short
        for deal, name, short, end in zip(deals, names, shown, ends, strict=True)
    ]


def fitted(text: str, room: int) -> str:
    """Cut a text to so many columns of a terminal: a Chinese character takes two."""
    from rich.cells import cell_len, set_cell_size  # a sentence of a plan that names no deal waits for none of it

    line = " ".join(text.split())
    return line if cell_len(line) <= room else set_cell_size(line, room - 1).rstrip() + "…"


def _ends(ids: Sequence[str]) -> list[str]:
    """Give each id, long ones by their end: as many characters as it takes to tell them apart."""
    size = LEAST_END
    while len({i[-size:] for i in ids}) < len(set(ids)):
        size += 1
    return [i if len(i) <= max(WHOLE_ID, size) else f"…{i[-size:]}" for i in ids]
