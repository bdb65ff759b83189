"""A report without names: no original is found in it, its numbers are the same, and its key is kept."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from simfunnel.errors import InputError
from simfunnel.forecast.inputs import prepare
from simfunnel.report.html.anonymous import anonymous
from simfunnel.report.html.gather import gather
from simfunnel.report.html.pseudonyms import KEY_FILE, key_beside, pseudonyms
from simfunnel.report.html.report import report_html, report_workbook
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import language

from .html_scenario import OWNERS, scenario
from .html_tables import Tables

KEY = bytes(range(32))
ROWS = [
    # id, name, account, stage, owner, amount, close date
    *((f"OPP-{i:03d}", f"Renewal {chr(65 + i)}x", f"Kunde {i} GmbH", ("Demo", "Offer")[i % 2], OWNERS[i % 3],
       f"{1000 + 100 * i}", "2027-02-20") for i in range(12)),
    ("OPP-100", "Zeppelin deal", "Zeta AG", "Secret stage", "Ann Ash", "5000", ""),
    ("OPP-101", "Yacht deal", "Yon & Sons", "Demo", "Bo Birch", "lots of money", ""),
    ("OPP-102", "Xenon deal", "Ypsilon", "Demo", "Cem Cedar", "77", "31.31.2027"),
]  # fmt: skip


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A scenario of a file with rows that are left out, with reasons that quote their cells."""
    monkeypatch.chdir(tmp_path)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["Opportunity ID", "Opportunity Name", "Account Name", "Stage", "Owner", "Amount", "Close Date"])
    table.writerows(ROWS)
    Path("secret_export.csv").write_text(text.getvalue(), "utf-8")
    data = scenario(name="Project Falcon")
    data["pipeline"] = {"file": "secret_export.csv"}
    data["variants"] = {"weak": [{"path": "win_rate[owner=Bo Birch]", "scale": 0.8}]}
    return prepare(data)


@pytest.fixture
def made(ready: Any) -> tuple[Any, Any]:
    """What a report shows of it."""
    return gather("falcon.yaml", ready), ready


def test_no_original_is_found(made: tuple[Any, Any]) -> None:
    material, ready = made
    plain, page = report_html(material), report_html(anonymous(material, ready, KEY))
    originals = {cell for row in ROWS for cell in (row[0], row[1], row[2], row[4])}
    originals |= {"Secret stage", "lots of money", "East", "West", "Project Falcon", "falcon.yaml", "secret_export"}
    assert sum(original in plain for original in originals) > 20
    assert [original for original in sorted(originals) if original in page] == []
    words = {word for original in originals for word in re.findall(r"[A-Z]\w{3,}", original)}
    text = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    assert {"Renewal", "Kunde", "Zeppelin", "Falcon", "Birch"} <= words
    assert [word for word in sorted(words) if re.search(rf"\b{word}\b", text)] == []
    cells = str([sheet.rows for sheet in report_workbook(anonymous(material, ready, KEY)).sheets])
    assert [original for original in sorted(originals) if original in cells] == []


def test_keys_that_our_own_text_quotes_stay_and_cells_go(ready: Any) -> None:
    material = gather("falcon.yaml", ready, wanted=["provenance"], trials=300)
    for code, expected in (("en", "amount '…' cannot be read"), ("zh", "金额“…”无法读取")):
        keys_stay_and_cells_go(material, ready, code, expected)


def keys_stay_and_cells_go(material: Any, ready: Any, code: str, expected: str) -> None:
    found = [
        Finding("status_map_idle", {}),
        Finding("unknown_stage", {"stage": "Secret stage", "near": "Demo"}),
        Finding("beyond_support", {"deals": 2, "stage": "Demo", "fate": "lost"}),
    ]
    with language(code):
        told = [{"code": one.code, "sentence": one.sentence} for one in found]
        hidden = anonymous(dataclasses.replace(material, run={**material.run, "cautions": told}), ready, KEY)
        first, second, third = (one["sentence"] for one in hidden.run["cautions"])
        reasons = [row["reason"] for row in hidden.run["data_quality"]["excluded"]]
    assert first == told[0]["sentence"] and third == told[2]["sentence"]
    assert "Secret" not in second and "…" in second and "Demo" in second
    assert expected in reasons and len(reasons) == 2


