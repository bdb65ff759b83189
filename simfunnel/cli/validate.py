"""``simfunnel validate``."""

from __future__ import annotations

import click

from simfunnel.cli.options import quiet_option, scenario_argument
from simfunnel.wording.numbers import plural


@click.command(epilog="Example:  simfunnel validate scenario.yaml")
@scenario_argument
@click.option("--json", "as_json", is_flag=True, help="Print the data-quality report as JSON.")
@quiet_option
def command(scenario: str, overrides: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Check a scenario, its pipeline file and its variants without running."""
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.inputs import prepare

    with progress_bar("Reading", quiet=quiet or as_json, compiles=False) as progress:
        ready = prepare(scenario, overrides=overrides, progress=progress)
    model = ready.model()
    for name in ready.scenario.variants:
        ready.model(ready.variant(name))
    if as_json:
        import json

        from simfunnel.forecast.json_keys import caution_dict, quality_dict

        written = {
            "valid": True,
            "cautions": [caution_dict(caution) for caution in model.quality.cautions],
            "data_quality": quality_dict(model.quality),
        }
        click.echo(json.dumps(written, ensure_ascii=False, indent=1))
        return
    from rich.console import Group
    from rich.text import Text

    from simfunnel.report.console import caution_lines, column_notes, print_page, quality_notes

    s = ready.scenario
    line = (
        f"{scenario}: valid. {plural(len(s.stages), 'stage')}, {plural(model.quality.used, 'open deal')}, "
        f"{plural(len(s.leads), 'lead source')}, {plural(len(s.targets), 'target')}, "
        f"{plural(len(s.variants), 'variant')}; {model.periods[0].label} to {model.periods[-1].label}."
    )
    warnings = [Text(f"! {warning}", style="yellow") for warning in model.warnings]
    quality = model.quality
    print_page(
        Group(Text(line, style="bold"), *caution_lines(quality), *warnings, *column_notes(quality, s.currency),
              *quality_notes(quality))
    )  # fmt: skip
