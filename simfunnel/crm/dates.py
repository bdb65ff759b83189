"""Single dates as people and CRMs write them; columns of dates are in `date_columns`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from simfunnel.values.words import fold

EXCEL_EPOCH = datetime(1899, 12, 30)
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCHS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6))
"""Least number since 1970 that is taken for milliseconds, micro- and nanoseconds (1973), and milliseconds in one."""
SECONDS = (5e8, 5e9)
"""Numbers that are taken for seconds since 1970: 1985 to 2128."""
MONTHS = {
    fold(name): number
    for number, names in enumerate(
        ("jan january januar jänner janner janvier janv enero ene janeiro gennaio gen январь января янв",
         "feb february februar feber février fevr fev febrero febrer fevereiro febbraio февраль февраля фев февр",
         "mar march märz maerz mrz mars marzo março mar март марта мар",
         "apr april avril avr abril abr aprile апрель апреля апр",
         "may mai mayo maio mag maggio май мая",
         "jun june juni juin junio junho giu giugno июнь июня июн",
         "jul july juli juillet juil julio julho lug luglio июль июля июл",
         "aug august août aout agosto ago август августа авг",
         "sep sept september septembre septiembre setembro set settembre сентябрь сентября сен сент",
         "oct october okt oktober octobre octubre outubro out ottobre ott октябрь октября окт",
         "nov november novembre noviembre novembro ноябрь ноября ноя нояб",
         "dec december dez dezember décembre diciembre dic dezembro dicembre декабрь декабря дек"), start=1)
    for name in names.split()
}  # fmt: skip
"""Folded name of a month, as nine languages write and shorten it -> its number."""

_TIME = re.compile(
    r"(?P<date>.*?)(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?$"
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})$")
_NUMERIC = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})$")
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? +)?"
_DAY_MONTH = re.compile(
    _WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th|er|º)?[ \-./]+(?:de |of )?([^\W\d_]{3,10})\.?,?[ \-./]+"
    r"(?:de )?(\d{4}|\d{2})(?: ?г\.?)?$"
)
_MONTH_DAY = re.compile(_WEEKDAY + r"([^\W\d_]{3,10})\.?[ \-]+(\d{1,2})(?:st|nd|rd|th)?,?[ \-]+(\d{4})$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]|$)")


@dataclass(frozen=True, slots=True)
class Undecided:
    """A date like `02/03/2027`: readable once somebody says which part is the day."""

    first: int
    second: int
    year: int
    separator: str
    clock: time
    zone: timezone | None

    def decide(self, day_first: bool) -> datetime | None:
        """Return the date with the day first, or the month first; None if there is no such date."""
        day, month = (self.first, self.second) if day_first else (self.second, self.first)
        return _build(self.year, month, day, self.clock, self.zone)


def parse_date(cell: str | float | date) -> datetime | Undecided | None:
    """Read one date: ISO, day or month first, year first, month names, Excel serial, epoch.

    Returns
    -------
    datetime, Undecided or None
        None if the text is no date. Aware where the text states an offset.
    """
    if isinstance(cell, datetime):
        return cell if type(cell) is datetime else datetime.fromisoformat(cell.isoformat())
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, (int, float)):
        return _from_number(float(cell))
    if _ISO.match(cell):
        try:
            return datetime.fromisoformat(cell)
        except ValueError:
            pass
    match = _TIME.match(cell)
    if match is None:
        return None
    text = match["date"].strip()
    if _NUMBER.match(text) and not _COMPACT.match(text):
        return _from_number(float(text))
    clock, zone = _clock(match), _zone(match["zone"])
    if clock is None:
        return None
    if parts := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        return _build(int(parts[1]), int(parts[2]), int(parts[3]), clock, zone)
    if parts := _NUMERIC.match(text):
        first, separator, second, year = int(parts[1]), parts[2], int(parts[3]), _year(parts[4])
        if separator == ".":
            return _build(year, second, first, clock, zone)
        found = Undecided(first, second, year, separator, clock, zone)
        return None if found.decide(True) is None and found.decide(False) is None else found
    if parts := _DAY_MONTH.match(text):
        return _build(_year(parts[3]), MONTHS.get(fold(parts[2]), 0), int(parts[1]), clock, zone)
    if parts := _MONTH_DAY.match(text):
        return _build(_year(parts[3]), MONTHS.get(fold(parts[1]), 0), int(parts[2]), clock, zone)
    return None


def parse_with_format(text: str, date_format: str) -> datetime | None:
    """Read a date by the format the user stated, with or without a time of day after it."""
    for candidate, clock in ((text, time()), *_without_time(text)):
        try:
            found = datetime.strptime(candidate, date_format)
        except ValueError:
            continue
        return found if candidate == text else datetime.combine(found, clock)
    return None


def local(moment: datetime, time_zone: str | None) -> datetime | None:
    """Wall-clock time without offset: in `time_zone` if given, else as written; None beyond the calendar."""
    if moment.tzinfo is None:
        return moment
    try:
        return (moment.astimezone(_zone_info(time_zone)) if time_zone else moment).replace(tzinfo=None)
    except OverflowError:
        return None


@lru_cache(maxsize=16)
def _zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _without_time(text: str) -> tuple[tuple[str, time], ...]:
    match = _TIME.match(text)
    if match is None or match["hour"] is None:
        return ()
    clock, zone = _clock(match), _zone(match["zone"])
    return () if clock is None else ((match["date"].strip(), clock.replace(tzinfo=zone)),)


def _from_number(number: float) -> datetime | None:
    if 20_000 <= number < 80_000:
        return EXCEL_EPOCH + timedelta(seconds=round(number * 86400))
    for least, unit in EPOCHS:
        if least <= number < 100 * least:
            return UNIX_EPOCH + timedelta(milliseconds=number * unit)
    if SECONDS[0] <= number < SECONDS[1]:
        return UNIX_EPOCH + timedelta(seconds=number)
    if 19_000_101 <= number < 21_000_101 and (parts := _COMPACT.match(str(int(number)))):
        return _build(int(parts[1]), int(parts[2]), int(parts[3]), time(), None)
    return None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _build(year: int, month: int, day: int, clock: time, zone: timezone | None) -> datetime | None:
    try:
        return datetime(year, month, day, clock.hour, clock.minute, clock.second, clock.microsecond, zone)
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> time | None:
    if match["hour"] is None:
        return time()
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(
            hour,
            int(match["minute"]),
            int(match["second"] or 0),
            int((match["fraction"] or "0")[:6].ljust(6, "0")),
        )
    except ValueError:
        return None


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
