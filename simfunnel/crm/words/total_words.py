"""Labels of totals, in nine languages."""

from __future__ import annotations

import re

from simfunnel.values.words import Lexicon, fold, words

TOTAL_WORDS = """
        total, totals, subtotal, subtotals, grand total, sum, sums, count, average, avg, mean, median, min, max,
        summe, summen, gesamt, gesamtsumme, gesamtergebnis, zwischensumme, endsumme, anzahl, mittelwert, durchschnitt,
        totaux, sous total, somme, moyenne, total general, suma, subtotales, totales, promedio, totais, soma, media,
        totale, totali, somma, subtotale, итого, всего, сумма, среднее, 合计, 总计, 总和, 小计, 总数, 平均, 合計,
        総計, 小計"""
SUM_WORDS = """
        total, totals, subtotal, subtotals, sub total, sub totals, grand total, sum, summe, gesamt, gesamtsumme,
        gesamtergebnis, zwischensumme, teilsumme, endsumme, totaux, sous total, soustotal, somme, total general,
        suma, subtotales, totales, sub totales, totais, soma, totale, totali, subtotale, somma, parziale, итого, всего,
        итог, подытог, промежуточный итог, 合计, 总计, 总和, 小计, 合計, 総計, 小計"""
"""Those of sums, without averages and counts, which are names as well."""
_SUMS = Lexicon({"sum": SUM_WORDS})
_TOTALS = Lexicon({
    "total": TOTAL_WORDS,
    "records": """
        records, record, rows, row, entries, eintrage, datensatze, zeilen, enregistrements, lignes, registros, filas,
        linhas, righe, записей, строк, 条, 件, 记录, 行""",
    "beside": "deals, deal, opportunities, opportunity, items, of, the, for, der, die, grand, general, overall",
})  # fmt: skip
_RECORDS = "record, row, entri, eintr, datens, zeile, enreg, ligne, regist, fila, linha, righ, запис, строк, 条, 件, 行"
_MAY_BE_TOTAL = re.compile(
    "|".join(re.escape(word.strip()) for word in f"{TOTAL_WORDS}, {_RECORDS}".split(",")), re.IGNORECASE
)
_MAY_BE_SUM = re.compile("|".join(re.escape(word.strip()) for word in SUM_WORDS.split(",")), re.IGNORECASE)


def is_total(text: str) -> bool:
    """Whether a text is the label of a total: `Total`, `Grand Totals (3 records)`, `合计`; not `Total Energies`."""
    if not (_MAY_BE_TOTAL.search(text) or (not text.isascii() and _MAY_BE_TOTAL.search(fold(text)))):
        return False
    meaning = _TOTALS.read(tuple(word for word in words(text) if not word.isdigit()))
    counted = "records" in meaning.said and any(character.isdigit() for character in text)
    return not meaning.unknown and ("total" in meaning.said or counted)


def is_subtotal(text: str) -> bool:
    """Whether a text has a word for a sum in it, beside words that say of what: `Bob subtotal`, `Summe Nord`.

    Asked only where something else speaks against a deal too: companies are called Total as well.
    """
    if not (_MAY_BE_SUM.search(text) or (not text.isascii() and _MAY_BE_SUM.search(fold(text)))):
        return False
    return "sum" in _SUMS.read(tuple(word for word in words(text) if not word.isdigit())).said
