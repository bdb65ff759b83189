"""Names and accounts of deals: read from every CRM, shown, and never a cause of anything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from simfunnel import exact_forecast, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.compare.two_dates import states
from simfunnel.scenario.pipeline import Opportunity, Pipeline
from tests.helpers import deals, funnel, sized, stage

from .reading import Reader, read_spec

FILES = {
    "salesforce": "Opportunity ID,Opportunity Name,Account Name,Stage,Close Date,Amount\n7,Renewal,Acme,Proposal,,5\n",
    "salesforce API": "Id,AccountId,Name,StageName,IsWon,Account.Name,Amount\n7,1x,Renewal,Proposal,false,Acme,5\n",
    "hubspot": "Record ID,Deal Name,Deal Stage,Amount,Associated Company\n7,Renewal,Proposal,5,Acme\n",
    "dynamics": "(Do Not Modify) Opportunity,Topic,Account,Est. revenue,Sales Stage\n7,Renewal,Acme,5,Proposal\n",
    "pipedrive": "Deal - ID,Deal - Title *,Deal - Organization,Deal - Value,Deal - Stage\n7,Renewal,Acme,5,Proposal\n",
    "zoho": "Record Id,Deal Name,Account Name,Contact Name,Amount,Closing Date,Stage,Deal Owner\n"
    "7,Renewal,Acme,Ms A,5,,Proposal,Bo\n",
    "generic": "id,stage,amount,name,account\n7,Proposal,5,Renewal,Acme\n",
    "generic in Chinese": "商机编号,商机名称,客户名称,阶段,金额\n7,Renewal,Acme,Proposal,5\n",
}


@pytest.mark.parametrize("export", FILES)
def test_every_crm_says_what_a_deal_is_called_and_whose_it_is(read: Reader, export: str) -> None:
    table = read(FILES[export])
    assert table.quality.preset == export.split()[0]
    assert (table.open.id, table.open.name, table.open.account) == (("7",), ("Renewal",), ("Acme",))
    assert {"name", "account"} <= table.quality.columns.keys()
    assert table.quality.unused in ((), ("AccountId",), ("Contact Name",))


def test_a_name_can_be_mapped_left_out_or_missing(read: Reader) -> None:
    text = "id,stage,amount,name,Wer\n7,Proposal,5,Renewal,Acme\n8,Proposal,5, ,(No value)\n"
    table = read(text, columns={"name": "Wer"})
    assert (table.open.name, table.open.account) == (("Acme", None), (None, None))
    left_out = read(text, columns={"name": None})
    assert left_out.open.name == (None, None) and left_out.quality.unused == ("name", "Wer")


def test_a_name_is_no_id(read: Reader) -> None:
    assert read("stage,amount,name\nProposal,5,Renewal\n").open.id == ("row 2",)


def test_two_columns_of_names_stop_nothing_unless_one_was_asked_for(
    read: Reader, message: Callable[..., str]
) -> None:  # fmt: skip
    text = "id,stage,amount,Account Name,account name\n7,Proposal,5,Acme,Beta\n"
    assert read(text).open.account == ("Acme",)  # spelled as the preset does
    shouted = text.replace("Account Name,account name", "ACCOUNT NAME,account name")
    assert read(shouted).open.account == (None,)
    assert read(shouted).quality.unused == ("ACCOUNT NAME", "account name")
    assert "stands over columns 4 and 5" in message(shouted, columns={"account": "Account name"})


def test_deals_of_a_scenario_and_of_a_data_frame_have_names() -> None:
    written = Opportunity.model_validate({"id": "7", "stage": "Proposal", "name": 2027, "account": "Acme"})
    inline = read_spec(Pipeline(opportunities=(written,))).open
    assert (inline.name, inline.account) == (("2027",), ("Acme",))
    frame = pd.DataFrame({"id": [7], "stage": ["Proposal"], "amount": [5], "name": ["Renewal"]})
    assert read_spec(Pipeline(), table=frame).open.name == ("Renewal",)


def test_the_model_names_the_deals_that_stay_in_it() -> None:
    listed = [
        {"id": "a", "stage": "A", "name": "no amount"},  # left out: no amount from anywhere
        {"id": "b", "stage": "A", "amount": 5, "name": "Renewal", "account": "Acme"},
        {"id": "c", "stage": "A", "amount": 5},
    ]
    book = prepare(funnel([stage("A", 0.5, 1)], listed)).compiled().book.deals
    assert book.id == ("b", "c")
    assert (book.name, book.account) == (("Renewal", None), ("Acme", None))


def test_a_deal_that_is_renamed_has_no_corrected_data() -> None:
    stages = [stage("A", 0.5, {"exponential": 9})]
    before = prepare(funnel(stages, deals(2, amount=10, name="Renewal")))
    for fields, corrected in (({"name": "Renewal 2027", "account": "Acme"}, 0), ({"owner": "Ann"}, 2)):
        *_, last = states(before, prepare(funnel(stages, deals(2, amount=10, **{"name": "Renewal", **fields}))))
        assert last.deals == corrected and (last.note is None) == (corrected == 0)


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
def test_names_change_no_bit_of_a_forecast(kernel: str) -> None:
    plain = deals(12, amount=10, age=3, owner="Ann", segment="smb")
    called = [{**deal, "name": f"Deal {i % 5}", "account": "Acme"} for i, deal in enumerate(plain)]
    rest = {
        "correlation": {"market": 0.1, "segment": 0.05, "owner": 0.05},
        "leads": [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 2}, "amount": {"exponential": 9}}],
        "targets": [{"period": "2027-01-01+30d", "amount": 60}],
    }
    stages = [stage("A", {"mean": 0.5, "n": 40}, {"exponential": 9})]
    one, two = (
        simulate(funnel(stages, listed, **rest), trials=sized(1000), kernel=kernel).samples
        for listed in (plain, called)
    )
    for field in ("open", "new", "wins"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
    assert one.open.any() and one.new.any()


def test_names_change_no_bit_of_an_exact_forecast() -> None:
    plain = deals(12, amount=10, age=3)
    called = [{**deal, "name": f"Deal {i % 5}", "account": "Acme"} for i, deal in enumerate(plain)]
    stages = [stage("A", 0.5, {"exponential": 9})]
    one, two = (exact_forecast(funnel(stages, listed)).to_dict() for listed in (plain, called))
    assert one["scenario"].pop("sha256") != two["scenario"].pop("sha256")  # of what is written, names included
    assert one["periods"][0]["bookings"]["mean"] > 0
    assert one["periods"] == two["periods"] and one["total"] == two["total"] and one["groups"] == two["groups"]
