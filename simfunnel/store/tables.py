"""The schema of a store. A change of it is a numbered upgrade (`upgrades`), and a stored fixture for each number.

A *recording* is one act of telling: keep, import, forget. A *version* of a deal holds from its valid day on, until the
next version of that deal; one without fields says that the deal is not there. What a later recording corrected is
superseded by it, never removed: what was known before it can be read again.
"""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 1
"""Of the schema that is declared here."""
APPLICATION = 0x53464E4C
"""What SQLite files of ours say they are: SFNL."""

METADATA = sa.MetaData()
DAY = sa.String(10)
"""ISO day: sorts as time does, and can be read in any database."""


def _table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, METADATA, *columns, sqlite_with_rowid=True)


schema_version = _table(
    "schema_version",
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("made_at", sa.String(40), nullable=False),
)
book = _table(
    "book",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)
recording = _table(
    "recording",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("book", sa.Integer, nullable=False),
    sa.Column("recorded_at", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
)
layout = _table(
    "layout",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("headers", sa.Text, nullable=False),
)
deal = _table(
    "deal",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("book", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.UniqueConstraint("book", "name", "part"),
)
deal_version = sa.Table(
    "deal_version",
    METADATA,
    sa.Column("book", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("deal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_from", DAY, primary_key=True),
    sa.Column("recorded", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("superseded", sa.Integer),
    sa.Column("layout", sa.Integer),
    sa.Column("fields", sa.Text),
    sqlite_with_rowid=False,
)
snapshot = _table(
    "snapshot",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("book", sa.Integer, nullable=False),
    sa.Column("valid_day", DAY, nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),
    sa.Column("superseded", sa.Integer),
    sa.Column("source_hash", sa.String(64)),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("layout", sa.Integer, nullable=False),
    sa.Column("reading", sa.Text, nullable=False),
    sa.Column("ordering", sa.LargeBinary),
    sa.Column("content", sa.String(32), nullable=False),
    sa.UniqueConstraint("book", "valid_day", "recorded"),
)
raw_file = _table(
    "raw_file",
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("codec", sa.String(10), nullable=False),
    sa.Column("bytes", sa.LargeBinary),
    sa.Column("erased", sa.Integer),
)
forecast = _table(
    "forecast",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("book", sa.Integer, nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),
    sa.Column("as_of", DAY, nullable=False),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("scenario", sa.LargeBinary, nullable=False),
    sa.Column("summary", sa.LargeBinary, nullable=False),
    sa.Column("samples", sa.LargeBinary),
    sa.UniqueConstraint("book", "identity"),
)
forecast_quantiles = _table(
    "forecast_quantiles",
    sa.Column("forecast", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("dimension", sa.String(20), primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("period", sa.String(40), primary_key=True),
    sa.Column("first", DAY, nullable=False),
    sa.Column("last", DAY, nullable=False),
    sa.Column("mean", sa.Float(53), nullable=False),
    sa.Column("weighted", sa.Float(53)),
    sa.Column("target", sa.Float(53)),
    sa.Column("p_attain", sa.Float(53)),
    sa.Column("quantiles", sa.LargeBinary, nullable=False),
)
submission = _table(
    "submission",
    sa.Column("book", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("period", sa.String(40), primary_key=True),
    sa.Column("made", DAY, primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("recorded", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("superseded", sa.Integer),
    sa.Column("amount", sa.Float(53), nullable=False),
)
tombstone = _table(
    "tombstone",
    sa.Column("book", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("recorded", sa.Integer, nullable=False),
    sa.Column("versions", sa.Integer, nullable=False),
)
