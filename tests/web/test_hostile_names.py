"""Names that a CRM can hold, and that are something else to a path, a shell, YAML or a page."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.web.downloads import variant_of
from simfunnel.web.question import State
from simfunnel.web.reading import Reading

from .conftest import Served

NASTY = [
    "a,b", "x]y[", 'q"uo\'te', "back\\slash", "=1+1", "a=b", "100 %", "<img src=x onerror=alert(1)>", "{{ 7*7 }}",
    "Ünïcödé 中文", "\u202egnp.exe", "a\u200bb", "x\u0085y", "esc\u009b31m", "iso\u2066late\u2069",
    "$(reboot)", "`id`", "{name}", "deal=A", "#state=1", "*ref", "- item", "true",
]  # fmt: skip
SCENARIO: dict[str, Any] = {
    "version": 1, "as_of": "2027-01-11", "currency": "EUR", "periods": {"unit": "quarter", "count": 1},
    "targets": [{"period": "2027-Q1", "amount": 900}], "name": NASTY[7],
    "stages": [{"name": name, "conversion": 0.9, "duration": {"exponential": 3}} for name in NASTY],
    "amount": 100, "pipeline": {"file": "deals.csv"},
}  # fmt: skip


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    told = io.StringIO()
    rows = csv.writer(told)
    rows.writerow(["id", "name", "stage", "amount", "owner", "segment"])
    rows.writerows([name, f"{name} deal", name, 500 + i, name, name] for i, name in enumerate(NASTY))
    (tmp_path / "deals.csv").write_text(told.getvalue(), "utf-8")
    (tmp_path / "it's a {name}.yaml").write_text(json.dumps(SCENARIO), "utf-8")
    return tmp_path / "it's a {name}.yaml"


def test_every_slider_and_every_deal_can_be_moved(serve: Callable[..., Served], scenario: Path) -> None:
    served = serve(scenario)
    told = served.ask("/api/controls", {}).json
    asked = [served.ask("/api/sliders", {"scope": scope["key"]}).json for scope in told["scopes"]]
    sliders = [slider for one in asked for slider in one["sliders"]]
    assert len(told["scopes"]) == 1 + 2 * len(NASTY)
    shifts = [{"path": one["path"], one["operation"]: one["low"]} for one in sliders]
    deals = served.ask("/api/deals", {}).json["rows"]
    assert {deal["id"] for deal in deals} == set(NASTY)
    for deal in deals:
        quoted = '"' + deal["id"].replace("\\", "\\\\").replace('"', '\\"') + '"'
        shifts += [{"path": f"win_rate[deal={quoted}]", "set": 1}, {"path": f"amount[deal={quoted}]", "set": 7}]
    found = served.ask("/api/answer", {"state": {"shifts": shifts[:200]}, "trials": 1000})
    assert found.status == 200, found.text
    assert len(found.json["shown"]["changes"]) == len(shifts[:200])
    for name in ("waterfall", "owners", "report"):
        shown = served.ask(f"/api/{name}", {"state": {"shifts": shifts[-10:]}})
        assert shown.status == 200, shown.text
        assert "<img" not in (shown.json.get("shown") or shown.json["text"])


def test_what_is_saved_and_the_command_say_the_same(scenario: Path) -> None:
    read = Reading(prepare(scenario), str(scenario))
    shifts = [{"path": f'win_rate[deal="{name}"]', "set": 1} for name in NASTY if not set(name) & set('"\\')]
    state = State.model_validate({"shifts": shifts})
    own = read.forecast(state.shifts, 1000)
    saved = variant_of(read, state)
    path = scenario.with_name(saved["file"])
    path.write_text(saved["text"], "utf-8")
    assert simulate(path, variant="what-if", trials=1000).mean() == own.mean()
    from simfunnel.web.commands import run_command

    words = shlex.split(run_command(read, state, 1000))
    at = words.index("--set")
    moved = simulate(words[2], overrides=[words[at + 1]], variant="what-if", trials=1000)
    assert moved.mean() == own.mean()


def test_what_is_hidden_in_a_name_is_seen_or_replaced(serve: Callable[..., Served], scenario: Path) -> None:
    """Signs that turn, hide or begin something stand in ids alone, which nobody is shown."""
    served = serve(scenario)
    hidden = set("\u202e\u200b\u0085\u009b\u2066\u2069")
    ids = [name for name in NASTY if hidden & set(name)]
    assert hidden == hidden & set("".join(ids))
    shifts = [{"path": f'win_rate[deal="{name}"]', "set": 1} for name in ids]
    shifts += [{"path": f'win_rate[stage="{name}"]', "scale": 0.9} for name in ids]
    told = served.ask("/api/answer", {"state": {"shifts": shifts}, "trials": 1000}).json
    seen = [told["command"], *told["shown"]["changes"].values(), json.dumps(told["shown"]["numbers"])]
    steps = served.ask("/api/waterfall", {"state": {"shifts": shifts}}).json
    seen += [steps["shown"], steps["command"], *(step["change"] for step in steps["steps"])]
    scopes = served.ask("/api/controls", {}).json["scopes"]
    seen += [scope["told"] for scope in scopes]
    for scope in scopes:
        if hidden & set(scope["key"]):
            seen += [one["label"] for one in served.ask("/api/sliders", {"scope": scope["key"]}).json["sliders"]]
    for row in served.ask("/api/deals", {"count": 50}).json["rows"]:
        seen += [row[key] for key in ("name", "owner", "account", "stage")]
    for name in ("owners", "report"):
        found = served.ask(f"/api/{name}", {"state": {"shifts": shifts}}).json
        seen.append(found.get("shown") or found["text"])
    seen.append(served.ask("/api/sliders", {"scope": "stage=\u202e"}).json["error"])
    assert not [text for text in seen if hidden & set(text)]
    again = shlex.split(told["command"])
    text = next(word for word in again if word.startswith("variants."))
    found = simulate(scenario, overrides=[text], variant=again[again.index("--variant") + 1], trials=1000)
    assert found.known.mean(0, 0).mean == told["what_if"]["mean"]
