"""The forecast that a command shows: simulated, or computed exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simfunnel.forecast import Forecast
    from simfunnel.forecast.inputs import Prepared


def make_forecast(
    ready: Prepared,
    *,
    method: str,
    trials: int | str | None,
    precision: float | None,
    seed: int | None,
    variant: str | None,
    kernel: str,
    threads: int | None,
    quiet: bool,
) -> Forecast:
    """Make a forecast with a progress bar; options without meaning for the method are named on stderr."""
    from simfunnel.cli.progress import progress_bar

    if method == "exact":
        from simfunnel.forecast import exact_forecast

        given = {"--trials": trials, "--precision": precision, "--threads": threads}
        ignored = [name for name, value in given.items() if value is not None]
        ignored += ["--kernel"] if kernel != "auto" else []
        if ignored:
            click.echo(f"note: {', '.join(ignored)} {'has' if len(ignored) == 1 else 'have'} no meaning for "
                       "--method exact", err=True)  # fmt: skip
        with progress_bar("Computing", quiet=quiet) as progress:
            return exact_forecast(ready, seed=seed, variant=variant, progress=progress)
    from simfunnel.forecast import simulate

    with progress_bar("Simulating", quiet=quiet) as progress:
        return simulate(
            ready, trials=trials, precision=precision, seed=seed, variant=variant, kernel=kernel, threads=threads,
            progress=progress,
        )  # fmt: skip
