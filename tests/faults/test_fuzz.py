"""Whatever is given: a result, or a sentence; never a traceback, a hang, a fault of ours, or a number that is none.

Every case has a number, and is the same on every machine: ``-k "scenario and 17"`` runs one again. A few run with the
other tests, some thousands with ``pytest -m slow tests/faults``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.conftest import DEALS, SCENARIO, Run

from .mutations import damaged, mutated, options

PATIENCE = 120
"""Seconds after which a case hangs: exact cash under a pace takes half a minute, with a progress bar."""
FEW, MANY, AT_ONCE = 48, 1200, 12
"""Cases of each kind in every run, and in the study; how many in one test."""
LEADS = {
    "name": "inbound", "stage": "Demo", "owner": {"Ann": 0.5, "Bo": 0.5},
    "amount": {"lognormal": {"median": 900, "p90": 2000}},
    "rate": {"per": "week", "mean": 2, "growth_per_year": 0.1, "dispersion": 1.5, "level_sd": 0.1,
             "seasonality": {"8": 0.7}},
}  # fmt: skip
pytestmark = pytest.mark.skipif(os.name != "posix", reason="an alarm stops what hangs")


class HangError(BaseException):
    """Nothing catches it, as nothing caught the case."""


@contextmanager
def alarm() -> Iterator[None]:
    def late(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def tree(*, exact: bool = False) -> dict[str, object]:
    """A scenario that has something of everything, as data; for the exact method without what takes it minutes."""
    from ruamel.yaml import YAML

    data = json.loads(json.dumps(YAML(typ="safe", pure=True).load(SCENARIO), default=str))
    slow = ("payment_terms", "pace", "leads", "amount_level", "correlation")
    whole = data | {
        "leads": [LEADS], "correlation": {"market": 0.1, "owner": 0.05}, "pace": {"sd": 0.1}, "amount": 1000,
        "amount_level": {"sd": 0.1}, "segments": {"big": {"stages": {"Demo": {"conversion": 0.4}}}},
        "closed": [{"period": "2027-Q1", "amount": 100, "wins": 1, "owner": "Ann"}], "teams": {"Ann": "East"},
        "payment_terms": [{"share": 0.5, "delay": 0}, {"share": 0.5, "delay": {"exponential": 20}}],
        "clock": {"weekdays": [1, 1, 1, 1, 1, 0, 0]}, "simulation": {"trials": 100, "seed": 3},
        "pipeline": {"opportunities": [
            {"id": 1, "stage": "Demo", "age": 10, "amount": 1000, "owner": "Ann", "segment": "big"},
            {"id": 2, "stage": "Offer", "stage_entered": "2026-12-22", "amount": 2000, "owner": "Bo", "win_rate": 0.4},
        ]},
    }  # fmt: skip
    return {key: part for key, part in whole.items() if not exact or key not in slow}


def judge(run: Run, arguments: list[str], case: object) -> None:
    """Run a command line, and judge what came of it."""
    try:
        with alarm():
            result = run(*arguments)
    except HangError:
        pytest.fail(f"{case}: no end after {PATIENCE} s: {arguments}")
    about = f"{case}: {arguments}\n{result.err[-600:]}"
    assert result.code in (0, 1, 2), about
    assert "internal error" not in result.err and "Traceback" not in result.err, about
    assert "encountered in" not in result.err, about  # NumPy's words for a number that is none
    assert result.code != 1 or "memory" in result.err or "written" in result.err, about
    assert result.code == 0 or result.err.strip(), about
    assert "NaN" not in result.out and "Infinity" not in result.out, about
    if result.code == 0 and "--json" in arguments and "--help" not in arguments:
        json.loads(result.out)


def cases(kind: str, count: int) -> list[tuple[int, random.Random]]:
    return [(number, random.Random(f"{kind} {number}")) for number in range(count)]


def part(number: int, kind: str) -> list[tuple[int, random.Random]]:
    """The cases of one test."""
    return cases(kind, (number + 1) * AT_ONCE)[number * AT_ONCE :]


def in_parts() -> list[object]:
    """Numbers of parts: the first few in every run, all of them in the study."""
    few = FEW // AT_ONCE
    return [pytest.param(i, marks=[] if i < few else [pytest.mark.slow]) for i in range(MANY // AT_ONCE)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings as a user has them: notes on stderr, which are judged there."""
    import warnings

    warnings.simplefilter("default")


