"""Events: logs of any system, Salesforce's histories, and the rules for what is odd in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from simfunnel.history import read_history

from .conftest import Read
from .telling import ends, facts, found, spells, table

STAGES = ["Proposal", "Negotiation"]
LOG = """deal,stage,time,amount,owner
a,Proposal,2024-03-01,100,Ann
a,Negotiation,2024-03-05,120,Ann
a,Won,2024-03-09,120,Bo
b,Proposal,2024-03-02,50,Bo
b,Lost,2024-03-04,50,Bo
"""


def test_a_plain_log(read: Read) -> None:
    history = read(LOG, stages=STAGES)
    assert history.form == "events"
    assert spells(history) == [
        ("a", "Proposal", "2024-03-01", "2024-03-05", "Negotiation"),
        ("a", "Negotiation", "2024-03-05", "2024-03-09", "won"),
        ("b", "Proposal", "2024-03-02", "2024-03-04", "lost"),
    ]
    assert ends(history) == [("a", "won", "2024-03-09"), ("b", "lost", "2024-03-04")]
    assert facts(history, "amount") == [
        ("a", 100.0, "2024-03-01"), ("a", 120.0, "2024-03-05"), ("b", 50.0, "2024-03-02")
    ]  # fmt: skip
    assert facts(history, "owner") == [("a", "Ann", "2024-03-01"), ("a", "Bo", "2024-03-09"), ("b", "Bo", "2024-03-02")]
    told = found(history)["history_form"]
    assert told["columns"] == {"case": "deal", "stage": "stage", "time": "time", "amount": "amount", "owner": "owner"}


@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "log.xlsx", "log.parquet"])
def test_any_file_holds_events(read: Read, tmp_path: object, name: str) -> None:
    frame = pd.DataFrame([line.split(",") for line in LOG.splitlines()[1:]], columns=LOG.splitlines()[0].split(","))
    frame["time"] = pd.to_datetime(frame["time"])
    frame["amount"] = frame["amount"].astype(float)
    path = f"{tmp_path}/{name}"
    if name.endswith("xlsx"):
        frame.to_excel(path, index=False)
    elif name.endswith("parquet"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",")
    history, text = read_history(path, stages=STAGES, time_zone="UTC"), read(LOG, stages=STAGES)
    assert spells(history) == spells(text)
    assert facts(history, "amount") == facts(text, "amount")


def test_the_order_of_stages_is_that_of_most_deals_and_said(read: Read) -> None:
    ways = {"a": ["Meet", "Offer", "Talk"], "b": ["Meet", "Offer", "Talk"], "c": ["Talk", "Offer", "Meet"]}
    rows = [(deal, stage, day) for deal, way in ways.items() for day, stage in enumerate(way, 1)]
    history = read(table([{"case": c, "stage": s, "time": f"2024-01-{d:02}"} for c, s, d in rows]))
    assert history.stages == ("Meet", "Offer", "Talk")
    assert found(history)["stages_found"] == {"stages": ("Meet", "Offer", "Talk"), "by": "entries"}


def test_probabilities_order_the_stages_where_the_file_gives_them(read: Read) -> None:
    rows = [("a", "Late", 90, 1), ("b", "Early", 10, 2), ("b", "Middle", 40, 3)]
    content = table([{"case": c, "stage": s, "probability": p, "time": f"2024-01-{d:02}"} for c, s, p, d in rows])
    assert read(content).stages == ("Early", "Middle", "Late")


def test_salesforce_history_rows_that_change_no_stage_are_facts(read: Read) -> None:
    history = read(
        "Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,Probability,ForecastCategory,IsDeleted,"
        "SystemModstamp\n"
        "1,o1,2024-01-02T09:00:00.000Z,Proposal,1000,2024-03-01,25,Pipeline,false,2024-01-05T10:00:00.000Z\n"
        "2,o1,2024-01-05T10:00:00.000Z,Proposal,1500,2024-04-01,30,Pipeline,false,2024-02-01T08:00:00.000Z\n"
        "3,o1,2024-02-01T08:00:00.000Z,Negotiation,1500,2024-04-01,60,Forecast,false,2024-02-01T08:00:00.000Z\n"
        "4,o1,2024-02-03T08:00:00.000Z,Negotiation,9999,2024-04-01,60,Forecast,true,2024-02-01T08:00:00.000Z\n"
        "5,o1,2024-03-01T08:00:00.000Z,Closed Won,1400,2024-03-01,100,Closed,false,2024-03-01T08:00:00.000Z\n"
    )
    assert history.form == "events"
    assert history.stages == ("Proposal", "Negotiation")
    assert spells(history) == [
        ("o1", "Proposal", "2024-01-02T09:00:00", "2024-02-01T08:00:00", "Negotiation"),
        ("o1", "Negotiation", "2024-02-01T08:00:00", "2024-03-01T08:00:00", "won"),
    ]
    assert [value for _, value, _ in facts(history, "amount")] == [1000.0, 1500.0, 1400.0]
    assert [value for _, value, _ in facts(history, "probability")] == [0.25, 0.3, 0.6, 1.0]
    moved = history.facts["close_date"].value.astype(np.int64).astype("M8[us]").astype("M8[D]").astype(str).tolist()
    assert moved == ["2024-03-01", "2024-04-01", "2024-03-01"]
    assert found(history)["events_deleted"] == {"count": 1}
    assert found(history)["history_repeated"] == {"count": 1}


def test_the_report_of_the_opportunity_history(read: Read) -> None:
    history = read(
        "Opportunity ID,Opportunity Name,From Stage,To Stage,Amount,Last Modified\n"
        'o1,Mill,,Proposal,"1,200",3/14/2024\no1,Mill,Proposal,Negotiation,"1,200",3/20/2024\n'
        'o1,Mill,Negotiation,Closed Lost,"1,200",4/2/2024\n'
    )
    assert history.form == "events"
    assert spells(history) == [
        ("o1", "Proposal", "2024-03-14", "2024-03-20", "Negotiation"),
        ("o1", "Negotiation", "2024-03-20", "2024-04-02", "lost"),
    ]


def test_the_stage_before_the_first_event_is_known_since_that_event(read: Read) -> None:
    history = read(
        "Opportunity ID,Created Date,From Stage,To Stage,Last Modified\n"
        "o1,2024-01-01,Proposal,Negotiation,2024-01-05\no2,,Proposal,Negotiation,2024-01-06\n",
        stages=STAGES,
    )
    assert spells(history) == [
        ("o1", "Proposal", "2024-01-01..2024-01-05", "2024-01-05", "Negotiation"),
        ("o1", "Negotiation", "2024-01-05", None, "still"),
        ("o2", "Negotiation", "2024-01-06", None, "still"),
    ]
    assert found(history)["initial_stage_undated"] == {"count": 1}


def test_rows_may_be_stays_with_both_ends(read: Read) -> None:
    history = read(
        "Deal,Stage,Entered,Exited\na,Proposal,2024-01-01,2024-01-05\na,Negotiation,2024-01-05,2024-01-09\n"
        "a,Won,2024-01-09,\nb,Proposal,2024-01-02,2024-01-04\nc,Proposal,2024-01-03,\n",
        stages=STAGES,
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", "2024-01-05", "Negotiation"),
        ("a", "Negotiation", "2024-01-05", "2024-01-09", "won"),
        ("b", "Proposal", "2024-01-02", "2024-01-04", "unseen"),
        ("c", "Proposal", "2024-01-03", None, "still"),
    ]
    activities = read("Case,Activity,Start time,End time\na,Proposal,2024-01-01,2024-01-03\n", stages=STAGES)
    assert spells(activities) == [("a", "Proposal", "2024-01-03", None, "still")]


def test_a_stage_that_sounds_like_an_end_is_named(read: Read) -> None:
    history = read("deal,stage,time\na,Proposal,2024-01-01\na,Closed,2024-01-05\n")
    assert found(history)["stage_sounds_closed"] == {"stages": ("Closed",)}


def test_of_a_life_cycle_what_is_complete_counts(read: Read) -> None:
    content = (
        "case,activity,timestamp,lifecycle:transition\n"
        "a,Proposal,2024-01-01T08:00,START\na,Proposal,2024-01-02T08:00,COMPLETE\na,Negotiation,2024-01-03,COMPLETE\n"
    )
    history = read(content, stages=STAGES)
    assert spells(history)[0] == ("a", "Proposal", "2024-01-02T08:00:00", "2024-01-03", "Negotiation")
    assert found(history)["events_incomplete"] == {"count": 1}
    only = read(content.replace("COMPLETE", "START"), stages=STAGES)
    assert spells(only)[0][2] == "2024-01-01T08:00:00"


def test_simultaneous_events_keep_the_order_of_the_file(read: Read) -> None:
    history = read(
        "deal,stage,time\na,Proposal,2024-01-01\na,Negotiation,2024-01-01\na,Won,2024-01-01\n", stages=STAGES
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", "2024-01-01", "Negotiation"),
        ("a", "Negotiation", "2024-01-01", "2024-01-01", "won"),
    ]
    turned = read("deal,stage,time\na,Negotiation,2024-01-01\na,Proposal,2024-01-01\n", stages=STAGES)
    assert [stage for _, stage, *_ in spells(turned)] == ["Negotiation", "Proposal"]


def test_a_deal_that_opens_again_goes_on_from_its_earlier_end(read: Read) -> None:
    history = read(
        "deal,stage,time\na,Proposal,2024-01-01\na,Lost,2024-01-05\na,Proposal,2024-02-01\na,Won,2024-02-09\n",
        stages=STAGES,
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", "2024-01-05", "lost"),
        ("a", "Proposal", "2024-02-01", "2024-02-09", "won"),
    ]
    assert ends(history) == [("a", "lost", "2024-01-05"), ("a", "won", "2024-02-09")]
    assert found(history)["history_reopened"] == {"count": 1}
    assert ends(history.as_of(dt.date(2024, 2, 5))) == [("a", "lost", "2024-01-05")]


def test_skips_are_no_visits_and_repetitions_no_entries(read: Read) -> None:
    history = read(
        "deal,stage,time\na,Proposal,2024-01-01\na,Proposal,2024-01-03\na,Signing,2024-01-05\na,Signing,2024-01-06\n",
        stages=["Proposal", "Negotiation", "Signing"],
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", "2024-01-05", "Signing"), ("a", "Signing", "2024-01-05", None, "still")
    ]  # fmt: skip
    assert found(history)["history_repeated"] == {"count": 2}


def test_what_cannot_be_used_is_counted_and_left_out(read: Read) -> None:
    history = read(
        "deal,stage,time\na,Proposal,2024-01-01\n,Proposal,2024-01-02\nb,Proposal,2024-02-30\nb,Proposal,soon\n"
        "b,Proposal,\nb,Negotiation,2024-01-09\na,Proposal,2024-01-01\na,Negotiation,0203-01-01\na,,2024-01-04\n",
        stages=STAGES,
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", None, "still"), ("b", "Negotiation", "2024-01-09", None, "still")
    ]  # fmt: skip
    told = found(history)
    assert told["no_case"] == {"count": 1}
    assert told["time_unreadable"] == {"count": 3, "header": "time"}
    assert told["no_time"] == {"count": 1, "header": "time"}
    assert told["duplicate_events"] == {"count": 1}
    assert told["no_stage_in_row"] == {"count": 1}
    assert all(finding.sentence for finding in history.findings)


def test_the_map_of_stages(read: Read) -> None:
    content = (
        "deal,stage,time\na,P_new,2024-01-01\na,P_late,2024-01-02\na,W_call,2024-01-03\na,Other,2024-01-04\n"
        "a,Signed,2024-01-05\n"
    )
    mapped = {"P_*": "Proposal", "P_late": "Negotiation", "*": None}
    history = read(content, stages=STAGES, stage_map=mapped, won=["Signed"])
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01", "2024-01-02", "Negotiation"),
        ("a", "Negotiation", "2024-01-02", "2024-01-05", "won"),
    ]
    assert found(history)["events_left_out"] == {"count": 2}
    longest = read(content, stages=STAGES, stage_map={"P*": None, "P_*": "Proposal", "*": "Won"}, lost=["Signed"])
    assert [row[1] for row in spells(longest)] == ["Proposal"]
    assert ends(longest) == [("a", "won", "2024-01-03"), ("a", "lost", "2024-01-05")]


def test_words_of_nine_languages_end_deals_and_void_ones_leave(read: Read) -> None:
    words = ["Gewonnen", "Perdu", "赢单", "Проиграна", "Duplicado", "Closed - Lost"]
    rows = [{"deal": f"d{i}", "stage": s, "time": f"2024-01-0{k + 1}"} for i, word in enumerate(words)
            for k, s in enumerate(["Proposal", word])]  # fmt: skip
    assert [outcome for _, outcome, _ in ends(read(table(rows), stages=STAGES))] == [
        "won", "lost", "won", "lost", "void", "lost"
    ]  # fmt: skip


def test_an_outcome_beside_the_stage(read: Read) -> None:
    state = (
        "deal,stage,time,status\na,Proposal,2024-01-01,open\na,Proposal,2024-01-08,won\nb,Proposal,2024-01-02,open\n"
    )
    assert ends(read(state, stages=STAGES)) == [("a", "won", "2024-01-08")]
    of_case = (
        "deal,stage,time,outcome\na,Proposal,2024-01-01,Won\na,Negotiation,2024-01-08,Won\nb,Proposal,2024-01-02,Lost\n"
    )
    history = read(of_case, stages=STAGES)
    assert ends(history) == [("a", "won", "2024-01-08"), ("b", "lost", "2024-01-02")]
    assert found(history)["outcome_at_last_event"]["count"] == 2
    closed = of_case.replace("outcome\n", "outcome,closed date\n").replace(",Won\n", ",Won,2024-02-01\n")
    assert ends(read(closed.replace(",Lost\n", ",Lost,\n"), stages=STAGES)) == [("a", "won", "2024-02-01")]


def test_attributes_of_cases_and_fields_that_change(read: Read) -> None:
    history = read(
        "deal,stage,time,region,mood\na,Proposal,2024-01-01,north,calm\na,Won,2024-01-02,north,glad\n"
        "b,Proposal,2024-01-03,south,calm\n",
        stages=STAGES,
    )
    assert {header: texts.tolist() for header, texts in history.deals.attributes.items()} == {
        "region": ["north", "south"]
    }
    assert found(history)["columns_unread"] == {"headers": ("mood",)}


def test_times_in_any_spelling_are_instants(read: Read) -> None:
    spelt = ["2024-03-31T01:30:00+01:00", "2024-03-31 03:30", "31.03.2024 04:00", "1711854000000", "2024-04-01"]
    rows = [{"deal": f"d{i}", "stage": "Proposal", "time": text} for i, text in enumerate(spelt)]
    history = read(table(rows), stages=STAGES, time_zone="Europe/Berlin")
    assert [entered for _, _, entered, *_ in spells(history)] == [
        "2024-03-31T00:30:00", "2024-03-31T01:30:00", "2024-03-31T02:00:00", "2024-03-31T03:00:00",
        "2024-03-31T22:00:00",
    ]  # fmt: skip


def test_a_missing_time_zone_is_utc_and_said(read: Read) -> None:
    history = read(LOG, stages=STAGES, time_zone=None)
    assert history.time_zone == "UTC"
    assert found(history)["time_zone_taken"] == {"zone": "UTC"}


Message = Callable[..., str]


def test_bad_input_is_said_in_a_sentence(message: Message) -> None:
    assert "the form 'events' needs" in message("deal,stage,amount\na,Proposal,5\n", format="events")
    assert "columns: {time: <header>}" in message("deal,stage,amount\na,Proposal,5\n", format="events")
    assert "columns: {stage: <header>}" in message("deal,time,amount\na,2024-01-01,5\n", format="events")
    said = message("deal,stage,time\na,Proposl,2024-01-01\nb,Proposl,2024-01-02\nb,Gone,2024-01-03\n", stages=STAGES)
    assert "'Proposl': 2 rows" in said
    assert "'Gone': 1 row" in said
    assert '{"Proposl": Proposal}' in said
    assert "did you mean 'stage'" in message(LOG, columns={"stag": "stage"})
    assert "did you mean 'stage'" in message(LOG, columns={"stage": "stagee"})
    assert "no rows" in message("deal,stage,time\n")
    assert "the file is empty" in message("")
    assert "can be 2024-02-01 or 2024-01-02" in message("deal,stage,time\na,Proposal,01/02/2024\n")
    blank = message("deal,stage,time\na,Proposal,\nb,,2024-01-01\n", format="events")
    assert "no deal with a date is left of 2 rows read as events" in blank
    assert "1 row without a time in 'time'" in blank
    now = message("id,stage,created,amount\n1,Proposal,2024-01-01,5\n2,Negotiation,2024-01-02,6\n")
    assert "a list of deals as they are now, and no history" in now
    assert "nothing tells what the rows of this file are" in message("x,y\n1,2\n")
    assert "'Propsal' is no stage" in message(LOG, stages=STAGES, stage_map={"x": "Propsal"})
    assert "Europe/Berlin" in message(LOG, time_zone="Europe/Berln")
    many = table([{"deal": f"d{i}", "stage": f"Note {i}", "time": "2024-01-01"} for i in range(150)])
    assert "150 different words stand where stages should" in message(many, format="events")


def test_currencies_of_cells_are_read(read: Read) -> None:
    rows = "deal,stage,time,amount\na,P,2024-01-01,€2557\na,Won,2024-01-11,€2557.50\nb,P,2024-01-02,{}\n"
    euros = read(rows.format("€ 12"), stages=["P"])
    assert euros.currency == "EUR"
    assert facts(euros, "amount")[0][1] == 2557.0
    mixed = read(rows.format("$12"), stages=["P"])
    assert found(mixed)["several_currencies"] == {"currencies": ("EUR", "$")}
    assert read(rows.replace("€", "$").format("USD 12"), stages=["P"]).currency == "USD"
    assert "several_currencies" not in found(read(rows.replace("€", "$").format("12"), stages=["P"]))


def test_megawatts_are_no_millions(read: Read) -> None:
    rows = "deal,stage,time,Capacity (MWelec)\na,P,2024-01-01,5\na,Won,2024-01-11,7\n"
    assert facts(read(rows, stages=["P"], columns={"amount": "Capacity (MWelec)"}), "amount")[0][1] == 5.0
