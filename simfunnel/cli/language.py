"""``--language``: in which language a command tells what it found.

Files are in the language that is asked for. What is printed is so too, where the encoding of the stream has its
characters; else it is English, which can be read, and a line on stderr says how to get the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import click

from simfunnel.cli.streams import can_show, remark
from simfunnel.wording.language import CHINESE, ENGLISH, LANGUAGES, again, language, tell

F = TypeVar("F", bound=Callable[..., Any])
SIGNS = {CHINESE: "中文"}
"""Language -> letters of it: what has these shows the rest, or something that can be read."""
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


def asked_language() -> str | None:
    """Language that an option asks for; None without one."""
    ctx = click.get_current_context(silent=True)
    found: str | None = None if ctx is None else ctx.meta.get(_ASKED)
    return found


def told_in() -> AbstractContextManager[None]:
    """Tell things, within the block, in the language that is asked for; errors are raised in English around it."""
    return language(_wanted())


def told_on(stream: str) -> AbstractContextManager[None]:
    """Tell things, within the block, in the language that is asked for if ``stdout`` or ``stderr`` can show it."""
    wanted = _wanted()
    return language(wanted if can_show(SIGNS.get(wanted, ""), stream) else ENGLISH)


def note(text: str) -> None:
    """Say something beside the result, on stderr, in the language that is asked for."""
    with told_on("stderr"):
        remark(again(text))


def note_encoding() -> None:
    """Say so where a page is printed in English because the encoding of stdout has no other letters."""
    if not can_show(SIGNS.get(_wanted(), ""), "stdout"):
        note(tell(
            "note: printed in English, for the encoding of the output has no Chinese characters; a UTF-8 terminal "
            "shows them, or PYTHONUTF8=1 (files that are written are in Chinese)"
        ))  # fmt: skip


def _wanted() -> str:
    ctx = click.get_current_context(silent=True)
    meta = {} if ctx is None else ctx.meta
    found: str = meta.get(_ASKED) or meta.get(_STATED) or ENGLISH
    return found