COMMANDS = [["run"], ["run", "--method=exact"], ["validate"], ["plan"], ["levers"], ["stress", "--no-grid"]]


@pytest.mark.parametrize("number", in_parts())
def test_mutated_scenarios(folder: Path, run: Run, number: int) -> None:
    for case, chance in part(number, "scenario"):
        command = COMMANDS[chance.choice([0, 0, 0, 1, 2, 2, 3, 4, 5])]
        exact = "exact" in command[-1]
        text = json.dumps(mutated(tree(exact=exact), chance), ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.1:
            Path("scenario.yaml").write_bytes(damaged(text.encode("utf-8"), chance))
        else:
            Path("scenario.yaml").write_text(text, encoding="utf-8")
        trials = [] if command[0] == "validate" or exact else ["--trials=100", "--quiet"]
        judge(run, [command[0], "scenario.yaml", *command[1:], *trials, "--json"], f"scenario {case}")


@pytest.mark.parametrize("number", in_parts())
def test_mutated_options(folder: Path, run: Run, number: int) -> None:
    Path("deals.csv").write_text(DEALS, encoding="utf-8")
    Path("scenario.yaml").write_text(json.dumps(tree()), encoding="utf-8")
    for case, chance in part(number, "options"):
        command = chance.choice(["run", "plan", "levers", "stress", "compare", "validate"])
        quick = [] if command == "validate" else ["--trials=100", "--quiet"]
        grid = ["--grid=win_rate=0.9:1:2", "--grid=amount=0.9:1:2"] if command == "stress" else []
        judge(run, [command, "scenario.yaml", *quick, *grid, *options(chance)], f"options {case}")
        shutil.rmtree("results", ignore_errors=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Saved forecasts by both methods, without a manifest, which would catch every damage at once."""
    from simfunnel.forecast import exact_forecast, simulate

    folder = tmp_path_factory.mktemp("original")
    for name, forecast in (("simulated", simulate(tree(), trials=100)), ("exact", exact_forecast(tree(exact=True)))):
        forecast.save(folder / name)
        (folder / name / "manifest.json").unlink()
    return lambda name: folder / name


@pytest.mark.parametrize("number", in_parts())
def test_mutated_saved_forecasts(folder: Path, run: Run, original: Callable[[str], Path], number: int) -> None:
    for case, chance in part(number, "saved"):
        name = chance.choice(["simulated", "exact"])
        saved = Path(shutil.copytree(original(name), "saved", dirs_exist_ok=True))
        document, (arrays,) = saved / "forecast.json", saved.glob("*.npz")
        if chance.random() < 0.7:
            document.write_text(json.dumps(mutated(json.loads(document.read_text("utf-8")), chance)), "utf-8")
        elif chance.random() < 0.5:
            document.write_bytes(damaged(document.read_bytes(), chance))
        else:
            arrays.write_bytes(damaged(arrays.read_bytes(), chance))
        judge(run, ["compare", "saved", "saved", "--json"], f"saved {case}")
        shutil.rmtree(saved)


@pytest.mark.parametrize("number", in_parts())
def test_mutated_scenarios_are_looked_at(folder: Path, run: Run, number: int) -> None:
    for case, chance in part(number, "health"):
        text = json.dumps(mutated(tree(), chance), ensure_ascii=False)
        Path("scenario.yaml").write_text(text, encoding="utf-8")
        idle = [f"--idle-days={chance.choice([1, 30, 3650])}"] if chance.random() < 0.3 else []
        judge(run, ["health", "scenario.yaml", "--trials=100", "--quiet", *idle, "--json"], f"health {case}")
