from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks import guard, report, table

ENGINE = {
    "title": "NumPy", "threads": "1", "trials": [1, 2], "seconds": [1.0, 2.0], "ns": 21.4, "core_ns": 21.4,
    "per_second": 46.7e6, "core_times_numpy": 1.0,
    "peak_mib": 60.2, "times_numpy": 1.0, "times_numpy_2": 0.5, "times_numpy_straight": 0.522, "times_simpy": 2337.0,
}  # fmt: skip
MACHINE = {"date": "2027-01-01", "cpu": "some", "processors": 2, "python": "3.12", "numpy": "2", "numba": "1"}


def results() -> dict[str, Any]:
    timing = {"min": 0.05, "median": 0.06, "repeats": 7}
    slope = {"trials": [1, 2], "seconds": [1.0, 2.0], "ns": 4.5}
    return {
        "machine": MACHINE,
        "engines": {"numpy": ENGINE, "outcomes_1": {**ENGINE, "title": "outcomes", "core_ns": 0.5}},
        "features": {"rates": {"paths_1": 12.0, "outcomes_1": 9.0, "numpy": 60.0}},
        "scaling": {"deals": {"paths": [[100, 20.0], [1000, 19.0]], "outcomes": [[100, 2.0], [1000, 1.5]]}},
        "commands": {
            "cold_run": 9.9, "warm_run": timing, "warm_run_table": timing, "help": timing,
            "imports": {"numpy": 87.0, "rich": 0.0}, "slopes": {"paths": slope, "outcomes": slope},
        },
        "big": {
            "runs": [{"title": "big", "seconds": 3.2, "simulate": 3.0, "peak_mib": 700.0}],
            "reforecasts": [{"title": "again", "seconds": 0.1, "median": 0.12, "simulate": 0.09}],
        },
        "roofline": {"trial_state": 0.2, "memory": 0.25, "philox_numpy": 4.4, "bytes": 80},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("engines", ["46.7 M/s", "21.4", "0.522", "2,337"]),
        ("features", ["rates", "9", "6.67"]),
        ("scaling", ["growing deals", "1,000", "1.5"]),
        ("commands", ["9.90 s", "0.050 s", "222 M/s", "numpy"]),
        ("big", ["3.20", "700", "0.100 (median 0.120)"]),
        ("roofline", ["philox numpy", "50 % of the larger bound (0.25 ns)"]),
    ],
)
def test_every_section_is_shown(section: str, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    report.show(section, results())
    shown = capsys.readouterr().out
    for text in expected:
        assert text in shown


def test_answers_are_shown_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"paths": {"mean wins": (4.0, 0.1)}, "numpy": {"mean wins": (4.05, 0.1)}}
    report.show_check({"answers": answers, "largest_gap": 0.36, "problems": []})
    assert "largest gap 0.4 standard errors: they agree" in capsys.readouterr().out


def test_machine_facts_name_the_processor_and_the_versions() -> None:
    facts = report.machine()
    assert {"cpu", "processors", "python", "numpy", "numba", "date"} <= set(facts)
    assert facts["processors"] >= 1


def test_rates_are_spelled_with_three_digits() -> None:
    assert [report.rate(x) for x in (3.456e9, 61.24e6, 195_000, 12)] == ["3.46 G/s", "61.2 M/s", "195 k/s", "12 /s"]


def test_the_table_goes_between_the_markers_and_nowhere_else() -> None:
    text = table.rendered(results())
    page = f"# Title\n\n{table.START}\nold\n{table.END}\n\nrest\n"
    once = table.replaced(page, text)
    assert once is not None
    assert "old" not in once
    assert once.startswith("# Title")
    assert once.endswith("rest\n")
    assert "| NumPy | 1 | 46.7 M/s |" in once
    assert table.replaced(once, text) == once
    assert table.replaced("no markers", text) is None
    assert table.replaced(f"{table.END} {table.START}", text) is None


def test_the_guard_fails_below_85_percent_of_what_was_recorded() -> None:
    recorded = {"paths": 1.2, "rates": 10.0}
    assert guard.too_slow({"paths": 1.03, "rates": 8.6}, recorded) == []
    assert guard.too_slow({"paths": 1.01, "rates": 8.6}, recorded) == ["paths"]
    assert guard.too_slow({"paths": 1.01, "rates": 8.4}, recorded, allowed=0.5) == []


def test_the_guard_has_a_recorded_ratio_of_every_row() -> None:
    assert json.loads(guard.RECORD.read_text("utf-8"))["ratios"].keys() == guard.ROWS.keys()


def test_a_cost_is_the_slope_over_the_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(guard.time, "process_time", lambda: clock[0])

    def run(trials: int, seed: int) -> None:
        clock[0] += 3.0 + 2e-3 * trials

    assert guard.cost(run, (100, 600), 1) == pytest.approx(2e-3)  # type: ignore[arg-type]


def test_every_table_is_spelled_in_markdown_with_the_targets() -> None:
    found = results()
    found["engines"] = dict.fromkeys(("paths", "outcomes"), ENGINE)
    found["big"]["reforecasts"] *= 4
    found["load_average"] = {"engines": [[0.1, 0, 0], [1.9, 0, 0]]}
    text = table.everything(found)
    assert "| paths: 1,000 x SimPy | 2.34e+03 x | met |" in text
    assert "| outcomes: 1,000 million a second | 46.7 million/s | **missed** |" in text
    assert "engines 0.1 to 1.9" in text
    assert text.count("###") == 8
