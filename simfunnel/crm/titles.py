"""Unit and currency that a title above the table states for all of its amounts: `Values in $ thousands`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from simfunnel.crm.currency import SYMBOLS
from simfunnel.crm.words.units import CODES, WORDLIKE, Measure, measure
from simfunnel.values.words import Lexicon, fold, split_words
from simfunnel.wording.findings import Finding

_AROUND = Lexicon(
    {
        "around": """
    all, every, any, each, the, in, of, as, are, is, and, or, at, to, x, us, note, notes, values, value, figures,
    figure, numbers, number, amounts, amount, money, monetary, currency, currencies, unit, units, scale, stated, shown,
    reported, given, expressed, displayed, denominated, rounded, revenue, prices, price, deal, deals, pipeline, report,
    alle, werte, wert, betrage, betrag, angaben, angabe, zahlen, summen, wahrung, einheit, einheiten, der, die, das,
    und, angegeben, ausgewiesen, tous, toutes, les, le, la, l, d, des, du, en, montants, montant, valeurs,
    valeur, chiffres, devise,
    unite, exprimes, exprimees, sont, de, todos, todas, los, las, valores, valor, importes, importe, montos, monto,
    cifras, moneda, unidad, unidades, expresados, expresadas, son, os, as, montantes, quantias, moeda, unidade, em,
    expressos, tutti, tutte, gli, i, importi, importo, valori, valore, cifre, valuta, unita, espressi, espresse, sono,
    di, все, суммы, сумма, значения, цифры, валюта, единица, единицы, в, измерения, указаны, 单位, 金额, 数据, 货币,
    币种, 以, 为, 单, 均, 所有, 全部, 計, 単位, 金額, 通貨, すべて, は, の"""
    }
)
"""Words of a sentence that says nothing but in what the amounts are."""


_PARTS = re.compile(r"[()\[\]{},;|\uff08\uff09\uff0c\uff1b\u3010\u3011]|\s[-\u2013\u2014]\s")
"""What parts a title: `Pipeline of March (in EUR thousand)`."""


def title_measure(titles: Sequence[str]) -> tuple[Measure | None, str | None, tuple[str, ...]]:
    """Return what the titles state of all amounts, the title that does, and those that name a unit in other words."""
    stated: Measure | None = None
    by: str | None = None
    doubtful: list[str] = []
    for title in titles:
        found = measure(_without_words_like_codes(title))
        if found.unit is None and found.currency is None:
            continue
        parts = [part for part in (title, *_PARTS.split(title)) if _is_plain(part)]
        plain = bool(parts)
        if plain and measure(_without_words_like_codes(parts[0])) != found:
            own = measure(_without_words_like_codes(parts[0]))
            plain = (own.factor, own.currency) == (found.factor, found.currency)  # nothing else in it says so too
            found = own
        if plain and stated is None:
            stated, by = found, title
        elif plain and stated is not None and _agree(stated, found):
            stated = replace(
                stated, factor=stated.factor if stated.unit else found.factor, unit=stated.unit or found.unit,
                currency=stated.currency or found.currency,
            )  # fmt: skip
            by = f"{by}; {title}"
        else:
            doubtful.append(title)
    return stated, by, tuple(doubtful)


def _is_plain(text: str) -> bool:
    """Whether a text states a unit or a currency and nothing else."""
    found = measure(_without_words_like_codes(text))
    states = found.unit is not None or found.currency is not None
    return states and not _AROUND.read(tuple(word for word in found.words if not word.isdigit())).unknown


def apply_titles(
    titles: Sequence[str], measures: Mapping[str, Measure], *, own_currency: bool, stated_unit: bool
) -> tuple[dict[str, Measure], list[Finding]]:
    """Give the amounts the unit and currency of the titles where their headers state none.

    Parameters
    ----------
    own_currency
        Whether a column states the currency of every row, which then holds.
    stated_unit
        Whether the scenario states the unit.
    """
    found, by, doubtful = title_measure(titles)
    said = [_unread(title) for title in doubtful if measures and not stated_unit]
    read = dict(measures)
    if found is None or not measures:
        return read, said
    if any(not _agree(found, own) for own in measures.values()):
        return read, [*said, _unread(by or "")]
    for name, own in measures.items():
        unit = own if own.unit is not None or own.factor != 1 else found
        currency = own.currency or (None if own_currency else found.currency)
        read[name] = replace(own, factor=unit.factor, unit=unit.unit, currency=currency)
    if read != measures and not stated_unit:
        fields = {"title": by, "unit": found.unit, "factor": found.factor, "currency": found.currency}
        said.append(Finding("title_unit", fields, key="pipeline.amount_unit"))
    return read, said


def unread_footers(texts: Sequence[str], measures: Mapping[str, Measure]) -> list[Finding]:
    """Name the notes below or among the rows that state a unit or a currency which the amounts were not read in."""
    found, by, _ = title_measure(texts)
    read = measures.get("amount")
    if found is None or read is None:
        return []
    unit = found.unit is not None and (read.unit is None or read.factor != found.factor)
    currency = found.currency is not None and not _agree(replace(read, unit=None), replace(found, unit=None))
    return [_unread(by or "")] if unit or currency else []


def _agree(one: Measure, other: Measure) -> bool:
    """Whether two statements can both hold."""
    units = one.unit is None or other.unit is None or one.factor == other.factor
    a, b = one.currency, other.currency
    same = a is None or b is None or a == b or b in SYMBOLS.get(a, ()) or a in SYMBOLS.get(b, ())
    return units and same


def _unread(title: str) -> Finding:
    return Finding("title_unit_unread", {"title": title}, key="pipeline.amount_unit")


def _without_words_like_codes(title: str) -> str:
    """Leave out the codes of currencies that are words too: a title in capitals is full of them (`ALL DEALS`)."""
    for part in split_words(title):
        if part in CODES and fold(part) in WORDLIKE:
            title = title.replace(part, part.lower())
    return title
