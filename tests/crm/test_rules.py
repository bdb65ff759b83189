"""What becomes of each row."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from simfunnel.crm import read_pipeline
from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Opportunity, Pipeline

from .reading import AS_OF, PERIOD_START, STAGES, Reader, cautions_of, read_spec, reasons_of, warnings_of

HEAD = "id,stage,stage_entered,amount,created,close_date\n"


def test_open_won_and_lost_rows_are_told_apart(read: Reader) -> None:
    table = read(
        HEAD
        + "a,Proposal,2027-01-10,100,2026-12-01,2027-03-01\n"
        + "b,Won,,200,2026-12-01,2027-01-01\n"
        + "c,Won,,,2026-12-01,2026-12-31\n"
        + "d,Lost,,400,2026-12-01,\n"
    )
    quality = table.quality
    assert (quality.rows, quality.used, quality.won, quality.won_earlier, quality.lost) == (4, 1, 1, 1, 1)
    assert table.open.entered.tolist() == [-10]
    assert table.open.created.tolist() == [-50]
    assert table.open.close_date.tolist() == [40]
    assert table.won.id == ("b",) and table.won.closed.tolist() == [-19]


def test_nothing_after_as_of_leaks_in(read: Reader) -> None:
    table = read(
        HEAD
        + "a,Proposal,2027-01-20,1,2026-12-01,\n"
        + "b,Proposal,,1,2027-01-20,\n"
        + "c,Won,,1,2026-12-01,2027-01-20\n"
        + "d,Proposal,2027-01-19 23:59,1,2026-12-01,\n"
    )
    assert reasons_of(table) == [
        (2, "entered its stage on 2027-01-20, on or after as_of (2027-01-20)"),
        (3, "created on 2027-01-20, not before as_of (2027-01-20)"),
        (4, "won on 2027-01-20, not before as_of (2027-01-20)"),
    ]
    assert table.open.id == ("d",)
    assert table.quality.excluded[0].amount == 1


def test_a_loss_after_as_of_is_excluded_only_by_an_actual_close_date(read: Reader) -> None:
    table = read("id,stage,closed\n1,Lost,2027-02-01\n2,Lost,\n")
    assert reasons_of(table) == [(2, "lost on 2027-02-01, not before as_of (2027-01-20)")]
    assert table.quality.lost == 1
    table = read("id,stage,close_date\n1,Lost,2027-02-01\n")
    assert table.quality.lost == 1
    assert warnings_of(table)[1:] == [(2, "lost, but its close date 2027-02-01 is not before as_of: counted lost")]


def test_a_win_needs_a_date_and_in_the_period_an_amount(read: Reader) -> None:
    table = read(
        HEAD + "a,Won,,1,,\nb,Won,,1,,soon\nc,Won,,,,2027-01-05\nd,Won,,x,,2027-01-05\ne,Won,,-5,,2027-01-05\n"
    )
    assert reasons_of(table) == [
        (2, "won, but without a close date"),
        (3, "won, but its close date 'soon' cannot be read"),
        (4, "won on 2027-01-05, but without an amount"),
        (5, "amount 'x' cannot be read"),
        (6, "negative amount -5"),
    ]


def test_odd_open_rows_are_kept_with_a_warning(read: Reader) -> None:
    table = read(
        HEAD
        + "a,Proposal,2026-11-01,1,2026-12-01,2026-11-15\n"
        + "b,Proposal,long ago,0,2026-12-01,\n"
        + "c,Proposal,,,never,2027-99-01\n"
    )
    assert warnings_of(table) == [
        (None, "2 open deals have no date on which the stage was entered: age unknown, taken as that of "
               "a deal found in its stage at random"),
        (None, "1 open deal has a close date in the past"),
        (2, "entered its stage on 2026-11-01, before it was created on 2026-12-01: the stage date was used"),
        (2, "closes before it was created (2026-11-15, 2026-12-01)"),
        (3, "its amount is 0"),
        (3, "the date on which it entered its stage, 'long ago', cannot be read"),
        (4, "its creation date 'never' cannot be read"),
        (4, "its close date '2027-99-01' cannot be read"),
    ]  # fmt: skip
    assert cautions_of(table) == {
        "stale_file": "the newest date in the file is 2026-12-01, 50 days before as_of: is this the right export?"
    }
    assert table.open.entered[0] == -80
    assert np.isnan(table.open.entered[1:]).all()
    np.testing.assert_equal(table.open.amount, [1, 0, np.nan])


def test_amounts_that_cannot_be_read_exclude_the_row(read: Reader) -> None:
    table = read(HEAD + "a,Proposal,,lots,,\nb,Proposal,,-5,,\nc,Proposal,,5,,\n")
    assert reasons_of(table) == [(2, "amount 'lots' cannot be read"), (3, "negative amount -5")]


def test_the_same_row_again_is_left_out(read: Reader) -> None:
    table = read(HEAD + "a,Proposal,,1,,\nb,Proposal,,2,,\na,Proposal,,1,,\n")
    assert reasons_of(table) == [(4, "duplicate: row 4 is the same as row 2")]
    assert table.open.amount.tolist() == [1, 2]


def test_an_id_with_two_amounts_and_nothing_else_is_asked_about(read: Reader) -> None:
    text = HEAD + "a,Proposal,,1,,\nb,Proposal,,2,,\nb,Proposal,,3,,\n"
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value).endswith(
        "1 deal has several rows: rows 3 and 4 have 'b' in 'id' and differ in 'amount'; say under `pipeline` what they "
        "are: `rows: sum` (line items: the amounts are summed) or `rows: newest` (its states, with `columns: "
        "{modified: <header>}`), or that the column is no id: `columns: {id: null}`"
    )
    assert read(text, rows="sum").open.amount.tolist() == [1, 5]
    assert read(text, columns={"id": None}).open.amount.tolist() == [1, 2, 3]


def test_ids_differ_by_case(read: Reader) -> None:
    assert read(HEAD + "0061A,Proposal,,1,,\n0061a,Proposal,,2,,\n").quality.used == 2


def test_rows_without_id_are_named_by_number(read: Reader) -> None:
    table = read("stage,amount,owner\nProposal,5,Wang\n\nProposal,6,Li\n")
    assert table.open.id == ("row 2", "row 4")
    assert (
        None,
        "2 rows have no id: named by row number ('row 2'), which changes with the file",
    ) in warnings_of(table)


def test_the_row_that_is_told_to_have_no_id_is_that_row(read: Reader) -> None:
    table = read(HEAD + "A,Proposal,,5,,\nB,Proposal,,6,,\n,Proposal,,7,,\n")
    assert table.open.id[-1] == "row 4"
    told = "1 row has no id: named by row number ('row 4'), which changes with the file"
    assert (None, told) in warnings_of(table)


def test_unknown_stages_are_excluded_with_the_nearest(read: Reader) -> None:
    table = read(HEAD + "a,Proposal,,1,,\nb,Propsal,,1,,\nc,Zzz,,1,,\nd,,,1,,\n")
    assert reasons_of(table) == [
        (3, "unknown stage 'Propsal': did you mean 'Proposal'?"),
        (4, "unknown stage 'Zzz'"),
        (5, "no stage"),
    ]


def test_a_file_whose_every_open_row_is_left_out_is_refused(read: Reader) -> None:
    with pytest.raises(InputError) as caught:
        read(HEAD + "a,Won,,1,,2027-01-05\nb,Zzz,,1000,,\nc,Proposal,,50000,2027-03-03,\n")
    assert str(caught.value).endswith(
        "deals.csv: no open deal is left: every row that is neither won nor lost is left out, because\n"
        "  created on or after as_of (1 row, worth 50.0k)\n  unknown stage 'Zzz' (1 row, worth 1.0k)\n"
        "See `pipeline.stage_map` in the scenario"
    )


def test_a_file_of_decided_deals_alone_is_an_honest_emptiness(read: Reader) -> None:
    table = read(HEAD + "a,Won,,1,,2027-01-05\nb,Lost,,1,,2027-01-06\nTotal,,,2,,\n")
    assert cautions_of(table) == {"no_open_deal": "no open deal is used: of 3 rows none is open"}


def test_stage_map_comes_first_and_the_star_last(read: Reader) -> None:
    text = HEAD + "a,Angebot,,1,,\nb,Proposal,,1,,\nc,Other,,1,,\nd,Test,,1,,\ne,Closed Won,,1,,2027-01-05\n"
    stage_map = {" angebot ": "Negotiation", "Test": None, "*": "Qualification"}
    table = read(text, stage_map=stage_map)
    assert table.open.stage == ("Negotiation", "Proposal", "Qualification")
    assert reasons_of(table) == [(5, "stage 'Test' dropped by stage_map")]
    assert table.quality.won == 1
    table = read(text, stage_map={"*": None})
    assert table.open.stage == ("Proposal",)
    assert reasons_of(table)[0] == (2, "stage 'Angebot' dropped by stage_map ('*')")


def test_stages_are_compared_without_case_and_in_one_unicode_form(read: Reader) -> None:
    table = read("id,stage\n1, PROPOSAL \n2,cafe\u0301\n", stages=["Proposal", "Café"])
    assert table.open.stage == ("Proposal", "Café")


def test_a_stage_map_may_rename_a_stage_of_the_same_name(read: Reader) -> None:
    assert read("id,stage\n1,Proposal\n", stage_map={"Proposal": "Negotiation"}).open.stage == ("Negotiation",)


def test_status_words_beat_stage_names(read: Reader) -> None:
    table = read(
        "id,stage,status,close_date,amount\n1,Proposal,won,2027-01-05,5\n2,Proposal,Lost,,5\n3,Proposal,open,,5\n"
        "4,Closed Won,open,2027-01-05,5\n5,Proposal,odd,,5\n"
    )
    assert (table.quality.won, table.quality.lost, table.open.id) == (1, 1, ("3",))
    assert reasons_of(table) == [
        (5, "stage 'Closed Won', but its status says it is open"),
        (6, "status 'odd' is not known: open, won or lost?"),
    ]


def test_segments_are_mapped(read: Reader) -> None:
    text = "id,stage,segment\n1,Proposal,SMB\n2,Proposal,Big\n3,Proposal,None\n4,Proposal,X\n5,Proposal,y\n"
    table = read(text, segments=["smb", "enterprise"], segment_map={"big": "enterprise", "X": None})
    assert table.open.segment == ("smb", "enterprise", None, None, "y")
    table = read(text, segments=["smb"], segment_map={"X": None, "*": "smb"})
    assert table.open.segment == ("smb", "smb", "smb", None, "smb")


def test_the_team_is_a_column_or_follows_the_owner(read: Reader) -> None:
    text = "id,stage,owner,team\n1,Proposal,Wang Wei,\n2,Proposal,Li Na,North\n3,Proposal,,\n"
    assert read(text, teams={"wang wei": "East", "Li Na": "West"}).open.team == ("East", "North", None)


def test_judgement_is_applied_and_listed(read: Reader) -> None:
    table = read(
        "id,stage,win_rate,not_before,ignore\n1,Proposal,90%,,\n2,Proposal,,2027-02-01,no\n3,Proposal,,,yes\n"
        "4,Proposal,sure,soon,\n5,Won,0.5,,是\n"
    )
    assert [(o.row, o.id, o.sentence) for o in table.quality.overrides] == [
        (2, "1", "win_rate 0.9"),
        (3, "2", "not before 2027-02-01"),
        (4, "3", "ignored"),
        (6, "5", "ignored"),
    ]
    assert reasons_of(table) == [(4, "ignored by judgement"), (6, "ignored by judgement")]
    np.testing.assert_equal(table.open.win_rate, [0.9, np.nan, np.nan])
    np.testing.assert_equal(table.open.not_before, [np.nan, 12, np.nan])
    assert warnings_of(table)[2:] == [
        (5, "win rate 'sure' is not in 0 to 1 or 0 % to 100 %: no judgement applied"),
        (5, "'not before' date 'soon' cannot be read: no judgement applied"),
    ]


def test_ragged_and_total_rows_are_excluded(read: Reader) -> None:
    table = read(
        "id,stage,amount\n1,Proposal,5\n2,Proposal\n3,Proposal,1,234\nTotal,,6\nAs of today,,\n4,Proposal,1,\n"
    )
    assert reasons_of(table) == [
        (3, "has 2 cells, the header has 3"),
        (4, "has 4 cells, the header has 3: is a delimiter unquoted?"),
        (5, "a total ('Total'), not a deal"),
        (6, "only one cell is filled ('As of today'): a title or total, not a deal"),
    ]
    assert table.open.id == ("1", "4")


def test_foreign_amounts_need_rates(read: Reader) -> None:
    text = "id,stage,amount,currency\n1,Proposal,100,USD\n2,Proposal,100,eur\n3,Lost,100,GBP\n4,Proposal,100,\n"
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value).endswith(
        "deals.csv: amounts are in EUR, but the scenario is in USD: state the value of one unit in USD under "
        "`pipeline`, for example\n  rates: {EUR: <value of 1 EUR in USD>}\n"
        "or write `currency: EUR`, if that is the one of the scenario"
    )
    assert read(text, rates={"EUR": 1.5}).open.amount.tolist() == [100, 150, 100]


def test_one_foreign_currency_is_an_error_too(read: Reader) -> None:
    with pytest.raises(InputError, match="amounts are in EUR, but the scenario is in USD"):
        read("id,stage,amount\n1,Proposal,€100\n")
    assert read("id,stage,amount\n1,Proposal,$100\n", currency="CAD").open.amount.tolist() == [100]
    assert read("id,stage,amount,Currency\n1,Proposal,1,Euro\n", currency="EUR").quality.used == 1


def test_inline_deals_follow_the_same_rules() -> None:
    deals = (
        Opportunity(id="a", stage="Proposal", age=12.5, amount=5, owner="Wang Wei"),
        Opportunity(id="b", stage="Proposal", stage_entered=date(2027, 1, 10), win_rate=0.9),
        Opportunity(id="c", stage="Proposal", ignore=True),
        Opportunity(id="d", stage="Proposal", stage_entered=date(2027, 1, 20)),
        Opportunity(id="e", stage="Proposel"),
        Opportunity(id="f", stage="Proposal"),
    )
    table = read_spec(Pipeline(opportunities=deals), teams={"Wang Wei": "East"})
    assert table.quality.preset == "inline"
    assert table.open.row == (1, 2, 6)
    np.testing.assert_equal(table.open.entered, [-12.5, -10, np.nan])
    assert table.open.team == ("East", None, None)
    assert reasons_of(table) == [
        (3, "ignored by judgement"),
        (4, "entered its stage on 2027-01-20, on or after as_of (2027-01-20)"),
        (5, "unknown stage 'Proposel': did you mean 'Proposal'?"),
    ]


def test_no_pipeline_is_an_empty_table() -> None:
    table = read_spec(Pipeline())
    assert (len(table.open), len(table.won), table.quality.rows, table.quality.preset) == (0, 0, 0, "none")
    assert table.open.entered.dtype == np.float64


def test_a_data_frame_is_a_table() -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "stage": ["Proposal", "Won", None],
            "amount": [5.5, 7, np.nan],
            "stage_entered": pd.to_datetime(["2027-01-10", None, None]),
            "close_date": [pd.NaT, pd.Timestamp("2027-01-05"), pd.NaT],
        }
    )
    table = read_spec(Pipeline(), table=frame)
    assert table.open.id == ("1",) and table.open.row == (2,)
    assert table.open.entered.tolist() == [-10]
    assert table.won.amount.tolist() == [7]
    assert reasons_of(table) == [(4, "only one cell is filled ('3'): a title or total, not a deal")]


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    read_pipeline(
        Pipeline(opportunities=(Opportunity(id="a", stage="Proposal"),)), as_of=AS_OF,
        period_start=PERIOD_START, stages=STAGES, currency="USD",
        progress=lambda done, count: seen.append((done, count)),
    )  # fmt: skip
    assert seen[-1] == (1, 1)


def test_a_table_without_amounts_lists_the_headers_left() -> None:
    frame = pd.DataFrame({"id": [1], "note": ["x"], "stage": ["Proposal"], "Umsatz geschaetzt": [5]})
    table = read_spec(Pipeline(), table=frame)
    assert table.quality.unused == ("note", "Umsatz geschaetzt")
    assert warnings_of(table)[0] == (
        None,
        "no column holds the amount; headers not used: 'note', 'Umsatz geschaetzt'; say which one under "
        "pipeline.columns",
    )
    wide = frame.assign(**{f"c{i}": [i] for i in range(8)})
    assert "'c4', 'c5' and 2 more; say which" in warnings_of(read_spec(Pipeline(), table=wide))[0][1]
    stated = read_spec(Pipeline(columns={"amount": "Umsatz geschaetzt"}), table=frame)
    assert not any("amount" in message for _, message in warnings_of(stated))
    assert stated.quality.unused == ("note",)
    assert not any("amount" in message for _, message in warnings_of(read_spec(Pipeline(columns={"amount": None}),
                                                                               table=frame)))  # fmt: skip


def test_a_table_without_amounts_and_other_headers_says_so(read: Reader) -> None:
    assert warnings_of(read("id,stage\n1,Proposal\n"))[0] == (None, "no column holds the amount")


def test_an_old_export_is_doubted(read: Reader) -> None:
    head = "id,stage,created,amount,close_date\n"
    table = read(head + "1,Proposal,2027-01-10,5,2027-06-01\n", as_of=date(2027, 3, 30))
    assert cautions_of(table)["stale_file"] == (
        "the newest date in the file is 2027-01-10, 79 days before as_of: is this the right export?"
    )
    fresh = read(head + "1,Proposal,2027-01-10,5,2027-06-01\n", as_of=date(2027, 2, 24))
    assert "stale_file" not in cautions_of(fresh)
    won = read(head + "1,Proposal,2027-01-10,5,\n2,Won,2027-01-10,5,2027-03-29\n", as_of=date(2027, 3, 30))
    assert "stale_file" not in cautions_of(won)


def test_warnings_of_open_deals_come_before_those_of_won_and_lost_ones(read: Reader) -> None:
    table = read(
        "id,stage,stage_entered,amount,created,close_date\n"
        "a,Lost,,1,2027-01-10,2027-01-02\n"
        "b,Won,,1,2027-01-10,2027-01-03\n"
        "c,Proposal,2027-01-12,0,2027-01-10,\n"
    )
    assert warnings_of(table) == [
        (4, "its amount is 0"),
        (3, "closes before it was created (2027-01-03, 2027-01-10)"),
        (2, "closes before it was created (2027-01-02, 2027-01-10)"),
    ]


def test_close_dates_in_the_past_are_counted(read: Reader) -> None:
    rows = "".join(f"{i},Proposal,2027-01-12,1,2027-01-02,2027-01-{15 + i}\n" for i in range(8))
    assert warnings_of(read(HEAD + rows)) == [(None, "5 open deals have a close date in the past")]


def test_owners_that_differ_only_in_case_or_spacing_are_named(read: Reader) -> None:
    head = "id,stage,stage_entered,amount,owner\n"
    table = read(
        head + "1,Proposal,2027-01-12,1,ANA SILVA\n2,Proposal,2027-01-12,1,Bo Li\n3,Proposal,2027-01-12,1,Ana  Silva\n"
    )
    assert warnings_of(table) == [
        (None, "owners that differ only in case or spacing are kept apart: 'ANA SILVA' and 'Ana  Silva'")
    ]
    assert table.open.owner == ("ANA SILVA", "Bo Li", "Ana  Silva")


def test_amounts_too_large_exclude_the_row(read: Reader) -> None:
    table = read(
        "id,stage,amount,currency\n1,Proposal,1e300,\n2,Proposal,1e14,EUR\n3,Won,-1e300,\n4,Proposal,1e15,\n",
        rates={"EUR": 100},
    )
    assert reasons_of(table) == [
        (2, "amount '1e300' is too large; check the amount column"),
        (3, "amount '100000000000000' is too large; check the amount column"),
        (4, "won, but without a close date"),
    ]
    assert [excluded.amount for excluded in table.quality.excluded] == [None, None, None]


def test_a_table_that_is_no_data_frame_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        read_spec(Pipeline(), table=[{"id": 1, "stage": "Proposal"}])
    assert str(caught.value) == "pipeline: expected a pandas DataFrame, found list"
