"""Which meanings of its words make a header that of a field."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.crm.words.header_words import LEXICON

NEUTRAL = frozenset({"nothing", "deal", "is"})
"""Meanings that may stand in any header."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Meanings a header must have, and those it may have besides."""

    field: str
    needed: frozenset[str]
    allowed: frozenset[str]


def _formula(field: str, needed: str, allowed: str = "") -> Formula:
    return Formula(field, frozenset(needed.split()), frozenset(allowed.split()) | NEUTRAL)


FORMULAS: tuple[Formula, ...] = (
    _formula("stage", "stage", "name pipeline"),
    _formula("stage", "stage id"),
    _formula("id", "id", "code"),
    _formula("status", "status"),
    _formula("status", "state"),
    _formula("status_detail", "status reason", "state"),
    _formula("outcome", "outcome", "close closed actual status"),
    _formula("stage_entered", "stage entered", "date last"),
    _formula("stage_entered", "stage modified", "date last"),
    _formula("stage_entered", "stage date"),
    _formula("stage_entered", "entered", "date"),
    _formula("age", "stay", "duration stage date"),
    _formula("age", "stage duration", "date"),
    _formula("amount", "amount", "contract close taxed"),
    _formula("amount", "amount expected", "contract close taxed"),
    _formula("amount", "tcv", "taxed"),
    _formula("amount", "acv", "taxed"),
    _formula("amount", "arr", "taxed"),
    _formula("amount", "size", "taxed"),
    _formula("amount", "revenue", "contract taxed"),
    _formula("amount", "amount home", "currency taxed"),
    _formula("amount_won", "amount actual", "contract taxed"),
    _formula("amount_won", "revenue actual", "contract taxed"),
    _formula("amount_won", "amount won", "closed taxed"),
    _formula("currency", "currency", "code name id"),
    _formula("currency", "currency amount", "code name contract expected close"),
    _formula("owner", "owner", "name"),
    _formula("owner", "owner id"),
    _formula("team", "team", "name owner"),
    _formula("segment", "segment", "name"),
    _formula("source", "source", "name lead"),
    _formula("created", "created", "date"),
    _formula("close_date", "close expected", "date"),
    _formula("close_date", "close", "date"),
    _formula("close_date", "closed expected", "date"),
    _formula("close_date", "close forecast", "date"),
    _formula("closed", "closed date", "actual"),
    _formula("closed", "close actual", "date"),
    _formula("closed", "closed", "actual"),
    _formula("won_date", "won date", "closed close"),
    _formula("won_date", "won", "closed"),
    _formula("lost_date", "lost date", "closed close"),
    _formula("lost_date", "lost", "closed"),
    _formula("is_won", "won", "closed"),
    _formula("is_lost", "lost", "closed"),
    _formula("is_closed", "closed"),
    _formula("is_open", "open"),
    _formula("is_open", "not closed"),
    _formula("is_active", "active"),
    _formula("is_deleted", "deleted", "status"),
    _formula("is_deleted", "deleted date"),
    _formula("is_archived", "archived", "status"),
    _formula("is_archived", "archived date"),
    _formula("is_void", "void", "status"),
    _formula("lost_reason", "lost reason", "closed close"),
    _formula("probability", "probability", "won close stage percent"),
    _formula("forecast_category", "forecast category"),
    _formula("last_activity", "activity last", "date"),
    _formula("pipeline", "pipeline", "name id"),
    _formula("name", "name"),
    _formula("account", "account", "name"),
    _formula("product", "product", "name id code"),
    _formula("modified", "modified", "date last"),
    _formula("snapshot", "snapshot", "date"),
    _formula("exited", "exited", "date stage"),
)
"""In order of preference: of two headers for a field, the one whose formula stands first; content decides before."""


def fields_of(parts: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Return (place in `FORMULAS`, field) of every field that a header of these words could hold."""
    meaning = LEXICON.read(parts)
    if meaning.unknown or not meaning.said:
        return ()
    said = meaning.set
    return tuple(
        (place, formula.field)
        for place, formula in enumerate(FORMULAS)
        if formula.needed <= said <= formula.needed | formula.allowed
    )
