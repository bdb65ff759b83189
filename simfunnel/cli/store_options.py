"""Options of the commands that read or write a store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simfunnel.errors import InputError

if TYPE_CHECKING:
    import datetime as dt

    from simfunnel.store import Store

F = TypeVar("F", bound=Callable[..., Any])


def store_options(function: F) -> F:
    """Add ``--store`` and ``--book``."""
    options = [
        click.option("--store", metavar="PATH|URL",
                     help="The store [default: the scenario's, else SIMFUNNEL_STORE, else simfunnel.db]."),
        click.option("--book", metavar="NAME", help="Which pipeline of the store [default: the scenario's name]."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def before_option(function: F) -> F:
    """Add ``--recorded-before``."""
    return click.option("--recorded-before", metavar="TIME",
                        help="As it was known before this time, such as 2027-01-31T12:00.")(function)  # fmt: skip


def open_store(stated: str | None) -> Store:
    """Open the store that a command without a scenario means."""
    from simfunnel.record.place import store_here
    from simfunnel.store import Store

    return Store.open(store_here(stated))


def parse_time(text: str | None) -> str | None:
    """Read ``--recorded-before``: ISO, UTC unless it says otherwise; a day is its midnight."""
    if text is None:
        return None
    import datetime as dt

    try:
        at = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise InputError(f"--recorded-before: expected a time such as 2027-01-31T12:00 (UTC), found {text!r}") from None
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).isoformat(timespec="microseconds")


def parse_store_day(text: str) -> dt.date:
    """Read the day of a snapshot."""
    from simfunnel.cli.history_options import parse_day

    found = parse_day(text, "DATE")
    assert found is not None
    return found
