"""Words nobody knows in columns of few words: the row is named, the column is still read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from simfunnel.crm.words.outcome_words import outcome
from simfunnel.errors import InputError

from .reading import Reader, cautions_of

HEAD = "id,stage,amount,close_date,{}\n"


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [("Won", "Yes", "No"), ("Is Won", "TRUE", "FALSE"), ("Gewonnen", "ja", "no"), ("赢单", "是", "否"),
     ("Выиграна", "да", "нет")],
)  # fmt: skip
@pytest.mark.parametrize("odd", ["zork", "maybe", "嚯嚯"])
def test_an_odd_word_among_flags_is_a_question_about_its_row_alone(
    read: Reader, header: str, yes: str, no: str, odd: str
) -> None:
    table = read(HEAD.format(header) + f"1,Proposal,5,2027-01-05,{yes}\n2,Proposal,7,,{no}\n3,Proposal,11,,{no}\n"
                 f"4,Proposal,900,,{odd}\n")  # fmt: skip
    assert (table.won.id, table.open.id) == (("1",), ("2", "3"))
    said = cautions_of(table)["unknown_status"]
    assert f"{header} '{odd}' (1 row)" in said and "`columns: {is_won: null}`" in said
    assert f"`status_map: {{{odd}: <open | won | lost | void>}}`" in said


def test_the_map_of_words_answers_for_flags_too(read: Reader) -> None:
    text = HEAD.format("Won") + "1,Proposal,5,2027-01-05,Yes\n2,Proposal,7,,No\n3,Proposal,900,,zork\n"
    assert read(text, status_map={"Zork": "open"}).open.id == ("2", "3")
    assert read(text, status_map={"zork": "lost"}).quality.lost == 1
    assert read(text, status_map={"zork": None}).open.id == ("2",)


def test_closed_with_an_odd_word_is_still_read_and_nothing_false_is_said(read: Reader) -> None:
    table = read("id,stage,amount,Closed,Won\n1,Proposal,5,No,No\n2,Proposal,7,Yes,No\n3,Proposal,9,zork,No\n")
    assert (table.open.id, table.quality.lost) == (("1",), 1)
    assert "column_not_field" not in {found.code for found in table.quality.warnings}


def test_yes_and_no_may_be_of_several_languages(read: Reader) -> None:
    table = read(HEAD.format("Won") + "1,Proposal,5,2027-01-05,Oui\n2,Proposal,7,2027-01-05,yes\n3,Proposal,9,,Nein\n"
                 "4,Proposal,9,,нет\n")  # fmt: skip
    assert (table.won.id, table.open.id) == (("1", "2"), ("3", "4"))


def test_a_column_of_other_words_is_no_flag(read: Reader) -> None:
    table = read(HEAD.format("Won") + "1,Proposal,5,,zork\n2,Proposal,7,,zark\n3,Proposal,9,,No\n")
    assert table.quality.used == 3 and "Won" in table.quality.unused


@pytest.mark.parametrize("word", ["won?", "Lost ?", "¿Ganada?", "赢单？", "In-active", "in-lost", "de-activated"])
def test_a_doubt_and_an_opposite_are_not_the_word_itself(word: str) -> None:
    assert outcome(word) is None


@pytest.mark.parametrize("word", ["In-progress", "in-Bearbeitung", "Deal in-progress", "en-cours", "not-closed"])
def test_a_hyphen_inside_a_known_phrase_changes_nothing(word: str) -> None:
    assert outcome(word) == "open"


def test_every_unknown_word_gets_its_place_in_the_line_to_add(read: Reader) -> None:
    table = read('id,stage,status,amount\n1,Proposal,Open,5\n2,Proposal,zork,7\n3,Proposal,"no: thing, else",9\n')
    assert (
        '`status_map: {zork: <open | won | lost | void>, "no: thing, else": <open | won | lost | void>}`'
        in cautions_of(table)["unknown_status"]
    )


NOTHING = ["--None--", "-- zork --", "<zork>", "无", "Not applicable", "0", "tbd", "Please select", "kein", "ninguno",
           "не указано", "Still open", "Keine Angabe", "sans objet", "nao informado", "non specificato", "未選択", "no",
           "in progress", "..."]  # fmt: skip


@pytest.mark.parametrize("word", NOTHING)
@pytest.mark.parametrize("header", ["Lost Reason", "Verlustgrund"])
def test_a_reason_that_gives_none_loses_no_deal(read: Reader, word: str, header: str) -> None:
    table = read(f"id,stage,amount,{header}\n1,Proposal,5,{word}\n2,Proposal,7,\n")
    assert table.open.id == ("1", "2") and "lost_by_reason" not in cautions_of(table)


@pytest.mark.parametrize("word", ["zork", "Kein Budget", "No decision", "none of it fits", "价格", "7"])
def test_a_deal_lost_by_its_reason_alone_is_counted_and_said(read: Reader, word: str) -> None:
    table = read(f"id,stage,amount,Lost Reason\n1,Proposal,5,\n2,Proposal,30000,{word}\n")
    assert (table.open.id, table.quality.lost) == (("1",), 1)
    said = cautions_of(table)["lost_by_reason"]
    assert said.startswith("1 row worth 30.0k is counted as lost only because 'Lost Reason' is filled")
    assert "`columns: {lost_reason: null}`" in said


def test_a_reason_beside_a_status_is_nothing_to_say(read: Reader) -> None:
    table = read("id,stage,status,amount,Lost Reason\n1,Proposal,Open,5,\n2,Proposal,Lost,7,zork\n")
    assert table.quality.lost == 1 and "lost_by_reason" not in cautions_of(table)


def test_a_file_of_unknown_flags_names_the_key(message: Callable[..., str]) -> None:
    said = message("id,stage,amount,Won\n1,Proposal,5,zork\n2,Closed Lost,7,no\n3,Closed Lost,7,no\n")
    assert "Won 'zork' is not known" in said and "`pipeline.status_map`" in said


@pytest.mark.parametrize("header", ["Closed", "Is open", "Active", "Lost", "Won"])
def test_a_flag_that_is_answered_by_an_end_says_that_end(read: Reader, header: str) -> None:
    table = read(HEAD.format(header) + "1,Proposal,5,2027-01-05,Won\n2,Proposal,7,2027-01-05,Verloren\n"
                 "3,Proposal,9,,\n")  # fmt: skip
    assert (table.won.id, table.quality.lost, table.open.id) == (("1",), 1, ("3",))


def test_closed_in_a_way_nobody_knows_names_the_word(read: Reader) -> None:
    table = read("id,stage,amount,Closed,Won\n1,Proposal,5,No,No\n2,Proposal,6,Yes,zork\n3,Closed Won,7,Yes,No\n"
                 "4,Proposal,8,Yes,No\n")  # fmt: skip
    assert table.open.id == ("1",)
    assert "Won 'zork' (1 row)" in cautions_of(table)["unknown_status"]


@pytest.mark.parametrize("word", ["²", "9" * 5000, "(" * 3000, "000", "０"])
def test_odd_digits_in_reasons_and_stages_stop_nothing(read: Reader, word: str) -> None:
    lost = read(f"id,stage,amount,Lost Reason\n1,Proposal,5,{word}\n2,Proposal,7,\n").quality.lost
    assert lost == (word in {"²", "9" * 5000})
    with suppress(InputError):  # a group nobody knows the stage of
        read(f"stage,Deal Name,amount\nProposal ({word}),,\n,Acme,500\n,Borea,700\n")
