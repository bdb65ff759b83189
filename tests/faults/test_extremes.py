"""Numbers and names at the edge of what can be computed with: an answer, or a sentence that says where."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from cli.conftest import SCENARIO, Run

LEADS = """
leads:
  - {name: inbound, stage: Demo, rate: {per: week, mean: 2}, amount: 900, owner: Ann}
"""
QUICK = ("--trials", "200", "--quiet")


@pytest.fixture
def edge(folder: Path) -> Path:
    """A working directory with a scenario that has deals and leads."""
    Path("scenario.yaml").write_text(SCENARIO + LEADS, encoding="utf-8")
    return folder


def finite(value: object) -> bool:
    """Whether no number in a document is infinite or NaN."""
    if isinstance(value, dict):
        return all(finite(part) for part in value.values())
    if isinstance(value, list):
        return all(finite(part) for part in value)
    return not isinstance(value, float) or math.isfinite(value)


OPTIONS = [
    ("run", "--trials=inf", "trials"), ("run", "--trials=nan", "trials"), ("run", "--trials=1e400", "trials"),
    ("run", "--trials=infM", "trials"), ("run", "--trials=1e30", "trials"), ("run", "--trials=-5", "trials"),
    ("run", "--target=1e18", "target"), ("run", "--target=inf", "target"), ("run", "--target=nan", "target"),
    ("run", "--target=-1", "target"), ("run", "--target=", "target"), ("run", "--seed=-1", "seed"),
    ("run", "--seed=18446744073709551616", "seed"), ("run", "--seed=1e3", "seed"), ("run", "--seed=nan", "seed"),
    ("run", "--precision=nan", "precision"), ("run", "--precision=inf", "precision"), ("run", "--precision=-1", "prec"),
    ("run", "--threads=100000", "threads"), ("run", "--threads=0", "threads"), ("run", "--variant=" + "v" * 300, "vv"),
    ("plan", "--max-multiplier=nan", "max multiplier"), ("plan", "--max-multiplier=inf", "max multiplier"),
    ("plan", "--confidence=nan", "confidence"), ("plan", "--confidence=1", "confidence"),
    ("plan", "--owner=" + "o" * 300, "oo"), ("levers", "--by=nan", "by"), ("levers", "--by=inf", "by"),
    ("stress", "--by=nan", "by"), ("stress", "--grid=win_rate=0:1:1000000000", "grid"),
    ("stress", "--grid=win_rate=nan:1:3", "grid"), ("stress", "--grid=win_rate=0:inf:3", "grid"),
    ("stress", "--grid=win_rate=0:1:" + "9" * 5000, "grid"), ("stress", "--threshold=nan", "threshold"),
    ("stress", "--market-quantile=nan", "market quantile"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "option", "named"), OPTIONS, ids=[f"{c} {o[:30]}" for c, o, _ in OPTIONS])
def test_an_option_out_of_range_is_refused_by_name(edge: Path, run: Run, command: str, option: str, named: str) -> None:
    result = run(command, "scenario.yaml", *QUICK, option)
    assert result.code == 2, result.err
    assert named in result.err
    assert result.out == ""
    assert "internal error" not in result.err


KEYS = [
    "as_of=9999-12-31", "as_of=9999-01-01", "as_of=0001-01-01", "periods.count=1e18",
    "periods={unit: days, length: 1e9, count: 2}", "periods={unit: days, length: 36525, count: 120}",
    "closed=[{period: 2027-Q1, amount: 5, wins: 1e19}]", "closed=[{period: 2027-Q1, amount: 1e19, wins: 1}]",
    "targets=[{period: 2027-Q1, amount: 1e18}]", "amount=1e300", "leads.inbound.amount=1e300",
    "leads.inbound.amount={lognormal: {median: 1e10, p90: 1e300}}", "leads.inbound.rate.mean=1e18",
    "leads.inbound.rate.level_sd=1e200", "leads.inbound.rate.growth_per_year=1e200", "pace={sd: 1e200}",
    "amount_level={sd: 1e200}", "stages.Demo.duration=1e300",
    "stages.Demo.duration={weibull: {shape: 1e-10, scale: 1}}",
    "stages.Demo.duration={lognormal: {median: 1e-300, p90: 1e300}}",
    "stages.Demo.duration={gamma: {mean: 1e-300, sd: 1e300}}", "payment_terms=[{share: 1, delay: 1e300}]",
    "pipeline.realization=1e300", "simulation.trials=1e99999999999", "name=\"\\ud800\"", "simulation.seed=1e30",
    "pipeline.file=" + "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=[key[:50] for key in KEYS])
def test_a_value_out_of_range_is_refused_with_its_place(edge: Path, run: Run, key: str) -> None:
    result = run("run", "scenario.yaml", *QUICK, "--set", key)
    assert result.code == 2, result.err
    assert "internal error" not in result.err
    assert "encountered in" not in result.err  # NumPy's words for a number that is none


ANSWERED = [
    "stages.Demo.conversion={mean: 0.5, n: 1e-300}", "stages.Demo.conversion={mean: 0.5, n: 1e300}",
    "leads.inbound.rate.dispersion=1e300", "correlation={market: 0.99999999999}", "pace={sd: 100}",
    "stages.Demo.duration=1e90", "stages.Demo.duration=0", "leads.inbound.rate.mean=0", "name=" + "n" * 5000,
    "amount_level={sd: 1e-300}", "closed=[{period: 2027-Q1, amount: 1e12, wins: 1e9}]",
]  # fmt: skip


@pytest.mark.parametrize("key", ANSWERED, ids=[key[:50] for key in ANSWERED])
def test_what_can_be_computed_is_answered_with_numbers(edge: Path, run: Run, key: str) -> None:
    result = run("run", "scenario.yaml", *QUICK, "--json", "--set", key)
    assert result.code == 0, result.err
    assert "encountered in" not in result.err
    assert finite(json.loads(result.out))


@pytest.mark.parametrize("seed", ["0", "18446744073709551615"])
def test_every_seed_is_a_seed(edge: Path, run: Run, seed: str) -> None:
    assert run("run", "scenario.yaml", *QUICK, "--seed", seed).code == 0


@pytest.mark.parametrize("command", ["run", "plan", "stress", "levers", "compare", "plot", "validate"])
@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000, "", "\ud800", "/dev/null", "-"])
def test_a_name_that_names_nothing_is_bad_input(empty: Path, run: Run, command: str, name: str) -> None:
    result = run(command, name)
    assert result.code == 2, result.err
    assert "internal error" not in result.err


def test_names_of_300_characters_are_names(edge: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text("utf-8").replace("name: test", f"name: {'n' * 300}")
    text = text.replace("owner: Ann", f"owner: {'o' * 300}").replace("weak:", f"{'w' * 300}:")
    Path("scenario.yaml").write_text(text, encoding="utf-8")
    result = run("run", "scenario.yaml", *QUICK, "--by", "owner", "--variant", "w" * 300, "--out", "results")
    assert result.code == 0, result.err
    assert run("run", "scenario.yaml", *QUICK, "--out", "f" * 300).code == 2
