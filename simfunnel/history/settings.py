"""What a person writes under `history:`: where the history is, and how it is read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from simfunnel.scenario.pipeline import Pipeline
from simfunnel.scenario.places import StoreSpelling
from simfunnel.values.dates import Day
from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.names import Label, Name
from simfunnel.values.numbers import Positive

Format = Literal["auto", "events", "wide", "snapshots", "changes", "two_dates", "xes"]


class HistorySettings(Frozen):
    """Where the history of past deals is and how it is read."""

    file: Name | None = None
    """A data file, or a folder of dated exports, relative to the file that says so."""
    store: StoreSpelling | None = None
    """In place of a file: the snapshots that are kept in a store."""
    url: Name | None = None
    """In place of a file: a database, as a URL of SQLAlchemy; ${VAR} stands for an environment variable."""
    sql: Name | None = None
    """The query whose answer is read as a file would be."""
    format: Format = "auto"
    """What the rows are; default: found."""
    stages: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Stages in order; default: those of the CRM, or found in the file."""
    columns: dict[Name, Name | None] = Field(default_factory=dict)
    """What a column means (a field, or a stage whose entry it dates) -> its header; null: do not use."""
    stage_field: Name | None = None
    """In a log of changes, the field that is the stage; default: its usual names."""
    stage_map: dict[Label, Name | None] = Field(default_factory=dict)
    """Stage in the file -> stage, Won, Lost, Void, or null to leave it out; a key ending in "*" matches a beginning."""
    won: tuple[Label, ...] = ()
    """Stages or outcomes that are won, beside the usual words."""
    lost: tuple[Label, ...] = ()
    """Stages or outcomes that are lost."""
    void: tuple[Label, ...] = ()
    """Stages or outcomes that say it was no deal."""
    time_zone: Name | None = None
    """IANA time zone in which days begin; default UTC."""
    since: Day | None = None
    """Nothing before is used; deals alive then enter late."""
    undated: Literal["known", "unknown"] = "known"
    """Whether facts without a time are known from the creation of their deal on, or never."""
    date_format: Name | None = None
    """Format of dates, such as ``%d/%m/%Y``; default: detected."""
    file_date: Name | None = None
    """Format of the day in the names of files, such as ``%m%d%Y``; default: found over all of them."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign; default: detected."""
    amount_unit: Positive | None = None
    """What 1 in the column of amounts is worth; default: what its header says, else 1."""
    sheet: Name | None = None
    """Sheet of a workbook; default: all that hold the same kind of table."""
    header_row: Annotated[int, Field(ge=1)] | None = None
    """Row of the headers as a spreadsheet counts; default: found."""
    encoding: Name | None = None
    """Encoding of a text file; default: detected."""
    delimiter: Annotated[str, Field(min_length=1)] | None = None
    """Character between the columns of a text file; default: detected."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("file", "store", "url") if getattr(self, name) is not None]
        if len(given) > 1:
            message = f"{given[0]!r} and {given[1]!r} exclude each other; remove one of them"
            raise faults("HistorySettings", [((given[1],), message)])
        if (self.url is None) != (self.sql is None):
            there, missing = ("url", "sql") if self.sql is None else ("sql", "url")
            message = f"expected {missing!r} beside it: `url` names a database, `sql` what to ask it"
            raise faults("HistorySettings", [((there,), message)])
        return self

    @field_validator("time_zone", mode="after")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        known: str | None = Pipeline._known_zone(value)
        return known


class HistoryFile(Frozen):
    """A file that says where the history is."""

    history: HistorySettings
    """Where the history is and how it is read."""
