"""What about a file may change the decision: said once, of the file as a whole."""

from __future__ import annotations

from datetime import date

import pytest

from simfunnel.forecast.inputs import prepare
from simfunnel.report.faces.quality import caution_dict
from simfunnel.scenario.pipeline import Opportunity, Pipeline
from tests.helpers import deals, funnel, stage

from .reading import Reader, cautions_of, read_spec, warnings_of

HEAD = "id,stage,amount,stage_entered\n"


def test_a_deal_that_outweighs_all_others_is_named(read: Reader) -> None:
    rows = "".join(f"{i},Proposal,{20000 + i},2027-01-05\n" for i in range(5))
    assert cautions_of(read(HEAD + rows)) == {}
    table = read(HEAD + rows + "slip,Proposal,1000000000,2027-01-05\n")
    assert cautions_of(table)["one_deal_dominates"].startswith(
        "one deal decides the forecast: row 7 (slip) with 1,000,000,000 is "
    )
    many = "".join(f"{i},Proposal,1000,2027-01-05\n" for i in range(500)) + "slip,Proposal,150000,2027-01-05\n"
    assert "row 502 (slip) with 150,000" in cautions_of(read(HEAD + many))["one_deal_dominates"]  # 100 times the next


@pytest.mark.parametrize(
    ("amounts", "said"),
    [((90, 10), True), ((88, 6, 6), True), ((55, 15, 10, 10, 10), True), ((50, 50), False), ((40, 30, 30), False),
     ((9,), False)],
)  # fmt: skip
def test_above_half_of_the_value_is_above_half_however_many_deals(
    read: Reader, amounts: tuple[int, ...], said: bool
) -> None:
    table = read(HEAD + "".join(f"{i},Proposal,{amount},2027-01-05\n" for i, amount in enumerate(amounts)))
    assert ("one_deal_dominates" in cautions_of(table)) is said


def test_an_export_made_on_as_of_or_later_is_said_with_the_as_of_that_fits(read: Reader) -> None:
    text = "id,stage,amount,close_date\n1,Proposal,5,2027-03-01\n2,Won,20000,2027-01-20\n3,Won,4000,2027-01-20\n"
    said = cautions_of(read(text))["export_after_as_of"]
    assert "2 wins worth 24.0k among them" in said and said.endswith("The as_of that fits this file is 2027-01-21")
    later = read("id,stage,amount,created,close_date\n1,Proposal,5,2026-12-01,\n2,Lost,7,2026-12-01,2027-06-18\n")
    assert "up to 2027-06-18" in cautions_of(later)["export_after_as_of"]
    assert "export_after_as_of" not in cautions_of(read(text, as_of=date(2027, 1, 21)))


def test_more_than_a_tenth_left_out_is_grouped_by_kind_whatever_the_dates(read: Reader) -> None:
    rows = "".join(f"{i},Proposal,100,2027-01-05\n" for i in range(8))
    late = "a,Proposal,500,2027-02-01\nb,Proposal,300,2027-03-01\nc,Proposal,x,2027-01-05\n"
    assert cautions_of(read(HEAD + rows + late))["mostly_excluded"] == (
        "3 of 11 rows, worth 800 of 1.6k, left out: entered its stage on or after as_of (2 rows, worth 800); amount "
        "cannot be read (1 row, worth 0)"
    )
    kept = "".join(f"{i},Proposal,1000,2027-01-05\n" for i in range(20))
    assert "mostly_excluded" not in cautions_of(read(HEAD + kept + "c,Proposal,5,2027-02-05\n"))
    total = "".join(f",,{i},\nTotal,,{i},\n" for i in range(9))
    assert "mostly_excluded" not in cautions_of(read(HEAD + kept + total))


def test_a_judgement_on_every_deal_is_doubted(read: Reader) -> None:
    text = "id,stage,amount,Win rate\n1,Proposal,10,5%\n2,Negotiation,20,5%\n3,Proposal,40,{}\n"
    assert (
        "all 3 open deals carry a judgement in 'Win rate'" in cautions_of(read(text.format("6%")))["judged_throughout"]
    )
    assert "judged_throughout" not in cautions_of(read(text.format("")))


def test_a_caution_stands_in_one_place_only(read: Reader) -> None:
    table = read("id,stage,amount,status\n1,Proposal,5,Open\n2,Proposal,6,Blorp\n")
    assert table.quality.cautions and all(caution.caution for caution in table.quality.cautions)
    assert not any(warning.caution for warning in table.quality.warnings)
    assert not any("Blorp" in said for row, said in warnings_of(table) if row is None)
    assert caution_dict(table.quality.cautions[0])["key"] == "pipeline.status_map"


def test_deals_of_a_scenario_are_no_export() -> None:
    late = (
        Opportunity(id="a", stage="Proposal", amount=5),
        Opportunity(id="b", stage="Proposal", created=date(2027, 2, 1)),
    )
    assert set(cautions_of(read_spec(Pipeline(opportunities=late)))) == {"mostly_excluded"}


def test_assumptions_that_are_missing_are_one_sentence() -> None:
    bare = prepare(funnel([stage("A", 0.5, 9)], deals(3, amount=10))).compiled().quality.cautions
    assert [caution.sentence for caution in bare] == [
        "the forecast takes for granted that no new leads come (`leads`), that deals are won and lost independently "
        "of each other (`correlation`) and that all rates are known exactly (`{mean: 0.4, n: 120}`): the range is "
        "narrower than it should be"
    ]
    full = funnel(
        [stage("A", {"mean": 0.5, "n": 40}, 9)], deals(3, amount=10), correlation={"market": 0.1},
        leads=[{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 2}, "amount": 5}],
    )  # fmt: skip
    assert prepare(full).compiled().quality.cautions == ()


def test_deals_that_all_lack_an_amount_are_no_open_deal() -> None:
    found = prepare(funnel([stage("A", 0.5, 9)], [{"id": "a", "stage": "A"}])).compiled().quality
    assert found.used == 0 and found.cautions[0].code == "no_open_deal"
