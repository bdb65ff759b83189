"""Open or closed is one decision from all that a row says; what nobody understands is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simfunnel.crm.words.outcome_words import outcome

from .reading import Reader, cautions_of, reasons_of

SAID = {
    "won": ["closedwon", "Closed - Won", "CLOSED_WON", "Win", "Gewonnen", "Abgeschlossen - gewonnen", "gagnée",
            "Ganado",
            "Cerrada ganada", "Ganha", "Fechado ganho", "Vinta", "Chiusa vinta", "Выиграна", "Успешно реализовано",
            "赢单",
            "已赢单", "成交", "受注", "ＷＯＮ", "Awarded", "2 - Won"],
    "lost": ["Closed_Lost", "loose", "Dead", "Not won", "Not awarded", "Disqualified", "verlorene", "nicht gewonnen",
             "perdue", "Perdido", "Cerrado perdido", "Perdida", "Persa", "Проиграна", "закрыто и не реализовано",
             "输单",
             "未成交", "失注", "Closed (Lost)"],
    "open": ["Open", "in_progress", "IN PROGRESS", "Not closed", "Offen", "In Bearbeitung", "En cours", "Abierta",
             "Em aberto", "Em andamento", "Aperta", "В работе", "进行中", "跟进中", "商談中", "Under review"],
    "void": ["Invalid", "Duplicate", "ungültig", "doublon", "Duplicada", "Дубль", "无效", "作废", "重複"],
    "hold": ["On Hold", "onhold", "Zurückgestellt", "En pause", "En espera", "In attesa", "Приостановлена", "搁置",
             "保留中"],
    "closed": ["Closed", "abgeschlossen", "Fermée", "Cerrado", "Закрыта", "已关闭", "完了"],
}  # fmt: skip
NONSENSE = ["Zurrated", "Plonked", "Krasnoblit", "Фырк", "嚯嚯", "Won - paid", "Technical win", "Lost contact - retry",
            "won or lost", "7"]  # fmt: skip


@pytest.mark.parametrize(("meaning", "word"), [(meaning, word) for meaning, found in SAID.items() for word in found])
def test_a_status_word_is_known_in_any_spelling_gender_and_language(meaning: str, word: str) -> None:
    assert outcome(word) == meaning


@pytest.mark.parametrize("word", NONSENSE)
def test_words_in_no_list_and_words_that_contradict_each_other_are_unknown(word: str) -> None:
    assert outcome(word) is None


@pytest.mark.parametrize("word", NONSENSE)
def test_a_status_nobody_knows_is_never_open_and_is_named_once(read: Reader, word: str) -> None:
    table = read(f"id,stage,status,amount\n1,Proposal,Open,5\n2,Proposal,{word},30000\n3,Negotiation,{word},7\n")
    assert table.open.id == ("1",)
    said = cautions_of(table)["unknown_status"]
    assert said.startswith("2 rows worth 30.0k left out") and f"{word!r} (2 rows)" in said
    assert f"{word}" in said.split("status_map: ")[1] and "<open | won | lost | void>}`" in said


@pytest.mark.parametrize("word", ["Zurrated", "嚯嚯"])
def test_a_file_whose_every_status_is_unknown_is_refused(message: Callable[..., str], word: str) -> None:
    said = message(f"id,stage,status,amount\n1,Proposal,{word},5\n")
    assert "no open deal is left" in said and word in said and "`pipeline.status_map`" in said


def test_status_map_says_what_a_word_means(read: Reader) -> None:
    text = "id,stage,status,amount,close_date\n" + "".join(
        f"{word},Proposal,{word},5,2027-01-05\n" for word in ("zorp", "zarp", "zurp", "zirp", "zerp")
    )
    stated = {"ZORP": "open", "zarp": "won", "zurp": "lost", "zirp": "void", "zerp": None}
    table = read(text, status_map=stated)
    assert (table.open.id, table.won.id, table.quality.lost) == (("zorp",), ("zarp",), 1)
    assert reasons_of(table) == [
        (5, "status 'zirp' says that it is no deal, neither won nor lost"),
        (6, "status 'zerp' dropped by status_map"),
    ]


def test_status_words_do_not_go_through_stage_map(read: Reader) -> None:
    table = read("id,stage,status\n1,Proposal,Open\n2,Proposal,Zorp\n", stage_map={"Zorp": "Negotiation"})
    assert table.open.id == ("1",)


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [("is_won", "1", "0"), ("Won?", "Y", "N"), ("Gewonnen", "ja", "nein"), ("是否赢单", "是", "否"),
     ("wonFlag", "✓", "✗"),
     ("Ganada", "sí", "no"), ("выиграна", "да", "нет"), ("Is Closed Won", "TRUE", "FALSE")],
)  # fmt: skip
def test_a_flag_says_won_in_any_language(read: Reader, header: str, yes: str, no: str) -> None:
    table = read(f"id,stage,amount,close_date,{header}\n1,Proposal,5,2027-01-05,{yes}\n2,Proposal,7,,{no}\n")
    assert (table.won.id, table.open.id) == (("1",), ("2",))


@pytest.mark.parametrize(
    ("header", "open_", "other", "reason"),
    [
        ("deleted", "no", "yes", "deleted in the CRM"),
        ("Archive status", "Not archived", "Archived", "archived in the CRM"),
        ("Active", "True", "False", "archived in the CRM"),
        ("is_open", "yes", "no", "closed (is_open 'no'), but nothing says whether won or lost"),
        ("Not closed", "yes", "no", "closed (Not closed 'no'), but nothing says whether won or lost"),
        ("is_duplicate", "0", "1", "is_duplicate '1' says that it is no deal, neither won nor lost"),
    ],
)
def test_flags_and_inverted_flags_keep_a_deal_out(
    read: Reader, header: str, open_: str, other: str, reason: str
) -> None:
    table = read(f"id,stage,amount,{header}\n1,Proposal,5,{open_}\n2,Proposal,7,{other}\n")
    assert table.open.id == ("1",)
    assert reasons_of(table) == [(3, reason)]


def test_a_lost_reason_makes_an_archived_deal_a_lost_one(read: Reader) -> None:
    table = read(
        "id,stage,amount,Active,Lost Reason\n1,Proposal,5,True,\n2,Proposal,7,False,Too dear\n3,Proposal,9,,Slow\n"
    )
    assert (table.open.id, table.quality.lost) == (("1",), 2)


def test_how_it_ended_beats_a_status_that_was_not_updated(read: Reader) -> None:
    table = read(
        "id,stage,status,close_outcome,amount,close_date\n1,Proposal,open,won,5,2027-01-05\n2,Proposal,open,,7,\n"
    )
    assert (table.won.id, table.open.id) == (("1",), ("2",))


def test_closed_is_lost_where_the_file_would_say_won(read: Reader) -> None:
    table = read(
        "id,stage,status,amount,close_date\n1,Proposal,Closed,5,\n2,Proposal,Won,7,2027-01-05\n3,Proposal,Open,1,\n"
    )
    assert (table.quality.lost, table.won.id, table.open.id) == (1, ("2",), ("3",))
    alone = read("id,stage,status,amount\n1,Proposal,Closed,5\n3,Proposal,Open,1\n")
    assert alone.open.id == ("3",) and alone.quality.lost == 0
    assert "nothing says whether won or lost" in cautions_of(alone)["closed_unclear"]


def test_signals_that_contradict_each_other_are_used_by_nothing_and_named(read: Reader) -> None:
    table = read("id,stage,status,is_won,amount,close_date\n1,Proposal,Open,no,5,\n2,Proposal,Lost,yes,7,2027-01-05\n"
                 "3,Closed Lost,Won,,9,2027-01-05\n4,Proposal,Open,yes,2,2027-01-04\n")  # fmt: skip
    assert (table.open.id, table.won.id, table.quality.lost) == (("1",), (), 0)
    said = cautions_of(table)["contradictions"]
    assert "status 'Lost' but is_won 'yes'" in said and "status 'Won' but stage 'Closed Lost'" in said


def test_a_deal_on_hold_is_left_out_with_a_caution_unless_the_map_says_open(read: Reader) -> None:
    text = "id,stage,status,amount\n1,Proposal,Open,5\n2,Proposal,On Hold,7\n"
    table = read(text)
    assert table.open.id == ("1",)
    assert "`status_map: {On Hold: open}`" in cautions_of(table)["deals_on_hold"]
    assert read(text, status_map={"on hold": "open"}).open.id == ("1", "2")


def test_a_status_that_repeats_the_stage_is_open(read: Reader) -> None:
    table = read("id,stage,status,amount,close_date\n1,Proposal,Proposal,5,\n2,Negotiation,Won,7,2027-01-05\n"
                 "3,Negotiation,negotiation,9,\n4,Proposal,Blorp,1,\n", stage_map={"*": "Proposal"})  # fmt: skip
    assert (table.open.id, table.won.id) == (("1", "3"), ("2",))


def test_details_of_a_status_are_heard_if_they_are_known(read: Reader) -> None:
    table = read("id,stage,Status,Status Reason,amount\n1,Proposal,Open,Waiting for Bo,5\n2,Proposal,Open,On Hold,7\n")
    assert table.open.id == ("1",)


def test_a_closed_looking_stage_falls_into_no_open_stage_by_the_star(read: Reader) -> None:
    table = read("id,stage,amount,close_date\n1,Erste Idee,5,\n2,Won - paid,7,2027-01-05\n"
                 "3,Closed Won (renewal),9,2027-01-05\n"
                 "4,,3,\n5,6 - Closed Lost,2,\n", stage_map={"*": "Qualification"})  # fmt: skip
    assert (table.open.id, table.won.id, table.quality.lost) == (("1",), ("3",), 1)
    assert reasons_of(table) == [
        (3, "stage 'Won - paid' sounds closed, so that \"*\" does not take it"),
        (5, "no stage"),
    ]
    assert any("\"*\" in stage_map put 'Erste Idee' (1 row)" in str(found) for found in table.quality.warnings)


def test_a_key_that_ends_in_a_star_matches_a_beginning_and_the_longest_wins(read: Reader) -> None:
    stage_map = {"W_*": "Proposal", "W_Neg*": "Negotiation", "W_Drop*": None}
    table = read("id,stage\n1,W_a\n2,W_negotiate\n3,w_b\n4,W_Dropped\n5,Zzz\n", stage_map=stage_map)
    assert table.open.stage == ("Proposal", "Negotiation", "Proposal")
    assert reasons_of(table) == [(5, "stage 'W_Dropped' dropped by stage_map"), (6, "unknown stage 'Zzz'")]


def test_stages_of_the_scenario_that_say_won_stay_stages(read: Reader) -> None:
    table = read(
        "id,stage\n1,Technical win\n2,Lost and found\n3,Closed\n", stages=["Technical win", "Lost and found", "Closed"]
    )
    assert table.quality.used == 3


def test_a_day_of_winning_or_losing_says_how_it_ended(read: Reader) -> None:
    table = read("id,stage,amount,Won date,Lost date\n1,Proposal,5,,\n2,Proposal,6,2027-01-05,\n"
                 "3,Proposal,7,,2027-01-06\n4,Proposal,8,2027-01-04,2027-01-06\n")  # fmt: skip
    assert (table.open.id, table.won.id, table.won.closed.tolist(), table.quality.lost) == (("1",), ("2",), [-15], 1)
    assert "contradictions" in cautions_of(table)
    again = read("id,stage,amount,status,Lost date\n1,Proposal,5,Open,2026-11-06\n")
    assert again.open.id == ("1",)  # opened again


def test_a_closing_day_to_come_on_open_deals_is_the_expected_one(read: Reader) -> None:
    table = read("id,stage,amount,date_closed\n1,Proposal,5,2027-03-01\n2,Proposal,6,2027-01-02\n"
                 "3,Won,7,2027-01-04\n4,Proposal,6,2027-01-03\n")  # fmt: skip
    assert (table.open.close_date.tolist(), table.won.id) == ([40, -18, -17], ("3",))
    assert not cautions_of(table)


@pytest.mark.parametrize("header", ["deleted_at", "Archive time", "Löschdatum"])
def test_the_day_of_deletion_is_a_flag(read: Reader, header: str) -> None:
    table = read(f"id,stage,amount,{header}\n1,Proposal,5,\n2,Proposal,7,2026-05-01 10:00\n")
    assert table.open.id == ("1",)


def test_an_actual_closing_day_in_the_past_speaks_against_open(read: Reader) -> None:
    table = read("id,stage,amount,Closed On\n1,Proposal,5,2027-01-04\n2,Proposal,7,\n")
    assert table.open.id == ("2",)
    assert "closed_unclear" in cautions_of(table)
