"""What a deal is called, everywhere: its name, with so much of its id that deals are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simfunnel.wording.language import tell

if TYPE_CHECKING:  # a page that names no deal waits for nothing that computes
    from simfunnel.funnel.book import OpenBook

WHOLE_ID = 12
"""An id of more characters is cut to its end: the ids of a CRM begin alike."""
LEAST_END = 8


class Deal(Protocol):
    """What has a name."""

    @property
    def id(self) -> str:
        """What it is found by."""

    @property
    def name(self) -> str | None:
        """What people call it."""

    @property
    def account(self) -> str | None:
        """Whose deal it is."""


class Known(NamedTuple):
    """A deal, and what people call it."""

    id: str
    name: str | None
    account: str | None


def deals_of(book: OpenBook) -> list[Known]:
    """Give all open deals of a forecast."""
    return [Known(*deal) for deal in zip(book.id, book.name, book.account, strict=True)]


def deal_titles(
    deals: Sequence[Deal],
    room: int = 40,
    *,
    always_id: bool = True,
    among: Sequence[Deal] | None = None,
    with_id: bool = False,
) -> list[str]:
    """Call each deal something that no other of them is called.

    Its name; where several have it, account and name; else its account. Behind these the end of its id, where
    another is called the same or nobody named the deal itself. Without any of them its id.

    Parameters
    ----------
    deals
        Those shown together.
    room
        Columns of a terminal that a name may take; a longer one is cut.
    always_id
        Whether the id stands behind every name: where it is needed to find the deal.
    among
        All deals that are called something; default those shown.
    with_id
        Whether the id, where it stands, takes of the room.
    """
    whole = deals if among is None else among
    ends = _ends([deal.id for deal in whole])
    count = Counter(deal.name for deal in whole)
    again = Counter(fitted(_name(deal, count), room) for deal in whole)
    titles = []
    for deal in deals:
        name = _name(deal, count)
        short = fitted(name, room)
        behind = always_id or again[short] > 1 or not deal.name
        if name == deal.id or not behind:
            titles.append(name if name == deal.id else short)
            continue
        end = f" ({ends[deal.id]})"
        titles.append((fitted(name, max(room - len(end), 1)) if with_id else short) + end)
    return titles


def told_titles(deals: Iterable[Deal], room: int = 60) -> dict[str, str]:
    """Call deals so in sentences, by their ids, of which each remembers its parts: what must not be shown is found."""
    known = list(deals)
    count = Counter(deal.name for deal in known)
    again = Counter(fitted(_name(deal, count), room) for deal in known)
    titles = {}
    for deal in known:
        name, told = _name(deal, count), fitted(deal.name or deal.account or deal.id, room)
        if _prefixed(deal, count):
            told = tell("{account}: {name}", account=fitted(deal.account or "", room), name=told)
        behind = name != deal.id and (again[fitted(name, room)] > 1 or not deal.name)
        titles[deal.id] = tell("{name} ({id})", name=told, id=deal.id) if behind else told
    return titles


def _name(deal: Deal, count: Counter[str | None]) -> str:
    name = deal.name or deal.account or deal.id
    return f"{deal.account}: {name}" if _prefixed(deal, count) else name


def _prefixed(deal: Deal, count: Counter[str | None]) -> bool:
    """Whether the account stands before a name: others have that name, and it does not tell the account."""
    if not deal.name or not deal.account or count[deal.name] < 2:
        return False
    return deal.account.casefold() not in deal.name.casefold()


def fitted(text: str, room: int) -> str:
    """Cut a text to so many columns of a terminal: a Chinese character takes two."""
    from rich.cells import cell_len, set_cell_size  # a sentence of a plan that names no deal waits for none of it

    line = " ".join(text.split())
    return line if cell_len(line) <= room else set_cell_size(line, room - 1).rstrip() + "…"


def _ends(ids: Sequence[str]) -> dict[str, str]:
    """Give each id, long ones by their end: as many characters as it takes to tell them apart."""
    size = LEAST_END
    while len({i[-size:] for i in ids}) < len(set(ids)):
        size += 1
    return {i: i if len(i) <= max(WHOLE_ID, size) else f"…{i[-size:]}" for i in ids}
