"""The HTML report: its numbers are those of the commands, its text is harmless, and what is missing is said."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from typing import Any

import jinja2
import jinja2.sandbox
import pytest

from simfunnel.errors import InputError
from simfunnel.report.html.blocks import Section, Table, cell
from simfunnel.report.html.material import Material
from simfunnel.report.html.page import Page, render
from simfunnel.report.html.report import SECTIONS, report_html

from .html_scenario import OWNERS, material, scenario
from .html_tables import ShownTable, Tables


@pytest.fixture(scope="module")
def whole() -> Material:
    """Everything that is cheap."""
    return material(scenario())


@pytest.fixture(scope="module")
def page(whole: Material) -> str:
    return report_html(whole)


@pytest.fixture(scope="module")
def tables(page: str) -> Tables:
    return Tables(page)


def orders(table: ShownTable, column: str) -> list[float | None]:
    """The numbers that a column is sorted by."""
    return [one.order for one in table.column(column)]


def near(values: list[Any]) -> list[Any]:
    """Numbers as they are written for the browser, to ten digits."""
    return [None if value is None else pytest.approx(value, rel=1e-9) for value in values]


def test_numbers_by_period_are_those_of_run(whole: Material, tables: Tables) -> None:
    table, keys = tables["Bookings by period, USD"], whole.run
    rows = [*keys["periods"], keys["total"]]
    assert orders(table, "Target") == near([row["target"] for row in rows])
    assert orders(table, "P(attain)") == near([(row["attainment"] or {}).get("probability") for row in rows])
    assert orders(table, "Mean") == near([row["bookings"]["mean"] for row in rows])
    for name, level in (("P10", "0.1"), ("P50", "0.5"), ("P90", "0.9")):
        assert orders(table, name) == near([row["bookings"]["quantiles"][level] for row in rows])
    origins = tables["Mean bookings by origin"]
    for name, origin in (("Closed", "closed"), ("Open deals", "open"), ("New deals", "new")):
        assert orders(origins, name) == near([row["by_origin"][origin]["mean"] for row in rows])


def test_numbers_of_people_are_those_of_run(whole: Material, tables: Tables) -> None:
    for title, dimension in (("Owners", "owner"), ("Teams", "team"), ("Segments", "segment")):
        table, groups = tables[f"{title}, 2027-Q1"], whole.run["groups"][dimension]
        assert [one.text for one in table.column("Name")] == list(groups)
        first = [group["periods"][0] for group in groups.values()]
        assert orders(table, "Mean") == near([one["bookings"]["mean"] for one in first])
        assert orders(table, "Open pipeline") == near([one["open_pipeline"] for one in first])
        chances = [(one["attainment"] or {}).get("probability") for one in first]
        assert orders(table, "P(attain)") == near(chances)


def test_numbers_of_decisions_are_those_of_their_commands(whole: Material, tables: Tables) -> None:
    assert whole.plan is not None
    assert whole.levers is not None
    assert whole.stress is not None
    assert whole.health is not None
    funnel, stages = tables["The funnel"], whole.plan["ideal_funnel"]
    assert orders(funnel, "Deals") == near([stage["actual_count"] for stage in stages])
    assert orders(funnel, "Missing") == near([stage["gap_count"] for stage in stages])
    levers = tables["The levers"]
    assert orders(levers, "Gain") == near([one["delta_mean"] for one in whole.levers["levers"]])
    assert orders(levers, "Points of chance") == near([one["delta_p"] for one in whole.levers["levers"]])
    curve = tables["Chance of the target by the rate of leads"]
    assert orders(curve, "Chance") == near([point["p_attain"] for point in whole.plan["curve"]])
    closing = [deal for deal in whole.stress["must_close"] if deal["p_win"] > 0]
    lost = tables["What is lost with each deal in 2027-Q1"]
    assert [one.text for one in lost.column("Deal")] == [deal["name"] for deal in closing]
    assert orders(lost, "Listed amount") == near([deal["amount"] for deal in closing])
    assert orders(lost, "Chance in 2027-Q1") == near([deal["p_win"] for deal in closing])
    assert orders(lost, "If lost") == near([deal["delta_mean"] for deal in closing])
    tornado = tables["Chance of the target as each assumption moves"]
    assert orders(tornado, "Chance down") == near([bar["p_low"] for bar in whole.stress["tornado"]])
    events = [*whole.stress["variants"], *whole.stress["events"]]
    assert orders(tables["What if"], "Mean") == near([event["mean"] for event in events])
    doubtful = [deal for deal in whole.health["deals"] if deal["flags"]]
    assert doubtful
    assert orders(tables["Doubtful deals"], "Chance by the end of 2027-Q2") == near(
        [deal["p_win"] for deal in doubtful]
    )
    for name in OWNERS:
        mine = [deal for deal in whole.health["deals"] if deal["owner"] == name]
        open_deals = tables[f"Open deals of {name}"]
        assert orders(open_deals, "Worth if won") == near([deal["amount"] for deal in mine])


def test_the_sentences_are_those_of_the_commands(whole: Material, page: str) -> None:
    text = re.sub(r"<[^>]+>", "", page)
    for keys in (whole.run, whole.plan, whole.levers, whole.stress, whole.health):
        assert keys is not None
        assert keys["sentence"] in text.replace("&#39;", "'").replace("&amp;", "&")


def test_nothing_is_loaded_and_nothing_runs_but_our_own(page: str, tables: Tables) -> None:
    assert all(re.fullmatch(r"a href=#[\w-]+", one) for one in tables.loads)
    assert {"img", "iframe", "object", "embed", "link", "base", "form"}.isdisjoint(tables.tags)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        (own,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert rules[f"{tag}-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()}'"


def test_the_template_computes_nothing(whole: Material, page: str) -> None:
    class Plain(jinja2.sandbox.SandboxedEnvironment):
        intercepted_binops = frozenset(jinja2.sandbox.SandboxedEnvironment.default_binop_table)
        intercepted_unops = frozenset(jinja2.sandbox.SandboxedEnvironment.default_unop_table)

        def call_binop(self, *_: Any) -> Any:
            raise AssertionError("the template computes")

        def call_unop(self, *_: Any) -> Any:
            raise AssertionError("the template computes")

    made = Plain(undefined=jinja2.StrictUndefined)
    with pytest.raises(AssertionError, match="computes"):
        made.from_string("{{ 1 + 1 }}").render()
    shown = Page("t", "", "", "en", [make(whole) for make in SECTIONS.values()])
    assert "Bookings by period" in render(shown, made)


HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; DROP TABLE deals;--",
    "a\u202eb\u2066c\x00\x1b[31m",
    "=HYPERLINK(\"http://x\")", "</style></script><b>", "{{ 7 * 7 }}{% raw %}", "]]>&lt;&#60;", "𝕬 中文 é " + "x" * 300,
)  # fmt: skip


def test_text_of_others_is_harmless_wherever_it_stands() -> None:
    data = scenario(name=HOSTILE[0])
    rename = dict(zip(OWNERS, HOSTILE[1:4], strict=True))
    for i, deal in enumerate(data["pipeline"]["opportunities"]):
        text = HOSTILE[i % len(HOSTILE)]
        deal |= {"id": f"{i}{text}", "name": text, "account": text, "owner": rename[deal["owner"]]}
        deal |= {"segment": HOSTILE[5 + i % 2]}
    data["pipeline"]["opportunities"][0]["stage"] = HOSTILE[4]
    data["stages"][0]["name"] = HOSTILE[4]
    for deal in data["pipeline"]["opportunities"]:
        deal["stage"] = HOSTILE[4] if deal["stage"] == "Demo" else deal["stage"]
    data["leads"] = [{**data["leads"][0], "name": HOSTILE[6], "stage": HOSTILE[4]}]
    data["teams"] = {rename[owner]: HOSTILE[7] for owner in OWNERS}
    data["targets"] = data["targets"][:1]
    data["variants"] = {HOSTILE[0]: [{"path": "win_rate", "scale": 0.8}]}
    page = report_html(material(data))
    found = Tables(page)
    assert page.count("<script>") == page.count("</script>") == page.count("</style>") == 1
    assert all(re.fullmatch(r"a href=#[\w-]+", one) for one in found.loads)
    assert {"img", "b"}.isdisjoint(found.tags)
    controls = {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not controls
    names = {one.text for one in found["Owners, 2027-Q1"].column("Name")}
    assert HOSTILE[1] in names  # and it is told as it is
    assert "49" not in {one.text for one in found["Doubtful deals"].column("Deal")}
    assert HOSTILE[6] in {one.text for one in found["Leads"].column("Lead source")}


def test_what_is_missing_is_said_in_a_line(page: str) -> None:
    said = re.findall(r'<p class="missing">(.*?)</p>', page)
    assert [text for text in said if "simfunnel backtest" in text]
    assert [text for text in said if "simfunnel metrics" in text]
    assert sum("simfunnel keep" in text for text in said) == 2


def test_a_bare_scenario_has_a_report_too() -> None:
    data = scenario(targets=[], leads=[], variants={}, teams={})
    data["pipeline"] = {"opportunities": []}
    made = material(data)
    page = report_html(made)
    assert made.plan is None
    told = "how many leads the target takes: it takes a target of 2027-Q1, under <code>targets</code> in the scenario."
    assert f'<p class="missing">Here would stand {told}</p>' in page
    assert "could not be made" not in page
    assert page.count("<section") == len(SECTIONS)


def test_sections_are_chosen_and_their_results_alone_are_computed() -> None:
    made = material(scenario(), wanted=["people", "answer"])
    assert made.health is not None
    assert (made.plan, made.levers, made.stress) == (None, None, None)
    page = report_html(made, ["people", "answer"])
    assert re.findall(r'<section id="(\w+)"', page) == ["answer", "people"]
    with pytest.raises(InputError, match=r"unknown section 'trusts'; did you mean 'trust'"):
        report_html(made, ["trusts"])


def test_the_report_of_one_person_holds_nothing_of_others() -> None:
    data, own = scenario(), OWNERS[0]
    data["variants"] = {"weak": [{"path": "win_rate[owner=Bo Birch]", "scale": 0.8}]}
    made = material(data, owner=own)
    page = report_html(made)
    assert made.plan is not None
    assert made.plan["owner"] == own
    deals = data["pipeline"]["opportunities"]
    for deal in deals:
        for key in ("id", "name", "account", "owner"):
            found = re.search(rf"\b{re.escape(deal[key])}\b", page) is not None
            assert found == (deal["owner"] == own and key in ("name", "owner")), (deal, key)
    assert "West" not in page
    total = material(data, wanted=["answer"])
    mine = total.run["groups"]["owner"][own]["periods"][0]
    table = Tables(page)["Bookings by period, USD"]
    assert orders(table, "Mean")[0] == pytest.approx(mine["bookings"]["mean"], rel=1e-9)
    assert orders(table, "Target")[0] == 6000
    with pytest.raises(InputError, match=r"--owner: unknown owner 'Ann'; known here: Ann Ash"):
        material(data, owner="Ann", wanted=["answer"])


def test_rows_that_paper_lacks_are_told_only_where_it_does() -> None:
    for rows, told in ((15, False), (16, True)):
        table = Table("t", ["x"], [[cell(str(i))] for i in range(rows)], searchable=True)
        page = render(Page("t", "", "", "en", [Section("a", "A", [table])]))
        assert ("On paper the first 15 rows" in page) == told


def test_a_table_of_nothing_is_laid_out() -> None:
    page = render(
        Page("t", "", "", "en", [Section("a", "A", [Table("Empty", ["x"], []), Table("One", ["x"], [[cell("")]])])])
    )
    assert Tables(page)["Empty"].rows == []
