"""What a workbook calls its sheets and columns: in English the names of files and keys, in Chinese words."""

from __future__ import annotations

import re

from simfunnel.funnel.model import NONE_LABEL
from simfunnel.report.words.backtest import method_name
from simfunnel.report.words.changes import called
from simfunnel.report.xlsx.sheets import Sheet, Value
from simfunnel.wording.language import in_english, told_key
from simfunnel.wording.numbers import period_told

_LEVEL = re.compile(r"quantiles_0\.(\d+)")
_AGES = re.compile(r"open_(\d+)_(\d+|on)_")
_END = re.compile(r"(.+)-(lo|hi)-(\d+)")
_ENDS = {"lo": "low", "hi": "high"}
_KEYED = {
    "against_all": "keys", "group_against_all": "keys", "dimension": "words", "group": "keys", "unique_id": "keys",
}  # fmt: skip
"""Column -> table of the catalogue that has its values."""


def told_sheet(sheet: Sheet) -> Sheet:
    """Call a sheet, its columns and the keys in them as people do, in the language that is spoken."""
    if in_english():
        return sheet
    rows = [[_told(column, value) for column, value in zip(sheet.columns, row, strict=True)] for row in sheet.rows]
    return Sheet(told_key("sheets", sheet.name), [told_head(name) for name in sheet.columns], rows, sheet.formats)


def told_head(column: str) -> str:
    """Call a column by words for what its name is made of; one with a part that is not ours stays as it is."""
    if (end := _END.fullmatch(column)) is not None:
        return f"{told_head(end[1])} {end[3]}% {told_key('words', _ENDS[end[2]])}"
    rest = _LEVEL.sub(lambda level: f"p{100 * float(f'0.{level[1]}'):g}", column)
    rest = _AGES.sub(lambda ages: f"open_{ages[1]}-{ages[2].replace('on', '')}_days_", rest)
    parts, words = rest.split("_"), []
    while parts:
        size, word = next(((n, w) for n in range(len(parts), 0, -1) if (w := _word("_".join(parts[:n])))), (0, ""))
        if not size:
            return column
        parts = parts[size:]
        words.append(word)
    return " ".join(words)


def _word(name: str) -> str | None:
    found = told_key("words", name)
    if found != name:
        return found
    if re.fullmatch(r"p\d+(\.\d+)?", name):
        return name.upper()
    if re.fullmatch(r"[\d.]+|\d+-\d*", name):
        return name
    return str(period_told(name)) if period_told(name) != name else None


def _told(column: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if value == NONE_LABEL:
        return str(called(value))
    if column == "method":
        return str(method_name(value))
    if column == "flags":
        return " ".join(told_key("terms", flag) for flag in value.split())
    if column == "period":
        return str(period_told(value))
    return told_key(_KEYED[column], value) if column in _KEYED else value