def test_what_is_no_deal_of_a_list_keeps_its_name(made: tuple[Any, Any]) -> None:
    material, ready = made
    listed = [
        {"name": name, "deal_name": None} for name in ("OPP-001", "new business", "8 other deals", "8 other dealers")
    ]
    hidden = anonymous(dataclasses.replace(material, stress={"concentration": {"deal": listed}}), ready, KEY)
    assert hidden.stress is not None
    first, *others, last = (one["name"] for one in hidden.stress["concentration"]["deal"])
    assert others == ["new business", "8 other deals"]
    assert first.startswith("Deal ") and last.startswith("Deal ")


def test_numbers_stay_and_names_are_told_apart(made: tuple[Any, Any]) -> None:
    material, ready = made
    plain, hidden = Tables(report_html(material)), Tables(report_html(anonymous(material, ready, KEY)))
    for title in ("Owners, 2027-Q1", "What is lost with each deal in 2027-Q1", "Bookings by period, USD"):
        of = [[[cell.order for cell in row] for row in tables[title].rows] for tables in (plain, hidden)]
        assert of[0] == of[1]
    names = [row[0].text for row in hidden["Owners, 2027-Q1"].rows]
    assert len(set(names)) == len(names) >= 3
    assert all(re.fullmatch(r"Owner [A-Z2-7]{4,}|\(none\)", name) for name in names)


def test_a_name_keeps_its_pseudonym_and_another_key_gives_another() -> None:
    one, again = pseudonyms("Owner", ["Ann", "Bo"], KEY), pseudonyms("Owner", ["Bo", "Ann", "Cem"], KEY)
    assert one["Ann"] == again["Ann"]
    assert one["Ann"] != pseudonyms("Owner", ["Ann"], bytes(32))["Ann"]
    assert len(set(pseudonyms("Deal", map(str, range(20_000)), KEY).values())) == 20_000


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = key_beside(tmp_path / "scenario.yaml")
    assert key == key_beside(tmp_path / "other.yaml")
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("not a key")
    with pytest.raises(InputError, match="expected the key of pseudonyms, 64 hexadecimal digits"):
        key_beside(tmp_path / "scenario.yaml")
    assert path.read_text() == "not a key"


def test_nothing_is_left_of_a_name_that_is_cut(tmp_path: Path) -> None:
    data = scenario()
    name = "Zanzibar framework agreement of {} for all plants of the group in Europe, Africa and Asia, with an option"
    for i, deal in enumerate(data["pipeline"]["opportunities"]):
        deal["name"] = name.format(i)
    data["pipeline"]["opportunities"][0] |= {"amount": 90_000, "name": "桑给巴尔岛焊接机器人框架协议" * 6}
    data["targets"] = [{"period": "2027-Q1", "amount": 60_000}]
    ready = prepare(data)
    found = gather("scenario.yaml", ready, trials=300)
    for code in ("en", "zh"):
        with language(code):
            plain, page = report_html(found), report_html(anonymous(found, ready, KEY))
        assert "…" in plain and "Zanzibar" in plain and "桑给巴尔" in plain
        assert "Zanzibar" not in page and "桑给" not in page


@pytest.mark.parametrize("person", ["Ann Ash", "Ann"])
def test_a_stage_a_segment_and_a_source_that_are_called_as_an_owner_is_are_hidden_too(person: str) -> None:
    others = {"Demo": person, "south": "Bo Birch", "web": "Cem Cedar", "weak": "Ann Ash"}
    text = json.dumps(scenario(), ensure_ascii=False)
    for name, other in others.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    ready = prepare(json.loads(text))
    material = gather("falcon.yaml", ready, trials=300)
    assert material.health is not None
    bias = {"owner": "Ann Ash", "kind": "commit", "periods": 3, "said": 9.0, "came": 5.0}
    owners = [{**owner, "commit": bias} for owner in material.health["owners"]]
    material = dataclasses.replace(material, health={**material.health, "owners": owners})
    for code in ("en", "zh"):
        with language(code):
            hidden = anonymous(material, ready, KEY)
            page = report_html(hidden)
            assert [owner for owner in OWNERS if owner in page] == []
            assert f">{person} leaves" not in page
            cells = str([sheet.rows for sheet in report_workbook(hidden).sheets])
            assert [owner for owner in OWNERS if owner in cells] == []
            assert hidden.assumed is not None
            stages = [stage.name for stage in hidden.assumed.stages]
            assert stages[1] == "Offer" and (stages[0] == "Ann") == (person == "Ann")
            assert all(name in page for name in (*stages, *hidden.alike))
            assert len(hidden.alike) == 3 and "Offer" not in hidden.alike
