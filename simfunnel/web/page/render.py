"""The page as HTML: words, style and script. No data: these are asked for with the token of the link."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import jinja2
from markupsafe import Markup

from simfunnel.report.html.page import STYLE, own, policy
from simfunnel.version import __version__
from simfunnel.wording.language import CHINESE, spoken, tell


def page() -> tuple[str, str]:
    """Give the page in the language that is spoken, and its Content-Security-Policy."""
    return _page(spoken())


@lru_cache(maxsize=4)
def _page(code: str) -> tuple[str, str]:
    style, script = own(STYLE) + _beside("page.css"), _beside("page.js")
    made = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    text = made.from_string(_beside("page.html.j2")).render(
        language="zh-CN" if code == CHINESE else "en", generator=f"simfunnel {__version__}", style=Markup(style),
        script=Markup(script), words=_words(), code=code,
    )  # fmt: skip
    return text, policy(style, script, "; connect-src 'self'; frame-ancestors 'none'; img-src data:")


def _beside(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _words() -> dict[str, str]:
    """What the page says by itself."""
    return {
        "title": tell("What if?"),
        "assumptions": tell("Assumptions"),
        "answer": tell("Answer"),
        "period": tell("Period"),
        "target": tell("Target"),
        "confidence": tell("Confidence"),
        "of": tell("Of"),
        "times": tell("times what it is"),
        "set_to": tell("set to"),
        "reset": tell("reset"),
        "changes": tell("Changes"),
        "no_changes": tell("Nothing is changed: move a slider, or click on a deal."),
        "remove": tell("remove"),
        "undo": tell("Undo"),
        "redo": tell("Redo"),
        "reset_all": tell("Reset all"),
        "link": tell("Copy link"),
        "copied": tell("Copied."),
        "save": tell("Save as variant"),
        "report": tell("Report"),
        "working": tell("working…"),
        "refining": tell("{trials} futures, refining…", trials="{trials}"),
        "futures": tell("{trials} simulated futures", trials="{trials}"),
        "command": tell("The command that gives this answer"),
        "copy_it": tell("Copy"),
        "numbers": tell("Side by side"),
        "steps": tell("Change by change"),
        "owners": tell("Owners"),
        "plan": tell("Leads needed"),
        "deals": tell("Open deals"),
        "find": tell("Search deals, owners, stages:"),
        "deal": tell("Deal"),
        "owner": tell("Owner"),
        "stage": tell("Stage"),
        "amount": tell("Amount"),
        "chance": tell("Chance in the period"),
        "not_before": tell("Not before"),
        "what_if": tell("What if it is"),
        "won": tell("won"),
        "lost": tell("lost"),
        "ignored": tell("left out"),
        "shown": tell("{first} to {last} of {n}", first="{first}", last="{last}", n="{n}"),
        "none_found": tell("No deal holds this text."),
        "earlier": tell("Previous"),
        "later": tell("Next"),
        "read_again": tell("The scenario has changed on disk and was read again."),
        "unreadable": tell("The files as they are now cannot be used; the answers are of the last good ones."),
        "no_token": tell("The token of the link is missing or another one: open the link that `serve` printed."),
        "gone": tell("The server does not answer; is `simfunnel serve` still running?"),
        "busy": tell("Many ask at once; trying again…"),
        "bad_link": tell("The link is damaged: what it asked cannot be read. This is the scenario as it is."),
        "skip": tell("To the answer"),
        "other": "English" if spoken() == CHINESE else "中文",
    }  # fmt: skip
