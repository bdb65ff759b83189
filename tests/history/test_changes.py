"""Logs of changes: Salesforce's field history, HubSpot's property history, Pipedrive's flow."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import Read
from .telling import ends, facts, found, spells

SALESFORCE = """Id,OpportunityId,Field,OldValue,NewValue,DataType,CreatedDate,IsDeleted
1,o1,created,,,Text,2024-01-01T08:00:00Z,false
2,o1,Amount,1000,1500,Currency,2024-01-03T08:00:00Z,false
3,o1,StageName,Proposal,Negotiation,Text,2024-01-05T08:00:00Z,false
4,o1,Owner,005000000000001AAA,005000000000002AAA,EntityId,2024-01-06T08:00:00Z,false
5,o1,Owner,Ann,Bo,Text,2024-01-06T08:00:00Z,false
6,o1,CloseDate,2024-03-01,2024-04-01,DateOnly,2024-01-07T08:00:00Z,false
7,o1,NextStep,call,write,Text,2024-01-07T08:00:00Z,false
8,o1,StageName,Negotiation,Closed Won,Text,2024-02-01T08:00:00Z,false
9,o2,created,,,Text,2024-01-02T08:00:00Z,false
10,o3,StageName,Proposal,Closed Lost,Text,2024-01-09T08:00:00Z,false
11,o3,StageName,Closed Lost,Negotiation,Text,2024-01-10T08:00:00Z,true
"""


def test_salesforce_field_history(read: Read) -> None:
    history = read(SALESFORCE, stages=["Proposal", "Negotiation"])
    assert history.form == "changes"
    assert spells(history) == [
        ("o1", "Proposal", "2024-01-01T08:00:00", "2024-01-05T08:00:00", "Negotiation"),
        ("o1", "Negotiation", "2024-01-05T08:00:00", "2024-02-01T08:00:00", "won"),
        ("o2", "Proposal", "2024-01-02T08:00:00", None, "still"),
    ]
    assert ends(history) == [("o1", "won", "2024-02-01T08:00:00"), ("o3", "lost", "2024-01-09T08:00:00")]
    assert facts(history, "amount") == [("o1", 1500.0, "2024-01-03T08:00:00")]
    assert facts(history, "owner") == [("o1", "Bo", "2024-01-06T08:00:00")]
    assert len(facts(history, "close_date")) == 1
    told = found(history)
    assert told["fields_not_read"] == {"fields": {"NextStep": 1}}
    assert told["events_deleted"] == {"count": 1}
    assert told["initial_stage_undated"] == {"count": 1}
    assert told["initial_stage_taken"] == {"count": 1, "stage": "Proposal"}


def test_a_deal_that_began_elsewhere_is_known_to_since_its_first_change(read: Read) -> None:
    rows = [f"{i},o{i},created,,,Text,2024-01-01T08:00:00Z,false\n" for i in range(10)]
    rows += [f"1{i},o{i},StageName,Proposal,Negotiation,Text,2024-01-05,false\n" for i in range(9)]
    rows.append("19,o9,StageName,Negotiation,Closed Won,Text,2024-01-05T08:00:00Z,false\n")
    history = read(SALESFORCE.splitlines()[0] + "\n" + "".join(rows), stages=["Proposal", "Negotiation"])
    last = [row for row in spells(history) if row[0] == "o9"]
    between = "2024-01-01T08:00:00..2024-01-05T08:00:00"
    assert last == [
        ("o9", "Proposal", "2024-01-01T08:00:00", between, "Negotiation"),
        ("o9", "Negotiation", between, "2024-01-05T08:00:00", "won"),
    ]
    assert found(history)["initial_stage_corrected"] == {"count": 1, "stage": "Proposal"}


def test_hubspot_property_history(read: Read) -> None:
    history = read(
        "deal_id,name,value,timestamp,source,source_id\n"
        "1,dealstage,appointmentscheduled,2024-01-01T08:00:00Z,CRM_UI,x\n1,createdate,2024-01-01T08:00:00Z,"
        "2024-01-01T08:00:00Z,CRM_UI,x\n1,amount,1000,2024-01-01T08:00:00Z,CRM_UI,x\n"
        "1,dealstage,contractsent,2024-01-08T08:00:00Z,CRM_UI,x\n1,amount,1200,2024-01-08T08:00:00Z,CRM_UI,x\n"
        "1,dealstage,closedwon,2024-01-20T08:00:00Z,CRM_UI,x\n1,closedate,2024-02-01T00:00:00Z,2024-01-09T08:00:00Z,API,x\n"
    )
    assert history.form == "changes"
    assert [row[1:] for row in spells(history)] == [
        ("appointmentscheduled", "2024-01-01T08:00:00", "2024-01-08T08:00:00", "contractsent"),
        ("contractsent", "2024-01-08T08:00:00", "2024-01-20T08:00:00", "won"),
    ]
    assert [value for _, value, _ in facts(history, "amount")] == [1000.0, 1200.0]


def test_pipedrive_flow(read: Read) -> None:
    history = read(
        "item_id,field_key,old_value,new_value,log_time\n"
        "5,add_time,,2024-01-01 08:00:00,2024-01-01 08:00:00\n5,stage_id,1,2,2024-01-03 08:00:00\n"
        "5,value,100,250,2024-01-04 08:00:00\n5,status,open,lost,2024-01-05 08:00:00\n"
        "5,status,lost,open,2024-01-08 08:00:00\n5,status,open,won,2024-01-09 08:00:00\n",
        stages=["Lead in", "Offer"], stage_map={"1": "Lead in", "2": "Offer"},
    )  # fmt: skip
    assert spells(history) == [
        ("5", "Lead in", "2024-01-01T08:00:00", "2024-01-03T08:00:00", "Offer"),
        ("5", "Offer", "2024-01-03T08:00:00", "2024-01-05T08:00:00", "lost"),
        ("5", "Offer", "2024-01-08T08:00:00", "2024-01-09T08:00:00", "won"),
    ]
    assert facts(history, "amount") == [("5", 250.0, "2024-01-04T08:00:00")]
    assert found(history)["history_reopened"] == {"count": 1}


def test_bad_input_is_said_in_a_sentence(message: Callable[..., str]) -> None:
    said = message("item_id,field_key,old_value,new_value,log_time\n5,value,1,2,2024-01-01\n")
    assert "no row changes the stage: the fields in 'field_key' are 'value'" in said
    assert "stage_field" in said
