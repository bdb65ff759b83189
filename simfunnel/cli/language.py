"""``--language``: in which language a command tells what it found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import click

from simfunnel.wording.language import ENGLISH, LANGUAGES, language

F = TypeVar("F", bound=Callable[..., Any])
_ASKED, _STATED = "simfunnel.asked_language", "simfunnel.stated_language"


def language_option(function: F) -> F:
    """Add ``--language``; what it says waits beside the command for the one who delivers."""
    return click.option(
        "--language", type=click.Choice(LANGUAGES), expose_value=False, callback=_remember,
        help="Language of pages, plots and reports [default: the scenario's, else en].",
    )(function)  # fmt: skip


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.meta[_ASKED] = value


def state_language(stated: str | None) -> None:
    """Take the language that a scenario states, for where no option says otherwise."""
    ctx = click.get_current_context(silent=True)
    if ctx is not None and stated is not None:
        ctx.meta.setdefault(_STATED, stated)


def told_in() -> AbstractContextManager[None]:
    """Tell things, within the block, in the language that is asked for; errors are raised in English around it."""
    ctx = click.get_current_context(silent=True)
    meta = {} if ctx is None else ctx.meta
    return language(meta.get(_ASKED) or meta.get(_STATED) or ENGLISH)
