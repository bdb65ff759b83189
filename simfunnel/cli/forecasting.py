"""The forecast that a command shows: simulated, or computed exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from simfunnel.cli.language import note, state_language
from simfunnel.errors import InputError
from simfunnel.wording.language import joined, tell

if TYPE_CHECKING:
    from simfunnel.cli.options import HowToRun
    from simfunnel.forecast import Forecast
    from simfunnel.forecast.inputs import Prepared


DEFAULTS = {"--kernel": "auto", "--method": "simulate"}


def given_options(options: Mapping[str, object]) -> list[str]:
    """Names of the options that were given; the others are None, empty, or what they are by default."""
    return [name for name, value in options.items() if value not in (None, (), DEFAULTS.get(name))]


def note_without_meaning(names: Iterable[str], what: str, *, quiet: bool = False) -> None:
    """Say on stderr which options are ignored."""
    ignored = list(names)
    if ignored and not quiet:
        note(tell(
            "note: {options} {has_or_have} no meaning for {what}", options=joined(ignored),
            has_or_have="has" if len(ignored) == 1 else "have", what=tell(what),
        ))  # fmt: skip


def refuse_to_change_saved(options: Mapping[str, object]) -> None:
    """Refuse options that would change a saved forecast."""
    if names := given_options(options):
        one = len(names) == 1
        raise InputError(
            f"{' and '.join(names)} {'changes' if one else 'change'} the scenario, and a saved forecast cannot be "
            "changed; name the scenario instead"
        )


def read_scenario(scenario: str, overrides: Sequence[str], *, quiet: bool) -> Prepared:
    """Read a scenario and its pipeline file, with a progress bar where the file is long."""
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.inputs import prepare

    with progress_bar(tell("Reading"), quiet=quiet, compiles=False) as progress:
        ready = prepare(scenario, overrides=overrides, progress=progress)
    state_language(ready.scenario.language)
    return ready


def make_forecast(
    ready: Prepared, how: HowToRun, *, quiet: bool, samples: bool | None = True, resume: str | None = None,
    force: bool = False,
) -> Forecast:  # fmt: skip
    """Make a forecast with a progress bar; options without meaning for the method are named on stderr."""
    from simfunnel.cli.progress import progress_bar

    if how.method == "exact":
        from simfunnel.forecast import exact_forecast

        idle = {name: value for name, value in how.given.items() if name not in ("--variant", "--seed", "--method")}
        note_without_meaning(given_options(idle), "--method exact")
        with progress_bar(tell("Computing"), quiet=quiet) as progress:
            return exact_forecast(ready, seed=how.seed, variant=how.variant, progress=progress)
    from simfunnel.forecast import simulate
    from simfunnel.forecast.kept_models import keeping_models

    with keeping_models(), progress_bar(tell("Simulating"), quiet=quiet) as progress:
        return simulate(
            ready, trials=how.trials, precision=how.precision, seed=how.seed, variant=how.variant, kernel=how.kernel,
            threads=how.threads, samples=samples, resume=resume, force=force, progress=progress,
        )  # fmt: skip
