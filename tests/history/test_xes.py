"""XES logs, read as a stream."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from .conftest import Read
from .telling import facts, found, spells

EVENT = """<event><string key="concept:name" value="{stage}"/><date key="time:timestamp" value="{time}"/>
<string key="lifecycle:transition" value="{state}"/></event>"""


def log(*traces: tuple[str, str, list[tuple[str, str, str]]]) -> str:
    body = ""
    for name, amount, events in traces:
        told = "".join(EVENT.format(stage=s, time=t, state=c) for s, t, c in events)
        body += (
            f'<trace><string key="concept:name" value="{name}"/>{told}<float key="amount" value="{amount}"/></trace>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><log xmlns="http://www.xes-standard.org/" xes.version="1.0">'
        '<extension name="Time" prefix="time" uri="http://x/time.xesext"/>'
        '<global scope="event"><string key="concept:name" value="none"/></global>' + body + "</log>"
    )


LOG = log(
    ("a", "100.0", [("Proposal", "2024-01-01T08:00:00.000+01:00", "start"),
                    ("Proposal", "2024-01-02T08:00:00.000+01:00", "complete"),
                    ("Won", "2024-01-09T08:00:00.000+01:00", "complete")]),
    ("b", "50.0", [("Proposal", "2024-01-03T08:00:00.000+01:00", "complete")]),
)  # fmt: skip


def test_a_log_is_events(read: Read) -> None:
    history = read(LOG, "log.xes")
    assert history.form == "xes"
    assert spells(history) == [
        ("a", "Proposal", "2024-01-02T07:00:00", "2024-01-09T07:00:00", "won"),
        ("b", "Proposal", "2024-01-03T07:00:00", None, "still"),
    ]
    assert facts(history, "amount") == [("a", 100.0, "2024-01-02T07:00:00"), ("b", 50.0, "2024-01-03T07:00:00")]
    assert found(history)["events_incomplete"] == {"count": 1}


def test_a_packed_log_is_the_same(read: Read) -> None:
    assert spells(read(gzip.compress(LOG.encode()), "log.xes.gz")) == spells(read(LOG, "log.xes"))


def test_damaged_and_hostile_logs_are_said_to_be(message: Callable[..., str]) -> None:
    assert "is no XES log, or is damaged" in message(LOG[:300], "log.xes")
    bomb = '<!DOCTYPE log [<!ENTITY a "aaaa">]><log><trace><event/></trace></log>'
    assert "entities or a document type" in message(bomb, "log.xes")
    assert "no event stands in this file" in message("<log></log>", "log.xes")
    assert "damaged" in message(b"\x1f\x8b broken", "log.xes.gz")
