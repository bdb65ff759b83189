"""What deals are called in a report: one name each, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simfunnel.report.html.material import Material
from simfunnel.report.words.deals import Known, deal_titles, told_titles

WHOLE, SHORT = 1 << 16, 32
"""Columns of a name: a page has room, a chart has little."""


def deal_names(m: Material) -> Mapping[str, str]:
    """Give the name of every deal that a result of a report tells of, by its id."""
    return told_titles(_known(m), WHOLE)


def short_deal_names(m: Material) -> Mapping[str, str]:
    """Give the same where there is little room: of a long id its end."""
    known = _known(m)
    titles = deal_titles(known, SHORT, always_id=False, with_id=True)
    return dict(zip((deal.id for deal in known), titles, strict=True))


def _known(m: Material) -> list[Known]:
    known: dict[str, Known] = {}
    for deal in _told_of(m):
        before = known.get(deal["id"], Known(deal["id"], None, None))
        account = before.account or deal.get("account") or None
        known[deal["id"]] = Known(deal["id"], before.name or deal["name"] or None, account)
    for deal in _planned(m):
        known.setdefault(deal["id"], Known(deal["id"], deal["name"], None))
    return list(known.values())


def _told_of(m: Material) -> Iterator[Mapping[str, Any]]:
    yield from (m.stress or {}).get("must_close", ())
    yield from (m.health or {}).get("deals", ())
    for other in (m.changes or {}).get("others", ()):
        for step in other["waterfall"] or ():
            yield from step.get("named") or ()


def _planned(m: Material) -> Iterator[Mapping[str, Any]]:
    """Deals of a plan, which calls a deal without a name by its account."""
    found = (m.plan or {}).get("deals")
    if found is not None:
        yield from found["named"]
        for one in found["alternatives"]:
            yield from one["named"] or ()
