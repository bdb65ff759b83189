"""A deal is called the same wherever it stands: its name, and its id where that is no name of its own."""

from __future__ import annotations

import copy
from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from simfunnel.diagnosis.health import health
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.compare.compare import compare
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.planning.stress.stress import stress
from simfunnel.report.console.compare import compare_page
from simfunnel.report.console.health import health_page
from simfunnel.report.console.plan import plan_page
from simfunnel.report.console.stress import stress_page
from simfunnel.report.html.gather import gather
from simfunnel.report.html.report import report_html
from simfunnel.report.words.deals import Known, told_titles
from simfunnel.shown import face_of

from .conftest import SCENARIO
from .html_tables import Tables

CALLED = ["Pumps", "Acme: Renewal (2)", "Acme: Renewal (3)", "Beta: Renewal", "Gamma (5)", "6"]
NAMED = [("Pumps", "Acme"), *2 * [("Renewal", "Acme")], ("Renewal", "Beta"), (None, "Gamma"), (None, None)]
OLD = (1, 3)
"""Those that wait for too long to be won."""


def scenario() -> dict[str, Any]:
    data = copy.deepcopy(SCENARIO)
    deals = []
    for i, (name, account) in enumerate(NAMED):
        deal = {
            "id": f"{i + 1}",
            "stage": "Offer",
            "age": 300 if i in OLD else 3,
            "amount": 4000 + 100 * i,
            "owner": "A",
        }
        deals.append(deal | ({"name": name} if name else {}) | ({"account": account} if account else {}))
    data["pipeline"] = {"opportunities": deals}
    return data


def text_of(page: RenderableType) -> str:
    out = StringIO()
    Console(width=300, file=out).print(page)
    return out.getvalue()


def test_names_are_told_apart() -> None:
    known = [Known(f"{i + 1}", name, account) for i, (name, account) in enumerate(NAMED)]
    assert list(told_titles(known).values()) == CALLED
    inside = [Known("1", "Acme Corp - Renewal", "Acme Corp"), Known("2", "Acme Corp - Renewal", "Acme Corp")]
    assert set(told_titles(inside).values()) == {"Acme Corp - Renewal (1)", "Acme Corp - Renewal (2)"}


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """Pages where deals have names."""
    before, after = scenario(), scenario()
    for deal in after["pipeline"]["opportunities"]:
        deal["amount"] *= 2
    after["as_of"] = "2027-01-05"
    found = compare(before, after, trials=500, named=True)
    return {
        "compare": text_of(compare_page(found, 300)),
        "health": text_of(health_page(health(before, trials=500), 300)),
        "misses": text_of(stress_page(stress(before, trials=2000, grid=None), 300, misses=True)),
        "plan": text_of(plan_page(leads_needed(before, trials=500, deals=True), 300)),
    }


def test_pages_call_them_alike(shown: dict[str, str]) -> None:
    winnable = [name for i, name in enumerate(CALLED) if i not in OLD]
    assert [name for name in winnable if f"{name} is not won" not in shown["misses"]] == []
    assert [name for name in winnable if f"\n{name} " not in shown["compare"]] == []
    assert [CALLED[i] for i in OLD if f"\n{CALLED[i]} " not in shown["health"]] == []
    assert " Acme: Renewal (3)" in shown["plan"] and "Gamma (5)" in shown["plan"]


def test_the_report_calls_them_alike_and_keys_stay() -> None:
    ready = prepare(scenario())
    page = Tables(report_html(gather("s.yaml", ready, trials=2000)))
    lost = {cell.text for cell in page["What is lost with each deal in 2027-Q1"].column("Deal")}
    assert lost == {name for i, name in enumerate(CALLED) if i not in OLD}
    assert {cell.text for cell in page["Open deals of A"].column("Deal")} == set(CALLED)
    short = {cell.text for cell in page["In how many futures each falls short"].column("What falls short")}
    assert {f"{name} is not won" for i, name in enumerate(CALLED) if i not in OLD} <= short
    keys = face_of(health(ready, trials=200)).keys()["deals"][0]
    assert "account" not in keys and {"id", "name"} <= set(keys)
