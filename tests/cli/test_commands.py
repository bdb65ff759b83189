"""Each command as a person runs it: exit code, stdout, stderr, files."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from simfunnel.forecast import simulation

from .conftest import Run


def test_run_says_the_one_thing_first(folder: Path, run: Run) -> None:
    result = run("run", "scenario.yaml")
    assert result.code == 0
    first = result.out.splitlines()[0]
    assert "% chance of reaching 1.5k in 2027-Q1; at least 1 in 10 quarters ends with nothing won." in first
    assert "4 rows: 3 open deals used, 1 excluded" in result.out
    assert "row 5 (4): excluded: unknown stage 'Nowhere'" in result.out
    assert "P(attain)" in result.out and "Coverage" in result.out


def test_json_is_one_document_and_nothing_else(folder: Path, run: Run) -> None:
    result = run("run", "scenario.yaml", "--json", "--trials", "1k", "--seed", "7")
    data = json.loads(result.out)
    assert (data["trials"], data["seed"], data["scenario"]["path"]) == (1000, 7, "scenario.yaml")
    assert result.code == 0


def test_samples_that_nobody_wants_are_not_held_where_they_are_many(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*options: str) -> list[object]:
        result = run("run", "scenario.yaml", "--trials", "3k", "--json", *options)
        assert result.code == 0
        found = json.loads(result.out)
        return [found["periods"][0]["bookings"]["quantiles"], found["periods"][0]["attainment"]["probability"]]

    held = told()
    monkeypatch.setattr(simulation, "KEPT_UNASKED", 0)
    assert told() == told("--out", "bare", "--no-samples") == told("--out", "whole") == held
    assert {"summary.csv", "forecast.json"} <= {path.name for path in (folder / "bare").iterdir()}
    assert not (folder / "bare" / "samples.npz").exists()
    assert (folder / "whole" / "samples.npz").exists()


def test_json_prints_nothing_on_stdout_when_the_input_is_bad(folder: Path, run: Run) -> None:
    result = run("run", "scenario.yaml", "--json", "--set", "stages.Demo.conversion=1.5")
    assert (result.code, result.out) == (2, "")
    assert "--set stages.Demo.conversion" in result.err
    assert "Traceback" not in result.err


def test_variant_and_set_change_the_forecast(folder: Path, run: Run) -> None:
    def mean(*options: str) -> float:
        return float(json.loads(run("run", "scenario.yaml", "--json", *options).out)["total"]["bookings"]["mean"])

    base = mean()
    assert mean("--variant", "weak") < 0.6 * base
    assert mean("--set", "stages.Offer.conversion=0.9") > 1.2 * base


def test_out_writes_json_csv_samples_and_plots(folder: Path, run: Run) -> None:
    result = run("run", "scenario.yaml", "--out", "results")
    assert result.code == 0
    written = {path.name for path in Path("results").iterdir()}
    plots = {
        f"{kind}.{s}" for kind in ("distribution", "exceedance", "fan", "funnel", "occupancy") for s in ("png", "svg")
    }
    assert written >= {"forecast.json", "summary.csv", "samples.npz"} | plots
    again = run("plot", "results", "--kind", "fan", "--format", "png", "--out", "again")
    assert again.code == 0 and Path("again/fan.png").stat().st_size > 5_000


def test_plot_refuses_an_unknown_period_before_it_writes(folder: Path, run: Run) -> None:
    result = run("plot", "scenario.yaml", "--period", "2031", "--out", "plots")
    assert result.code == 2
    assert "no period '2031' in this forecast; known: 2027-Q1, total" in result.err
    assert not Path("plots").exists()


def test_init_writes_a_starter_that_runs(folder: Path, run: Run) -> None:
    assert run("init", "starter").code == 0
    assert {p.name for p in Path("starter").iterdir()} == {"scenario.yaml", "pipeline.csv", "simfunnel.schema.json"}
    result = run("run", "starter/scenario.yaml", "--trials", "2000")
    assert result.code == 0 and "chance of reaching" in result.out


@pytest.mark.parametrize("sample", ["minimal", "b2b_software", "zh_manufacturing"])
def test_every_sample_can_be_copied_out_and_run(folder: Path, run: Run, sample: str) -> None:
    assert run("init", "--sample", sample, "demo").code == 0
    assert run("validate", "demo/scenario.yaml").code == 0
    assert run("run", "demo/scenario.yaml", "--trials", "500").code == 0


def test_init_does_not_overwrite(folder: Path, run: Run) -> None:
    before = Path("scenario.yaml").read_text(encoding="utf-8")
    result = run("init")
    assert result.code == 2
    assert "scenario.yaml would be overwritten; name another folder, or use --force" in result.err
    assert Path("scenario.yaml").read_text(encoding="utf-8") == before
    assert not Path("pipeline.csv").exists()


def test_validate_reads_the_pipeline_without_running(folder: Path, run: Run) -> None:
    result = run("validate", "scenario.yaml")
    assert result.code == 0
    assert "valid. 2 stages, 3 open deals, 0 lead sources, 1 target, 1 variant; 2027-Q1 to 2027-Q1." in result.out
    Path("deals.csv").unlink()
    missing = run("validate", "scenario.yaml")
    assert missing.code == 2 and "deals.csv" in missing.err


def test_validate_checks_the_variants_too(folder: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text(encoding="utf-8")
    Path("scenario.yaml").write_text(text.replace("{path: win_rate,", "{path: 'win_rate[owner=Cy]',"), encoding="utf-8")
    result = run("validate", "scenario.yaml")
    assert result.code == 2
    assert "the shift 'win_rate[owner=Cy]' matches nothing" in result.err


def test_schema_is_a_json_schema_that_the_scenario_satisfies(folder: Path, run: Run) -> None:
    schema = json.loads(run("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["stages"]["description"]


def test_cache_info_warm_and_clear(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMFUNNEL_CACHE_DIR", str(folder / "kernels"))
    (folder / "kernels" / "0123456789abcdef").mkdir(parents=True)
    (folder / "kernels" / "0123456789abcdef" / "x.nbi").write_bytes(b"1234")
    assert "files:   1" in run("cache", "info").out
    assert run("cache", "warm").code == 0
    assert run("cache", "clear").code == 0
    assert not list((folder / "kernels").glob("0123*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum", "scenario.yaml"], "No such command 'rum'. Did you mean 'run'?"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "missing.yaml"], "missing.yaml"),
        (
            ["run", "scenario.yaml", "--trials", "none"],
            "expected a whole number such as 100000 or 100k, or auto, found 'none'",
        ),
        (["run", "scenario.yaml", "--trials", "0.5"], "found '0.5'"),
        (["run", "scenario.yaml", "--seed", "-1"], "-1 is not in the range"),
        (["run", "scenario.yaml", "--variant", "week"], "no variant 'week' in the scenario; did you mean 'weak'?"),
        (["run", "scenario.yaml", "--set", "nonsense"], "nonsense"),
        (["run", "scenario.yaml", "--precision", "3"], "expected a half-width between 0 and 1, such as 0.005, found 3"),
        (["run", "scenario.yaml", "--precision", "0"], "expected a half-width between 0 and 1, such as 0.005, found 0"),
        (["levers", "scenario.yaml", "--trials", "99"], "expected at least 100: fewer tell no probability, found '99'"),
        (["compare", "scenario.yaml", "--trials", "2"], "expected at least 100: fewer tell no probability, found '2'"),
        (["run", "scenario.yaml", "--target", "-1"], "target: expected an amount above 0, found '-1'"),
        (
            ["run", "scenario.yaml", "--target", "1k", "--period", "2027-Q3"],
            "no period '2027-Q3' in the scenario; known: 2027-Q1, total",
        ),
        (["run", "scenario.yaml", "--period", "total"], "give --target as well"),
        (["run", "scenario.yaml", "--trials", "1000000M"], "trials: expected at most 1,000,000,000"),
        (["run", "scenario.yaml", "--trials", "1000000M", "--out", "results"], "GiB of memory"),
        (["run", "scenario.yaml", "--out", ""], "--out names no folder"),
        (["plot", "scenario.yaml", "--out", " "], "--out names no folder"),
        (["run", "scenario.yaml", "--out", "deals.csv"], "expected a folder to write to, found a file"),
        (["plot", "scenario.yaml", "--kind", "pie"], "'pie' is not one of"),
        (["init", "--sample", "none"], "'none' is not one of"),
    ],
)
def test_bad_usage_is_exit_code_2_and_a_sentence(folder: Path, run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert message in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["run", "plot", "init", "validate", "schema", "cache"])
def test_help_ends_with_a_runnable_example(folder: Path, run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.code == 0
    assert f"Example:  simfunnel {command}" in " ".join(result.out.split("\n")[-4:])


def test_a_fault_of_the_program_is_exit_code_1(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import simfunnel.forecast.inputs

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(simfunnel.forecast.inputs, "prepare", broken)
    result = run("run", "scenario.yaml")
    assert result.code == 1
    assert "internal error: RuntimeError: boom" in result.err and "Traceback" not in result.err


@pytest.mark.parametrize(("more", "told"), [
    ((), "what is done is kept in results: the same command goes on from there"),
    (("--force",), "what is done is kept in results: the same command goes on from there (without --force)"),
    (("--language", "zh"), "已中断；已完成的部分保存在 results：用同一命令可继续运行"),
])  # fmt: skip
def test_a_backtest_that_is_stopped_says_what_it_keeps(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], told: str
) -> None:
    import simfunnel.backtesting
    from simfunnel.backtesting.checkpoint import NAME

    done: list[str] = []

    def stopped(*_: object, **__: object) -> None:
        for name in done:
            Path("results").mkdir(exist_ok=True)
            Path("results", name).touch()
        raise KeyboardInterrupt

    Path("history.csv").write_text("id,stage,date\n1,Demo,2026-01-01\n1,Closed Won,2026-02-01\n", encoding="utf-8")
    monkeypatch.setattr(simfunnel.backtesting, "backtest", stopped)
    command = ("backtest", "history.csv", "--out", "results", *more)
    result = run(*command)
    assert result.code == 130 and "interrupted; nothing was written" in result.err
    done.append(NAME)
    result = run(*command)
    assert result.code == 130 and "nothing was written" not in result.err
    assert told in result.err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_is_exit_code_130_and_leaves_nothing_behind(folder: Path) -> None:
    command = [sys.executable, "-m", "simfunnel", "run", "scenario.yaml", "--trials", "100M", "--out", "results"]
    # a shell starts what it puts into the background with interrupts ignored, and that is inherited
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,  # noqa: PLW1509
    )  # fmt: skip
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted; nothing was written" in err
    assert out == "" and not Path("results").exists()


def test_narrow_terminals_lose_columns_but_never_cut_a_number(folder: Path) -> None:
    from rich.console import Console

    from simfunnel import simulate
    from simfunnel.report.console.forecast import forecast_page

    forecast = simulate("scenario.yaml", trials=500)
    for width in (60, 80, 120):
        console = Console(width=width, file=io.StringIO())
        console.print(forecast_page(forecast, width=width))
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert "…" not in text.split("Pipeline:")[0]
        assert "P50" in text and "Target" in text


def test_plots_that_need_the_deals_refuse_a_saved_forecast(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results").code == 0
    result = run("plot", "results", "--kind", "funnel", "--out", "again")
    assert result.code == 2
    assert "funnel: needs the scenario; a saved forecast does not hold the deals" in result.err
    assert not Path("again").exists()
    both = run("plot", "results", "--format", "png", "--out", "again")
    assert both.code == 0 and "without funnel and occupancy" in both.err


def test_a_misspelt_owner_of_a_target_is_pointed_out(folder: Path, run: Run) -> None:
    text = Path("scenario.yaml").read_text(encoding="utf-8")
    Path("scenario.yaml").write_text(text.replace("amount: 1500}]", "amount: 1500, owner: Anne}]"), encoding="utf-8")
    assert (
        "no open deal, win or lead source has the owner 'Anne'; did you mean 'Ann'?" in run("run", "scenario.yaml").out
    )


def test_amounts_beyond_all_reason_are_refused(folder: Path, run: Run) -> None:
    set_amount = "variants.weak=[{path: amount, scale: 1.0e+14}]"
    result = run("run", "scenario.yaml", "--variant", "weak", "--set", set_amount)
    assert result.code == 2
    assert "row 2 (1): amount 1e+17 is too large; check the amount column and the shifts" in result.err


def test_deals_whose_amount_is_drawn_are_counted(folder: Path, run: Run) -> None:
    Path("deals.csv").write_text(
        Path("deals.csv").read_text(encoding="utf-8").replace(",2000,", ",,"), encoding="utf-8"
    )
    result = run("run", "scenario.yaml", "--set", "amount=700")
    assert "1 open deal has no amount: drawn from `amount`, 700 USD in the mean" in result.out


def test_a_target_of_the_command_line_stands_beside_those_of_the_scenario(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--json", "--target", "2k", "--period", "TOTAL")
    data = json.loads(done.out)
    assert (data["periods"][0]["target"], data["total"]["target"]) == (1500, 2000)
    assert data["scenario"]["overrides"] == [
        'targets=[{"period": "2027-Q1", "amount": 1500.0}, {"period": "total", "amount": 2000.0}]'
    ]
    first = json.loads(run("run", "scenario.yaml", "--json", "--target", "2k", "--period", "2027-q1").out)
    assert first["periods"][0]["target"] == 2000 and first["total"]["target"] is None
    same = json.loads(run("run", "scenario.yaml", "--json", "--set", first["scenario"]["overrides"][0]).out)
    assert same == first


def test_samples_can_be_left_out(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results", "--no-samples").code == 0
    written = {path.name for path in Path("results").iterdir()}
    assert {"forecast.json", "summary.csv", "fan.png"} <= written
    assert not {"samples.npz", "samples.parquet"} & written
    again = run("compare", "results", "scenario.yaml")
    assert again.code == 2 and "samples.npz is missing" in again.err
    assert (
        "note: --no-samples has no meaning for a run without --out" in run("run", "scenario.yaml", "--no-samples").err
    )


def test_a_folder_holds_one_run_and_what_others_put_there(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results").code == 0
    before = {path.name for path in Path("results").iterdir()}
    for name in ("notes.csv", "samples_of_mine.npz"):
        Path("results", name).write_text("simfunnel", encoding="utf-8")
    Path("results/occupancy.pdf").write_text("simfunnel", encoding="utf-8")
    assert run("run", "scenario.yaml", "--method", "exact", "--out", "results").code == 0
    after = {path.name for path in Path("results").iterdir()}
    gone = {"samples.npz", "samples.parquet", "occupancy.png", "occupancy.svg"} & before
    assert after == before - gone | {"distributions.npz", "notes.csv", "samples_of_mine.npz", "occupancy.pdf"}
    assert "samples.npz" in gone and "occupancy.svg" in gone


def test_a_file_of_our_name_that_is_not_ours_stays(folder: Path, run: Run) -> None:
    Path("results").mkdir()
    Path("results/occupancy.svg").write_text("<svg/>", encoding="utf-8")
    assert run("run", "scenario.yaml", "--method", "exact", "--out", "results").code == 0
    assert Path("results/occupancy.svg").read_text(encoding="utf-8") == "<svg/>"


@pytest.mark.parametrize("options", [("--variant", "weak"), ("--set", "stages.Demo.conversion=0.9")])
def test_a_saved_forecast_cannot_be_changed(folder: Path, run: Run, options: tuple[str, ...]) -> None:
    assert run("run", "scenario.yaml", "--out", "results").code == 0
    done = run("plot", "results", *options, "--out", "again")
    assert done.code == 2
    assert f"{options[0]} changes the scenario, and a saved forecast cannot be changed" in done.err
    assert not Path("again").exists()


def test_options_without_meaning_for_a_saved_forecast_are_named(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results").code == 0
    done = run("plot", "results", "--kind", "fan", "--trials", "1000", "--kernel", "paths", "--out", "again")
    assert done.code == 0
    assert "note: --trials, --kernel have no meaning for a saved forecast" in done.err
