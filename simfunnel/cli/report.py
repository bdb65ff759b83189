"""``simfunnel report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from simfunnel.cli.language import asked_language, language_option, told_in
from simfunnel.cli.options import (
    LEAST_TRIALS,
    MOST_THREADS,
    PeriodLabel,
    Trials,
    force_option,
    scenario_argument,
    xlsx_option,
)
from simfunnel.cli.store_options import store_options
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    from simfunnel.history.history import History


@click.command(epilog="Example:  simfunnel report scenario.yaml -o report.html")
@scenario_argument
@click.option("-o", "--output", default="report.html", show_default=True, metavar="FILE", help="File to write.")
@click.option("--from", "folders", multiple=True, type=click.Path(), metavar="DIR",
              help="Take results from a folder that run, plan, levers, stress, health, metrics, backtest, track or "
              "compare wrote with --out; repeatable.")  # fmt: skip
@click.option("--history", type=click.Path(), metavar="HISTORY",
              help="Past deals: bottleneck and doubtful deals then rest on them (see metrics, health).")  # fmt: skip
@language_option
@store_options
@click.option("--sections", metavar="NAME,...", help="Only these: answer, enough, moving, bottleneck, actions, trust, "
              "people, provenance.")  # fmt: skip
@click.option("--owner", metavar="NAME", help="The report of one person: nothing of others is in it.")
@click.option("--anonymize", is_flag=True,
              help="Call deals, owners, accounts, teams and files by pseudonyms; their key stays here.")  # fmt: skip
@click.option("--period", type=PeriodLabel(),
              help="Period that it is about, or total [default: the first that has a target].")  # fmt: skip
@click.option("--confidence", metavar="P", help="Probability of reaching the target that is asked for [default: 0.8].")
@click.option("--variant", metavar="NAME", help="Report on a variant of the scenario.")
@click.option("--trials", type=Trials(LEAST_TRIALS),
              help="Simulated futures of everything that is computed [default: the scenario's, else 100,000, of the "
              "forecast; 20,000 of what compares forecasts].")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the scenario's, else 1].")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Threads [default: all processors].")
@xlsx_option
@force_option
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    scenario: str,
    overrides: tuple[str, ...],
    output: str,
    folders: tuple[str, ...],
    history: str | None,
    store: str | None,
    book: str | None,
    sections: str | None,
    owner: str | None,
    anonymize: bool,
    period: str | None,
    confidence: str | None,
    variant: str | None,
    trials: int | str | None,
    seed: int | None,
    threads: int | None,
    xlsx: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write a report that a manager can open: one HTML file, without network.

    What is cheap is computed (run, plan, levers, stress, health); a backtest is taken from a folder alone.
    """
    from contextlib import ExitStack

    from simfunnel.cli.delivery import check_xlsx, note_written
    from simfunnel.cli.forecasting import read_scenario
    from simfunnel.cli.progress import progress_bar
    from simfunnel.report.html.anonymous import anonymous
    from simfunnel.report.html.files import check_target, write_report
    from simfunnel.report.html.gather import gather
    from simfunnel.report.html.pseudonyms import key_beside
    from simfunnel.report.html.report import check_sections, report_html, report_workbook
    from simfunnel.report.xlsx.workbook import write_workbook

    target = Path(output)
    check_target(target, force=force)
    check_xlsx(xlsx, force=force)
    wanted = [name.strip() for name in (sections or "").split(",") if name.strip()]
    check_sections(wanted)
    ready = read_scenario(scenario, overrides, quiet=quiet)
    past = _history(history, quiet=quiet)
    options = [text for override in overrides for text in ("--set", override)]
    with ExitStack() as bars:

        def step(name: str) -> object:
            bars.close()
            return bars.enter_context(progress_bar(tell("Computing {name}", name=name), quiet=quiet))

        material = gather(
            scenario, ready, folders=folders, wanted=wanted, history=past, store=store, book=book, options=options,
            trials=trials, seed=seed, variant=variant, threads=threads, owner=owner, period=period,
            confidence=confidence, told_in=asked_language(), step=step,
        )  # fmt: skip
    with told_in():
        if anonymize:
            material = anonymous(material, ready, key_beside(Path(scenario)))
        write_report(report_html(material, wanted), target)
        if xlsx is not None:
            write_workbook(report_workbook(material, wanted), Path(xlsx))
    if not quiet:
        note_written(target, xlsx)


def _history(path: str | None, *, quiet: bool) -> History | None:
    from simfunnel.cli.progress import progress_bar
    from simfunnel.history import read_history

    if path is None:
        return None
    with progress_bar(tell("Reading the history"), quiet=quiet, compiles=False) as progress:
        return read_history(path, progress=progress)
