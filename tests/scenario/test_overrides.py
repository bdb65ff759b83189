from __future__ import annotations

from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.scenario import LoadedScenario, load_scenario

EXAMPLE = Path(__file__).parent / "full_example.yaml"


def load(*overrides: str) -> LoadedScenario:
    return load_scenario(EXAMPLE, overrides)


def messages(*overrides: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(*overrides)
    return str(caught.value).split("\n")


def test_set_addresses_stages_and_leads_by_name() -> None:
    scenario = load("stages.Proposal.conversion=50%", "leads.inbound.rate.mean=40").scenario
    assert scenario.stages[1].conversion is not None
    assert scenario.stages[1].conversion.mean == 0.5
    assert scenario.leads[0].rate.mean == 40
    assert scenario.leads[0].rate.dispersion == 1.5


def test_set_addresses_lists_by_index_and_makes_what_is_missing() -> None:
    scenario = load("targets.0.amount=4M", "targets[1].amount=1k", "segments.smb.amount=5000").scenario
    assert [target.amount for target in scenario.targets] == [4_000_000, 1000]
    assert scenario.segments["smb"].amount is not None


def test_set_takes_flow_values_and_null_removes() -> None:
    scenario = load("amount={lognormal: {median: 1000, p90: 4000}}", "pace=null").scenario
    assert scenario.amount is not None
    assert scenario.amount.family == "lognormal"
    assert scenario.pace is None


def test_later_overrides_see_earlier_ones() -> None:
    assert load("correlation=null", "correlation.market=0.3").scenario.correlation.owner == 0.0


def test_quoted_parts_may_hold_dots() -> None:
    scenario = load('teams."A. Nother"=West', 'pipeline.stage_map."S.1"=null').scenario
    assert scenario.teams["A. Nother"] == "West"
    assert scenario.pipeline.stage_map["S.1"] is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "stages.Propsal.conversion=0.5",
            "--set stages.Propsal.conversion: unknown stage 'Propsal'; did you mean 'Proposal'? "
            "(known here: Qualification, Proposal, Negotiation)",
        ),
        (
            "leads.inbund.rate.mean=5",
            "--set leads.inbund.rate.mean: unknown lead source 'inbund'; did you mean 'inbound'? (known here: inbound)",
        ),
        (
            "stages.Proposal.conversion=1.5",
            "--set stages.Proposal.conversion: must be at most 1, found 1.5",
        ),
        (
            "stages.Proposal.duration={lognormal: {median: 5, p90: 2}}",
            "--set stages.Proposal.duration.lognormal.p90: must be above the median 5, found 2",
        ),
        (
            "stages.Proposal.conversion.mean=0.5",
            "--set stages.Proposal.conversion.mean: stages.Proposal.conversion is 0.6 and has no parts; "
            "set stages.Proposal.conversion itself",
        ),
        ("targets.7.amount=3M", "--set targets.7.amount: expected an index from 0 to 1, found '7'"),
        (
            "corelation.market=0.1",
            "--set corelation: unknown key 'corelation'; did you mean 'correlation'? (known here: version, name, "
            "as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, "
            "leads, leads_level, anchor, wins_by_month_of_quarter, correlation, pace, targets, payment_terms, "
            "variants, simulation, store, …)",
        ),
        (
            "conversion=0.5",
            "--set conversion: unknown key 'conversion'; did you mean stages.NAME.conversion, such as "
            "stages.Qualification.conversion=0.5?",
        ),
        (
            "Proposal.conversion=0.5",
            "--set Proposal.conversion: unknown key 'Proposal'; did you mean stages.Proposal.conversion=0.5?",
        ),
        (
            "leads.inbound.rate=40",
            "--set leads.inbound.rate: expected a mapping with the keys per, mean, growth_per_year, seasonality, "
            "dispersion, level_sd, found 40; set leads.inbound.rate.mean",
        ),
        (
            "targets=[{period: 2027-Q1, amount: 1}, {period: 2027-Q1, amount: 2}]",
            "--set targets[1]: a second target for all deals in 2027-Q1, after targets[0]; remove one",
        ),
        ("as_of", "--set as_of: expected path=value, such as stages.Proposal.conversion=0.5"),
        ("as_of=", "--set as_of: expected a value after '='; null removes"),
        ("amount=[1", "--set amount: a bracket or brace is not closed, or a ',' is missing, found '[1'"),
        ("clok=null", "--set clok: there is nothing to remove"),
        ("extends=x.yaml", "--set extends: the scenario to extend is named in the file, it cannot be set"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(override: str, message: str) -> None:
    assert messages(override) == [message]


def test_problems_of_overrides_and_of_the_file_are_reported_together() -> None:
    assert len(messages("stages.Propsal.conversion=0.5", "pace.sd=-1")) == 2


def test_a_later_check_can_name_file_line_and_column() -> None:
    loaded = load("targets.1.amount=5k")
    line = EXAMPLE.read_text(encoding="utf-8").split("\n").index("  - {period: 2027-Q1, amount: 3000000}") + 1
    assert str(loaded.problem(("targets", 0, "period"), "no such period")) == (
        f"{EXAMPLE}:{line}:14: targets[0].period: no such period"
    )
    assert str(loaded.problem(("targets", 1, "amount"), "too small")) == "--set targets[1].amount: too small"


def test_variants_may_name_what_an_override_removed(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text[: text.index("variants:")] if "variants:" in text else text
    path = tmp_path / "s.yaml"
    path.write_text(text + "variants: {more: [{path: 'leads.rate[source=inbound]', scale: 2}]}\n", encoding="utf-8")
    assert load_scenario(path, ["leads=null"]).scenario.leads == ()
    path.write_text(text + "variants: {more: [{path: 'leads.rate[source=outbound]', scale: 2}]}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown lead source 'outbound'; did you mean 'inbound'\?"):
        load_scenario(path)
