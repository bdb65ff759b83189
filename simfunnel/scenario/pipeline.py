"""The open opportunities: a file, or written in the scenario."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from simfunnel.scenario.distributions import Quantity, fixed
from simfunnel.scenario.places import StoreSpelling
from simfunnel.values.dates import Day, Moment
from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.messages import nearest, show
from simfunnel.values.names import Label, Name
from simfunnel.values.numbers import Fraction, NonNegative, Positive, Probability

ColumnKey = Literal[
    "id", "stage", "stage_entered", "amount", "owner", "segment", "created", "close_date", "status", "currency", "team",
    "source", "closed", "probability", "forecast_category", "last_activity", "name", "account", "win_rate",
    "not_before", "ignore", "age", "amount_won", "outcome", "lost_reason", "is_won", "is_lost",
    "is_closed", "is_open", "is_active", "is_deleted", "is_archived", "is_void", "won_date", "lost_date", "pipeline",
    "product", "modified", "snapshot", "exited", "status_detail",
]  # fmt: skip
StatusWord = Literal["open", "won", "lost", "void"]
CategoryWord = Literal["commit", "most_likely", "best_case", "pipeline", "omitted", "closed"]


class Opportunity(Frozen):
    """One open deal."""

    id: Label
    """What identifies the deal."""
    name: Label | None = None
    """What people call the deal; shown in tables, not used."""
    account: Label | None = None
    """The customer; shown in tables, not used."""
    stage: Name
    """The stage it is in."""
    age: NonNegative | None = None
    """Days in the stage at `as_of`; neither this nor `stage_entered` means unknown."""
    stage_entered: Moment | None = None
    """When it entered the stage."""
    amount: NonNegative | None = None
    """Amount of the deal; default: drawn from the `amount` distribution."""
    owner: Name | None = None
    """Who works on it."""
    team: Name | None = None
    """Team; default: the team of the owner."""
    segment: Name | None = None
    """Segment of the deal."""
    source: Name | None = None
    """Where it came from."""
    created: Moment | None = None
    """When it was created."""
    close_date: Moment | None = None
    """When its owner expects it to close."""
    probability: Probability | None = None
    """Win probability according to the CRM; reported, not used."""
    forecast_category: Name | None = None
    """Forecast category according to the CRM; reported, not used."""
    last_activity: Moment | None = None
    """Last activity on the deal."""
    win_rate: Probability | None = None
    """Judgement: the final win probability of this deal."""
    not_before: Day | None = None
    """Judgement: it cannot be won before this day."""
    ignore: bool = False
    """Judgement: leave the deal out."""

    @field_validator("ignore", mode="before")
    @classmethod
    def _truth(cls, value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, found {show(value)}")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _one_age(self) -> Self:
        if self.age is not None and self.stage_entered is not None:
            raise faults("Opportunity", [(("age",), "'age' and 'stage_entered' say the same; remove one of them")])
        return self


class Pipeline(Frozen):
    """Where the open opportunities come from and how they are read."""

    file: Name | None = None
    """Path of a CRM export, relative to the file that says so."""
    store: StoreSpelling | None = None
    """In place of a file: the newest snapshot that is kept in a store for `as_of` or before."""
    url: Name | None = None
    """In place of a file: a database, as a URL of SQLAlchemy; ${VAR} stands for an environment variable."""
    sql: Name | None = None
    """The query whose answer is read as a file would be; `:as_of` in it is the day."""
    sheet: Name | None = None
    """Sheet of an Excel file; default the first."""
    header_row: Annotated[int, Field(ge=1)] | None = None
    """Row of the headers as a spreadsheet counts; default: found."""
    encoding: Name | None = None
    """Encoding of a text file; default: detected."""
    delimiter: Annotated[str, Field(min_length=1)] | None = None
    """Character between the columns of a text file; default: detected."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign; default: detected."""
    date_format: Name | None = None
    """Format of dates, such as ``%d/%m/%Y``; default: detected."""
    time_zone: Name | None = None
    """IANA time zone in which days begin, such as ``Europe/Berlin``."""
    amount_unit: Positive | None = None
    """What 1 in the column of amounts is worth, such as 1000; default: what its header says, else 1."""
    rates: dict[Name, Positive] = Field(default_factory=dict)
    """Currency -> value of one unit of it in the currency of the scenario."""
    tail: Annotated[Fraction, Field(ge=0, lt=1)] = 0.001
    """A deal as old as this share of deals, or older, is beyond observed support."""
    beyond_support: Literal["lost", "restart"] = "lost"
    """What becomes of deals beyond observed support."""
    preset: Literal["auto", "salesforce", "hubspot", "dynamics", "pipedrive", "zoho", "generic"] = "auto"
    """Which CRM wrote the file."""
    columns: dict[ColumnKey, Name | None] = Field(default_factory=dict)
    """What a column means -> its header in the file; null: do not use."""
    stage_map: dict[Name, Name | None] = Field(default_factory=dict)
    """Stage in the file -> stage of the scenario, Won, Lost, or null to drop the row; "*" is the rest."""
    status_map: dict[Label, StatusWord | None] = Field(default_factory=dict)
    """Word in the status or outcome column -> open, won, lost, void, or null to leave its rows out."""
    category_map: dict[Label, CategoryWord | None] = Field(default_factory=dict)
    """Word in the column of forecast categories -> what it means to `keep`, or null for no category."""
    rows: Literal["newest", "sum"] | None = None
    """What several rows with one id are: states of a deal (the newest counts), or its lines (amounts are summed)."""
    where: dict[Name, Label | tuple[Label, ...]] = Field(default_factory=dict)
    """Header -> value, or values, of the rows that are read; others are left out before anything is read."""
    segment_map: dict[Name, Name | None] = Field(default_factory=dict)
    """Segment in the file -> segment of the scenario, or null for none; "*" is the rest."""
    realization: Quantity = fixed(1.0)
    """Final amount / listed amount, drawn for each deal and trial."""
    opportunities: tuple[Opportunity, ...] = ()
    """The open deals, written here instead of in a file."""

    @property
    def inline(self) -> bool:
        """Whether the open deals, if there are any, are written in the scenario."""
        return self.file is None and self.store is None and self.url is None

    @field_validator("time_zone", mode="after")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            known = available_timezones()
            if known:  # no time zone data at all on this machine: nothing to check against
                best = nearest(value, known)
                hint = f"; did you mean '{best}'?" if best else "; expected one such as Europe/Berlin"
                raise ValueError(f"unknown time zone {show(value)}{hint}") from None
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        found: list[tuple[tuple[str | int, ...], str]] = []
        given = [name for name in ("file", "store", "url", "opportunities") if getattr(self, name)]
        if (self.url is None) != (self.sql is None):
            there, missing = ("url", "sql") if self.sql is None else ("sql", "url")
            found.append(((there,), f"expected {missing!r} beside it: `url` names a database, `sql` what to ask it"))
        if len(given) > 1:
            message = f"{given[0]!r} and {given[1]!r} exclude each other; remove one of them"
            found.append(((given[1],), message))
        seen: dict[str, int] = {}
        for i, deal in enumerate(self.opportunities):
            if deal.id in seen:
                place = ("opportunities", i, "id")
                found.append((place, f"the id {show(deal.id)} is used twice, first in opportunities[{seen[deal.id]}]"))
            seen.setdefault(deal.id, i)
        if found:
            raise faults("Pipeline", found)
        return self
