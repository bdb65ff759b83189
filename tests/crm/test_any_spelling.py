"""Properties: whatever the order, spelling, encoding and delimiter, a table is the same bit for bit."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simfunnel.crm.deals import OpenDeals
from simfunnel.crm.words.outcome_words import outcome
from simfunnel.scenario.pipeline import Pipeline

from .reading import read_spec

HEADERS = (
    "deal id",
    "deal stage",
    "deal amount",
    "stage entered date",
    "expected close date",
    "deal owner",
    "deal status",
)
ROWS = (
    ("a", "Proposal", "1234.5", "2027-01-10", "2027-03-01", "Jürgen", "Open"),
    ("b", "Negotiation", "20000", "2027-01-12", "2027-02-01", "Zoé", "in progress"),
    ("c", "Proposal", "900.25", "2027-01-02", "2027-01-05", "Jürgen", "Closed Won"),
    ("d", "Qualification", "7", "", "", "", "lost"),
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(headers: list[str], rows: list[list[str]], delimiter: str = ",", codec: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return out.getvalue().encode(codec)


def tables(content: bytes, **options: Any) -> tuple[dict[str, Any], tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        path.write_bytes(content)
        table = read_spec(Pipeline(file=str(path), **options))
    quality = table.quality
    return _plain(table.open), (table.won.id, table.won.amount.tolist(), quality.lost, quality.amounts, quality.won)


def _plain(deals: OpenDeals) -> dict[str, Any]:
    return {
        name: value.tobytes() if isinstance(value, np.ndarray) else value
        for name in ("id", "stage", "amount", "entered", "close_date", "owner", "created", "win_rate")
        if (value := getattr(deals, name)) is not None
    }


EXPECTED = tables(written(list(HEADERS), [list(row) for row in ROWS]))


@st.composite
def spelling(draw: st.DrawFn, header: str) -> str:
    """Write a header in some other way."""
    words = header.split()
    case = draw(st.sampled_from([str.lower, str.upper, str.title, str.capitalize]))
    if draw(st.booleans()):
        text = draw(st.sampled_from(["_", "-", " ", ".", " - ", "  "])).join(case(word) for word in words)
    else:
        text = words[0].lower() + "".join(word.capitalize() for word in words[1:])
    text += draw(st.sampled_from(["", "__c", " ", "?", " *"]))
    if draw(st.booleans()):
        text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)  # full width
    return text


@FEW
@given(st.permutations(range(len(HEADERS))), st.data())
def test_any_order_and_any_spelling_of_the_columns_give_the_same_table(order: list[int], data: st.DataObject) -> None:
    headers = [data.draw(spelling(HEADERS[place])) for place in order]
    content = written(headers, [[row[place] for place in order] for row in ROWS])
    assert tables(content) == EXPECTED


@FEW
@given(
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    st.sampled_from(["", "Report of the week\r\n\r\n", "Pipeline\r\nall regions\r\n"]),
)
def test_any_encoding_delimiter_and_title_give_the_same_table(delimiter: str, codec: str, title: str) -> None:
    body = written(list(HEADERS), [list(row) for row in ROWS], delimiter).decode()
    assert tables((title + body).encode(codec)) == EXPECTED


@FEW
@given(st.permutations(range(len(ROWS))), st.text("zqxvkw", min_size=6, max_size=9), st.integers(0, len(HEADERS)))
def test_the_order_of_rows_and_a_column_nobody_knows_change_nothing(order: list[int], name: str, place: int) -> None:
    headers = [*HEADERS[:place], name, *HEADERS[place:]]
    rows = [[*ROWS[row][:place], "zz", *ROWS[row][place:]] for row in order]
    content = tables(written(headers, rows))
    assert sorted(content[0]["id"]) == ["a", "b"] and content[1] == EXPECTED[1]


@FEW
@given(st.sampled_from(["Closed Won", "closed lost", "In Progress", "Not won", "On hold", "em aberto"]), st.data())
def test_a_known_status_is_known_in_any_spelling(word: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([str.lower, str.upper, str.title]))
    between = data.draw(st.sampled_from([" ", "_", "-", " - ", ".", "/", ": "]))
    before = data.draw(st.sampled_from(["", "3 ", "10 - ", "(", " "]))
    text = before + between.join(case(word).split()) + (")" if before == "(" else "")
    assert outcome(text) == outcome(word) is not None


@FEW
@given(st.text("bcdfghjklmnpqrstvwxz", min_size=9, max_size=14))
def test_a_word_without_a_vowel_is_no_status(word: str) -> None:
    assert outcome(word) is None
