"""Dates and times as YAML or JSON give them: dates, or text in ISO form."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from simfunnel.values.messages import show


def parse_date(value: object) -> date:
    """Read a calendar day; a time of day is an error."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()) if len(value.strip()) == 10 else _reject(value)
        except ValueError:
            _reject(value)
    if isinstance(value, datetime):
        return value.date() if value.tzinfo is None and value.time() == time() else _reject(value)
    if isinstance(value, date):
        return value
    return _reject(value)


def parse_moment(value: object) -> date | datetime:
    """Read a calendar day or a day with a time."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(text := value.strip()) >= 10:
        try:
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"expected a date such as 2027-01-31, or a date with a time, found {show(value)}")


def _reject(value: object) -> date:
    raise ValueError(f"expected a date such as 2027-01-31, found {show(value)}")


_iso = PlainSerializer(lambda value: value.isoformat(), return_type=str, when_used="json-unless-none")

Day = Annotated[date, PlainValidator(parse_date), _iso, WithJsonSchema({"type": "string", "format": "date"})]
"""A calendar day."""
Moment = Annotated[
    date | datetime,
    PlainValidator(parse_moment),
    _iso,
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ].*)?$"}),
]
"""A calendar day, or a day with a time."""
