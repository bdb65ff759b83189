"""``calibrate --by`` and ``run --history --rates-by``, as an analyst uses them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from estimation.made import Owner, made_history

from simfunnel.history.history import LOST, NEVER, WON

from .conftest import Run

pytestmark = pytest.mark.usefixtures("windows_once")

OWNERS = (Owner("good", 1.0, 0.65, 0.5), Owner("bad", 1.0, 0.35, 0.3), Owner("=1+1 [x]", 0.2))


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made history of owners as a file of events, with a column of its own beside them."""
    monkeypatch.chdir(tmp_path)
    history = made_history(days=150, per_day=6, owners=OWNERS)
    names = {**dict(enumerate(history.stages)), WON: "Closed Won", LOST: "Closed Lost"}
    s, rows = history.spells, []
    for deal, stage, entered, left, to in zip(s.deal, s.stage, s.entered, s.left, s.to, strict=True):
        rows.append((int(entered), int(deal), names[int(stage)]))
        if left != NEVER and int(to) in (WON, LOST):
            rows.append((int(left), int(deal), names[int(to)]))
    amount, owner = history.facts["amount"].value, history.facts["owner"].value
    with Path("events.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Opportunity ID", "Stage", "Date", "Amount", "Owner", "Region"])
        for at, deal, name in sorted(rows):
            region = f"r{deal % 301}"
            writer.writerow([f"D{deal}", name, f"{np.datetime64(at, 'us')}Z", amount[deal], owner[deal], region])
    return tmp_path / "events.csv"


LEARN = ("calibrate", "events.csv", "--unit", "month")


def test_groups_from_a_file_to_a_forecast_by_group(events: Path, run: Run) -> None:
    learned = run(*LEARN, "--by", "owner", "-o", "s.yaml")
    assert learned.code == 0, learned.err
    page = " ".join(learned.out.split())
    assert "By Owner, 3 groups" in page or "By owner, 3 groups" in page
    assert "more often than all: good (" in page
    assert "less often: bad (" in page
    assert json.loads(run("validate", "s.yaml", "--json").out)["valid"]
    text = Path("s.yaml").read_text("utf-8")
    assert '  "good":   # ' in text
    assert "{odds: " in text
    told = run("run", "s.yaml", "--trials", "500", "--by", "segment")
    assert told.code == 0, told.err
    assert "=1+1 [x]" in told.out
    two, one = (
        json.loads(run(*line, "--trials", "500", "--json").out)
        for line in (
            ("run", "s.yaml"),
            ("run", "--history", "events.csv", "--unit", "month", "--count", "2", "--rates-by", "owner"),
        )
    )
    assert one["periods"] == two["periods"]
    assert set(two["groups"]["segment"]) == {"good", "bad", "=1+1 [x]"}
    assert set(two["groups"]["owner"]) > {"good", "bad"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by", "terr[x]itory"], "--by terr[x]itory: no such column in the history; there are"),
        (["--by", "region"], "--by region: 301 different values among"),
    ],
)
def test_columns_that_are_no_groups_are_sentences(events: Path, run: Run, options: list[str], words: str) -> None:
    for line in ((*LEARN, *options), ("run", "--history", "events.csv", "--rates-by", options[1])):
        result = run(*line)
        assert result.code == 2
        assert words in " ".join(result.err.split())
        assert "Traceback" not in result.err


def test_rates_by_is_for_a_history(events: Path, run: Run) -> None:
    refused = run("run", "s.yaml", "--rates-by", "owner")
    assert refused.code == 2
    assert "--rates-by: for --history only" in refused.err


OWN = """\
version: 1
as_of: 2025-01-01
periods: {unit: month, count: 2}
stages:
  - {name: Demo, conversion: 0.9, duration: 3}
  - {name: Offer, conversion: 0.9, duration: 3}
segments:   # by hand
  good: {amount: 5k}
  South:
    amount: 9k   # agreed
amount: 100
pipeline: {opportunities: [{id: 1, stage: Demo, amount: 5, age: 1}]}
leads: [{name: web, stage: Demo, segment: good, rate: {per: week, mean: 3}}]
"""


def test_an_update_leaves_segments_written_by_hand(events: Path, run: Run) -> None:
    Path("own.yaml").write_text(OWN, "utf-8")
    result = run(*LEARN, "--by", "owner", "--update", "own.yaml")
    assert result.code == 0, result.err
    text = Path("own.yaml").read_text("utf-8")
    assert text.count("good") == 2
    assert "odds" not in text
    for kept in ("segments:   # by hand", "good: {amount: 5k}", "amount: 9k   # agreed"):
        assert kept in text


def test_an_update_renews_the_segments_that_were_learned(events: Path, run: Run) -> None:
    assert run(*LEARN, "--as-of", "2025-04-20", "--by", "owner", "-o", "s.yaml", "--quiet").code == 0
    text = Path("s.yaml").read_text("utf-8")
    mine = text.replace("segments:\n", 'segments:\n  "South":\n    amount: 9k   # agreed\n', 1)
    first, _, rest = mine.partition('  "bad":')
    at = rest.index('"Offer": {odds')
    rest = rest[:at] + '"Offer": {odds: 0.7, age: 5}   # judged' + rest[rest.index("\n", at) :]
    rest = rest.replace("\npipeline:", "\n# the export of Monday\npipeline:", 1)
    Path("s.yaml").write_text(f'{first}  "bad":{rest}', "utf-8")
    assert run("validate", "s.yaml").code == 0
    assert run(*LEARN, "--by", "owner", "--update", "s.yaml", "--quiet").code == 0
    from ruamel.yaml import YAML

    after = Path("s.yaml").read_text("utf-8")
    old, new = (YAML(typ="safe", pure=True).load(x)["segments"] for x in (text, after))
    assert new["South"] == {"amount": "9k"}
    assert new["bad"]["stages"]["Offer"] == {"odds": 0.7, "age": 5}
    assert new["good"]["stages"]["Demo"] != old["good"]["stages"]["Demo"]
    run(*LEARN, "--by", "owner", "-o", "fresh.yaml", "--quiet")
    fresh = YAML(typ="safe", pure=True).load(Path("fresh.yaml").read_text("utf-8"))["segments"]
    assert new["good"] == fresh["good"]
    assert "# the export of Monday" in after
    assert "# agreed" in after
    run(*LEARN, "--by", "owner", "--update", "s.yaml", "--quiet")
    assert Path("s.yaml").read_text("utf-8") == after
