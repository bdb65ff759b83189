"""Amounts, days and periods as people write them in Chinese."""

from __future__ import annotations

import datetime as dt
import re

from simfunnel.values.rounding import rounded

_SCALES = ((1e8, "亿"), (1e4, "万"))
_ORDER = "一二三四"
_LABEL = re.compile(
    r"(?P<fiscal>FY)?(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d\d)|P(?P<period>\d\d)|(?P<month>\d\d)))?"
)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\+(\d+)d")


def money(value: float) -> str:
    """Show an amount: 300万, 41.5万, 1.25亿, 7,500."""
    for scale, unit in _SCALES:
        scaled = value / scale
        if abs(scaled) >= 0.99995 if scale == 1e8 else abs(round(value)) >= scale:  # 9999.6万 is 1亿
            digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            text = rounded(value, scale, digits)
            return (text.rstrip("0").rstrip(".") if digits else text) + unit
    return f"{value:z,.0f}"


def day(date: dt.date | str) -> str:
    """Show a day: 2027年1月25日; what is none stays as it is."""
    try:
        found = date if isinstance(date, dt.date) else dt.date.fromisoformat(date[:10] if len(date) > 10 else date)
    except ValueError:
        return str(date)
    return f"{found.year}年{found.month}月{found.day}日"


def period(label: str) -> str:
    """Show the label of a period: 2027年第一季度, 2027财年第一季度, 2027年1月, 2027年第5周."""
    days = _DAYS.fullmatch(label)
    if days is not None:
        return f"{day(days[1])}起{int(days[2])}天"
    found = _LABEL.fullmatch(label)
    if found is None:
        return "合计" if label == "total" else label
    year = f"{found['year']}{'财年' if found['fiscal'] else '年'}"
    if found["quarter"]:
        return f"{year}第{_ORDER[int(found['quarter']) - 1]}季度"
    if found["week"]:
        return f"{year}第{int(found['week'])}周"
    if found["period"]:
        return f"{year}第{int(found['period'])}期"
    return f"{year}{int(found['month'])}月" if found["month"] else year
