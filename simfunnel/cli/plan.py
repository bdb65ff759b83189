"""``simfunnel plan``."""

from __future__ import annotations

import click

from simfunnel.cli.options import (
    cluster_option,
    goal_options,
    output_options,
    paired_options,
    scenario_argument,
    xlsx_option,
)
from simfunnel.errors import InputError
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel plan scenario.yaml --target 3M --confidence 0.8 --source inbound")
@scenario_argument
@goal_options
@click.option("--source", "sources", multiple=True, metavar="NAME",
              help="Lead source whose rate may rise; repeatable [default: all, in proportion].")  # fmt: skip
@click.option("--owner", metavar="NAME", help="Plan for one owner: his target, deals and leads.")
@click.option("--by", type=click.Choice(["week", "month", "quarter"]), default="week", show_default=True,
              help="Unit of time in which rates are told.")  # fmt: skip
@click.option("--max-multiplier", type=float, default=100.0, show_default=True, metavar="M",
              help="Largest multiple of the present rates considered.")  # fmt: skip
@click.option("--deals", is_flag=True, help="Also name the fewest open deals that would close the gap.")
@click.option("--history", type=click.Path(), metavar="HISTORY",
              help="Past deals, for --deals: by them it is told which deals to drop (see health).")  # fmt: skip
@paired_options
@xlsx_option
@cluster_option
@output_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    period: str | None,
    target: str | None,
    confidence: str,
    sources: tuple[str, ...],
    owner: str | None,
    by: str,
    max_multiplier: float,
    deals: bool,
    history: str | None,
    variant: str | None,
    trials: int | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    out: str | None,
    xlsx: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say how many leads a target needs, and what the funnel should hold."""
    from simfunnel.cli.delivery import check_folder, check_xlsx, deliver
    from simfunnel.cli.forecasting import read_scenario
    from simfunnel.cli.progress import progress_bar
    from simfunnel.planning.plan.leads_needed import leads_needed

    to_drop: frozenset[str] = frozenset()
    if history is not None and not deals:
        raise InputError("--history: by it --deals tells which deals to drop; give both, or neither")
    check_folder(out)
    check_xlsx(xlsx, force=force)
    ready = read_scenario(scenario, overrides, quiet=quiet or as_json)
    if deals:
        from simfunnel.diagnosis.health import deals_to_drop
        from simfunnel.history import read_history

        past = None
        if history is not None:
            with progress_bar(tell("Reading the history"), quiet=quiet or as_json, compiles=False) as progress:
                past = read_history(history, progress=progress)
        to_drop = deals_to_drop(ready, history=past, variant=variant)
    with progress_bar(tell("Planning"), quiet=quiet or as_json) as progress:
        plan = leads_needed(
            ready, target=target, confidence=confidence, period=period, sources=sources, owner=owner, by=by,
            max_multiplier=max_multiplier, deals=deals, to_drop=to_drop, variant=variant, trials=trials, seed=seed,
            kernel=kernel, threads=threads, progress=progress,
        )  # fmt: skip
    deliver(plan, out=out, force=force, as_json=as_json, quiet=quiet, xlsx=xlsx)
