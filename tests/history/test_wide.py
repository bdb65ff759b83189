"""A date column for each stage: HubSpot's, old and new, and any columns that are called like stages; two dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from .conftest import Read
from .telling import ends, facts, found, spells, table

STAGES = ["Appointment Scheduled", "Contract Sent"]
INTERNAL = ("appointmentscheduled", "contractsent", "closedwon")
LABELS = ("Appointment Scheduled", "Contract Sent", "Closed Won")
SPELT = {
    "v2": ("hs_v2_date_entered_{}", "hs_v2_date_exited_{}", INTERNAL),
    "v2 with pipeline": ("hs_v2_date_entered_{}_12345", "hs_v2_date_exited_{}_12345", INTERNAL),
    "old": ("hs_date_entered_{}", "hs_date_exited_{}", INTERNAL),
    "label": ('Date entered "{} (Sales Pipeline)"', 'Date exited "{} (Sales Pipeline)"', LABELS),
    "label without pipeline": ('Date entered "{}"', 'Date exited "{}"', LABELS),
}


@pytest.mark.parametrize("spelling", SPELT)
def test_hubspot_columns(read: Read, spelling: str) -> None:
    entered, exited, (first, second, won) = SPELT[spelling]
    row = {
        "Record ID": "7", "Amount": "1000", "Deal owner": "Ann", entered.format(first): "2024-01-01 10:00",
        exited.format(first): "2024-01-05 09:00", entered.format(second): "2024-01-05 09:00",
        exited.format(second): "2024-02-01 12:00", entered.format(won): "2024-02-01 12:00",
    }  # fmt: skip
    other = {"Record ID": "8", entered.format(first): "2024-01-03 10:00", entered.format(second): "(No value)"}
    for stages in (None, STAGES):
        history = read(table([row, other]), stages=stages)
        assert history.form == "wide"
        assert history.stages == tuple(STAGES)
        assert spells(history) == [
            ("7", "Appointment Scheduled", "2024-01-01T10:00:00", "2024-01-05T09:00:00", "Contract Sent"),
            ("7", "Contract Sent", "2024-01-05T09:00:00", "2024-02-01T12:00:00", "won"),
            ("8", "Appointment Scheduled", "2024-01-03T10:00:00", None, "still"),
        ]
        assert ends(history) == [("7", "won", "2024-02-01T12:00:00")]
        assert facts(history, "owner") == [("7", "Ann", None)]


def test_a_stage_left_for_one_without_a_column_is_out_of_sight(read: Read) -> None:
    history = read(
        'Record ID,Date entered "Offer",Date exited "Offer",Date entered "Signing"\n'
        "1,2024-01-01,2024-01-05,\n2,2024-01-01,2024-01-05,2024-01-05\n3,2024-01-01,2024-01-05,2024-01-09\n",
        stages=["Offer", "Signing"],
    )
    assert spells(history) == [
        ("1", "Offer", "2024-01-01", "2024-01-05", "unseen"),
        ("2", "Offer", "2024-01-01", "2024-01-05", "Signing"),
        ("2", "Signing", "2024-01-05", None, "still"),
        ("3", "Offer", "2024-01-01", "2024-01-05", "unseen"),
        ("3", "Signing", "2024-01-09", None, "still"),
    ]
    assert found(history)["history_unseen"] == {"count": 2}


def test_columns_that_are_called_like_stages(read: Read) -> None:
    content = (
        "Project,Offer date,Signing,Abandoned,Built,Status\n"
        "p1,13/01/2020,05/02/2020,,01/03/2021,Built\np2,02/02/2020,,03/04/2020,,Abandoned\np3,04/05/2020,,,,Offer\n"
    )
    settings = {"stages": ["Offer", "Signing"], "won": ["Built"], "lost": ["Abandoned"], "columns": {"case": "Project"}}
    history = read(content, **settings)
    assert history.form == "wide"
    assert spells(history) == [
        ("p1", "Offer", "2020-01-13", "2020-02-05", "Signing"),
        ("p1", "Signing", "2020-02-05", "2021-03-01", "won"),
        ("p2", "Offer", "2020-02-02", "2020-04-03", "lost"),
        ("p3", "Offer", "2020-05-04", None, "still"),
    ]


def test_a_deal_that_is_over_without_a_date_is_left_out(read: Read) -> None:
    history = read(
        "id,Offer,Signing,closed date,outcome\n1,2024-01-01,,,Lost\n2,2024-01-02,,2024-01-09,Lost\n"
        "3,,,2024-01-09,Lost\n4,2024-01-03,,,\n",
        stages=["Offer", "Signing"],
    )
    assert [row[0] for row in spells(history)] == ["2", "4"]
    assert found(history)["ended_without_date"] == {"count": 1}
    assert found(history)["undated_deals"] == {"count": 1}


def test_columns_name_the_stage_they_date(read: Read) -> None:
    history = read(
        "opp,engaged,close_date,deal_stage\n1,2024-01-05,2024-02-01,Won\n2,2024-01-06,,Engaging\n3,,,Prospecting\n",
        stages=["Prospecting", "Engaging"], columns={"case": "opp", "Engaging": "engaged", "closed": "close_date"},
    )  # fmt: skip
    assert history.form == "wide"
    assert spells(history) == [
        ("1", "Engaging", "2024-01-05", "2024-02-01", "won"), ("2", "Engaging", "2024-01-06", None, "still")
    ]  # fmt: skip
    assert found(history)["undated_deals"] == {"count": 1}


TWO = """deal_id,created,closed,outcome,amount,owner
a,2024-01-01,2024-02-01,Won,900,Ann
b,2024-01-05,2024-01-20,Lost,400,Bo
c,2024-01-09,,,300,Bo
d,2024-03-01,2024-02-01,Lost,100,Bo
"""


def test_two_dates_are_one_stage(read: Read) -> None:
    history = read(TWO)
    assert (history.form, history.stages) == ("two_dates", ("Open",))
    assert spells(history) == [
        ("a", "Open", "2024-01-01", "2024-02-01", "won"),
        ("b", "Open", "2024-01-05", "2024-01-20", "lost"),
        ("c", "Open", "2024-01-09", None, "still"),
        ("d", "Open", "2024-03-01", "2024-03-01", "lost"),
    ]
    assert found(history)["closed_before_created"] == {"count": 1}
    # the amount of a deal that is over is that of its end: what it was before is not known
    assert facts(history, "amount") == [
        ("a", 900.0, "2024-02-01"), ("b", 400.0, "2024-01-20"), ("c", 300.0, None), ("d", 100.0, "2024-03-01")
    ]  # fmt: skip


def test_undated_facts_are_known_from_creation_on_or_never(read: Read) -> None:
    known = read(TWO).as_of(dt.date(2024, 1, 6))
    assert [value for _, value, _ in facts(known, "owner")] == ["Ann", "Bo"]
    assert facts(known, "amount") == []
    unknown = read(TWO, undated="unknown").as_of(dt.date(2024, 1, 6))
    assert facts(unknown, "owner") == []


def test_two_dates_by_flags_and_by_won_and_lost_times(read: Read) -> None:
    flags = read(
        "Id,StageName,CloseDate,CreatedDate,IsClosed,IsWon,ForecastCategory\n"
        "1,Closed Won,2024-02-01,2024-01-01,true,true,Closed\n2,Closed Lost,2024-02-03,2024-01-02,true,false,Omitted\n"
        "3,Proposal,2024-09-01,2024-01-03,false,false,Pipeline\n"
    )
    assert ends(flags) == [("1", "won", "2024-02-01"), ("2", "lost", "2024-02-03")]
    assert [row[-1] for row in spells(flags)] == ["won", "lost", "still"]
    times = read(
        "Deal - ID,Deal - Status,Deal - Deal created,Deal - Won time,Deal - Lost time,Deal - Stage\n"
        "1,Won,2024-01-01 08:00,2024-02-01 09:00,,Offer\n2,Lost,2024-01-02 08:00,,2024-02-02 09:00,Offer\n"
        "3,Open,2024-01-03 08:00,,,Offer\n"
    )
    assert times.form == "two_dates"
    assert ends(times) == [("1", "won", "2024-02-01T09:00:00"), ("2", "lost", "2024-02-02T09:00:00")]
    told = found(times)["history_form"]["columns"]
    assert (told["won_date"], told["lost_date"]) == ("Deal - Won time", "Deal - Lost time")
    alone = read(
        "id,created,Won time,Lost time,Lost reason\n1,2024-01-01,2024-02-01,,\n2,2024-01-02,,2024-02-02,price\n"
        "3,2024-01-03,,,\n"
    )
    assert ends(alone) == [("1", "won", "2024-02-01"), ("2", "lost", "2024-02-02")]


def test_repeated_deals_and_unclear_ends_are_counted(read: Read) -> None:
    history = read(TWO + "a,2024-01-02,2024-03-01,Lost,1,Cy\n,2024-01-02,,,1,Cy\n")
    assert [row[0] for row in spells(history)] == ["a", "b", "c", "d"]
    assert spells(history)[0][-1] == "won"
    assert found(history)["duplicate_deals"]["count"] == 1
    assert found(history)["no_case"] == {"count": 1}
    contradicting = read(
        "id,created,closed date,status,is_won\n1,2024-01-01,2024-02-01,Won,false\n2,2024-01-01,2024-02-01,Lost,false\n"
        "3,2024-01-01,2024-02-02,Won,true\n"
    )
    assert ends(contradicting) == [("2", "lost", "2024-02-01"), ("3", "won", "2024-02-02")]
    assert found(contradicting)["end_unclear"] == {"count": 1}


def test_bad_input_is_said_in_a_sentence(message: Callable[..., str]) -> None:
    assert "column dates the entry into a stage" in message("id,x\n1,2\n", format="wide")
    assert "the day on which deals were created" in message("id,outcome\n1,Won\n", format="two_dates")
    assert "nobody knows what is meant by\n  outcome 'Blau': 1 row" in message(
        TWO + "e,2024-01-01,2024-02-02,Blau,1,X\n"
    )
    assert "stages` does not" in message(
        'id,Date entered "Offer",Date entered "Talk"\n1,2024-01-01,2024-01-02\n', stages=["Offer"]
    )
