"""Deals written in the scenario, as a table like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simfunnel.crm.headers import Layout
from simfunnel.crm.presets import PRESETS
from simfunnel.tabular.table import Table, columns_of

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Opportunity

FIELDS = (
    "id", "stage", "age", "stage_entered", "amount", "owner", "team", "segment", "source", "created",
    "close_date",
    "probability", "forecast_category", "last_activity", "win_rate", "not_before", "ignore",
    "name", "account",
)  # fmt: skip


def inline_table(opportunities: Sequence[Opportunity]) -> tuple[Table, Layout]:
    """Take the opportunities as a table; rows are numbered from 1."""
    rows = columns_of(
        ((number, [getattr(deal, name) for name in FIELDS]) for number, deal in enumerate(opportunities, start=1)),
        len(FIELDS),
    )
    layout = Layout(PRESETS["generic"], {name: index for index, name in enumerate(FIELDS)})
    return Table(FIELDS, rows.columns, rows.numbers, rows.widths, header_row=0), layout
