"""``simfunnel levers``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from simfunnel.cli.options import goal_options, output_options, paired_options, scenario_argument
from simfunnel.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType


def _more(ctx: click.Context, param: click.Parameter, by: str) -> str:
    """Refuse what is not a little more: less is a question for `stress`, and 10 is seldom meant as ten times more."""
    from simfunnel.values.numbers import parse_fraction

    try:
        step = parse_fraction(by)
    except ValueError as error:
        raise InputError(f"by: {error}; write a share such as 10%") from None
    if 0 < step <= 1:
        return by
    hint = "; for what less of each costs, see `simfunnel stress`" if step <= 0 else ""
    if 1 < step <= 100 and "%" not in by:
        hint = f"; did you mean {step:g}%?"
    raise InputError(f"by: expected a share above 0 and at most 100%, such as 10%, found '{by}'{hint}")


@click.command(epilog="Example:  simfunnel levers scenario.yaml --by 5% --period 2027-Q2")
@scenario_argument
@click.option("--by", default="10%", show_default=True, callback=_more, metavar="SHARE",
              help="How far each lever is moved, up to 100%.")  # fmt: skip
@goal_options
@paired_options
@output_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    by: str,
    period: str | None,
    target: str | None,
    confidence: str,
    variant: str | None,
    trials: int | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say what more leads, bigger deals, a higher win rate and a shorter cycle are worth.

    --confidence mean asks what each lever would have to be for the mean, not P(attain), to reach the target.
    """
    from functools import partial

    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.progress import progress_bar
    from simfunnel.planning.levers import levers

    check_folder(out)
    with progress_bar("Moving the levers", quiet=quiet or as_json) as progress:
        result = levers(
            scenario, by=by, period=period, target=target, confidence=None if confidence == "mean" else confidence,
            variant=variant, overrides=overrides, trials=trials, seed=seed, kernel=kernel, threads=threads,
            progress=progress,
        )  # fmt: skip

    def page(width: int) -> RenderableType:
        from simfunnel.report.planning.levers import levers_page

        return levers_page(result, width)

    def figures():  # type: ignore[no-untyped-def]
        from simfunnel.report.plots.planning import lever_bars

        return {"levers": partial(lever_bars, result)}

    deliver(
        "levers", result.to_dict(), page=page, frames=lambda: {"levers": result.frame()},
        figures=figures, provenance=result.base.provenance.line(),
        texts=(result.base.provenance.scenario_name,), own=("levers",), out=out, force=force, as_json=as_json,
        quiet=quiet,
    )  # fmt: skip
