"""Numbers as a sales manager reads them, in the language that is spoken.

The `z` of a format leaves no sign to what rounds to nothing: no number reads -0.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from simfunnel.values.rounding import rounded
from simfunnel.wording.language import SHOWN, Told, in_english, joined, kind

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@kind
def money(value: float) -> Told:
    """Show an amount with three significant digits at most: 3.0M, 410k, 12.5M; in Chinese 300万, 41万, 1250万."""
    if in_english():
        return Told(_english_money(value), "money", value)
    from simfunnel.wording.zh import numbers

    return Told(numbers.money(value), "money", value)


@kind
def spelled_money(value: float, cents: bool = False) -> Told:
    """Show an amount to the unit, or as it was written: 952,000, 1,234.5; in Chinese as `money` does."""
    if in_english():
        return Told(f"{value:z,.15g}" if cents else f"{value:z,.0f}", "spelled_money", value, cents)
    from simfunnel.wording.zh import numbers

    return Told(numbers.money(value), "spelled_money", value, cents)


def sum_told(amounts: Iterable[float | None]) -> Told:
    """Show a sum, with negative amounts apart: 420k and -30k. One figure would hide what they cancel."""
    known = [amount for amount in amounts if amount]
    gained, lost = sum(a for a in known if a > 0), sum(a for a in known if a < 0)
    return joined([money(one) for one in (gained, lost) if one] or [money(0.0)], last=" and ")


def _english_money(value: float) -> str:
    for scale, letter in _SCALES:
        scaled = value / scale
        if abs(scaled) >= 0.9995:  # 999.96k is 1.0M: what rounds up to the next letter takes it
            digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            text = rounded(value, scale, digits)
            if digits == 2:
                text = text.removesuffix("0")
            return text + letter
    return f"{value:z,.0f}"


@kind
def plural(count: int, singular: str, many: str | None = None) -> Told:
    """Say how many: 1 deal, 2,000 deals; in Chinese with the measure word of the noun."""
    if in_english():
        text = f"{count:,} {singular if count == 1 else many or singular + 's'}"
    else:
        from simfunnel.wording.catalogue import catalogue
        from simfunnel.wording.language import spoken

        text = catalogue(spoken()).counted(count, singular)
    return Told(text, "plural", count, singular, many)


@kind
def percent(p: float, trials: int | None = None) -> Told:
    """Show a probability as a percentage; what was never, or always, seen in `trials` is not called impossible."""
    text = _percent(p, trials)
    return Told(text if in_english() else text.replace(" ", ""), "percent", p, trials)


def _percent(p: float, trials: int | None) -> str:
    if trials and p in (0.0, 1.0):
        edge = min(3 / trials, 1.0)  # the rule of three: 95 % confidence
        digits = 0 if edge >= 0.01 else 1 if edge >= 0.001 else 2 if edge >= 0.0001 else 3
        return f"<{100 * edge:.{digits}f} %" if p == 0.0 else f">{100 - 100 * edge:.{digits}f} %"
    if round(p, 9) in (0.0, 1.0):
        return f"{100 * p:z.0f} %"
    if p > 1.0:  # an error may be larger than what it is a share of
        return f"{100 * p:,.0f} %"
    if p < 0.001 or p > 0.999:
        return f"{100 * p:z.2f} %"
    if p < 0.0995 or p > 0.9005:
        return f"{100 * p:z.1f} %"
    return f"{100 * p:z.0f} %"


@kind
def signed_percent(share: float, digits: int = 0) -> Told:
    """Show a change as a percentage with its sign: +25 %."""
    text = f"{100 * share:+z,.{min(digits, 9)}f} %"
    return Told(text if in_english() else text.replace(" ", ""), "signed_percent", share, digits)


@kind
def share_of(share: float, digits: int = 1) -> Told:
    """Show a share as a percentage with so many digits: 12.5 %."""
    text = f"{100 * share:z,.{min(digits, 9)}f} %"
    return Told(text if in_english() else text.replace(" ", ""), "share_of", share, digits)


def percents(share: float, *others: float) -> list[Told]:
    """Show a share and the ends of its interval with one number of digits: 90 %, 87 % and 92 %; as many as `percent`
    shows of the finest.
    """
    sizes = [abs(x) for x in (share, *others)]
    digits = 0 if share <= 0.9005 or share >= 1.0 else 1
    if any(0 < size < 0.0995 for size in sizes):
        digits = 1
    if max(sizes) < 0.0095 or 0.9995 < share < 1.0:
        digits = 2
    return [share_of(x, digits) for x in (share, *others)]


@kind
def day_told(date: dt.date | str) -> Told:
    """Show a day: 2027-01-25; in Chinese 2027年1月25日."""
    if in_english():
        return Told(str(date), "day_told", str(date))
    from simfunnel.wording.zh import numbers

    return Told(numbers.day(date), "day_told", str(date))


SHOWN[dt.date] = day_told


def name_told(name: str) -> str:
    """Show a name, which may be a day that was kept."""
    return day_told(name) if _DAY.fullmatch(name) else name


@kind
def moment_told(moment: str) -> Told:
    """Show a time: 2027-01-25T18:16:55; in Chinese 2027年1月25日 18:16."""
    if in_english():
        return Told(moment[:19], "moment_told", moment)
    from simfunnel.wording.zh import numbers

    return Told(f"{numbers.day(moment[:10])} {moment[11:16]}".rstrip(), "moment_told", moment)


@kind
def day_of_year(month: int, day: int) -> Told:
    """Show a day of any year: 25 Dec; in Chinese 12月25日."""
    text = f"{dt.date(2000, month, day):%d %b}" if in_english() else f"{month}月{day}日"
    return Told(text, "day_of_year", month, day)


@kind
def period_told(label: str) -> Told:
    """Show the label of a period: 2027-Q1; in Chinese 2027年第一季度."""
    if in_english():
        return Told(label, "period_told", label)
    from simfunnel.wording.zh import numbers

    return Told(numbers.period(label), "period_told", label)


@kind
def chance(p: float, trials: int | None = None) -> Told:
    """Show a probability inside a sentence: 12 %, less than 0.1 %; in Chinese 不到0.1%."""
    less, more = ("less than ", "more than ") if in_english() else ("不到", "超过")
    return Told(percent(p, trials).replace("<", less).replace(">", more), "chance", p, trials)


@kind
def capitalized(text: str) -> Told:
    """Begin a sentence with a text."""
    return Told(text[:1].upper() + text[1:], "capitalized", text)


@kind
def uncapitalized(text: str) -> Told:
    """Go on with what was a sentence of its own."""
    return Told(text[:1].lower() + text[1:], "uncapitalized", text)
