"""What can be taken along from the page: the state as a variant, and its report. The server itself writes nothing."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from simfunnel.errors import InputError
from simfunnel.report.html.gather import gather
from simfunnel.report.html.report import report_html
from simfunnel.web.commands import overrides_of
from simfunnel.web.question import State
from simfunnel.web.reading import Reading, changes_anything
from simfunnel.wording.language import tell


def variant_of(reading: Reading, state: State) -> dict[str, Any]:
    """Write the state as a scenario file that extends the scenario: ``run --variant`` answers it with the same bits.

    Raises
    ------
    InputError
        If nothing is changed, or the scenario was read with ``--set``, which a file that extends it does not have.
    """
    from ruamel.yaml import YAML

    if not changes_anything(state):
        raise InputError("nothing is changed: there is no variant to save")
    if reading.overrides:
        raise InputError(
            "the scenario was opened with --set, which a file that extends it cannot hold; copy the command instead"
        )
    name, file = reading.variant_name, Path(reading.scenario).name
    stem = f"{Path(file).stem}-{name}.yaml"
    content = {
        "extends": file,
        "variants": {name: reading.as_variant(state).model_dump(mode="json", exclude_none=True)},
    }
    yaml, out = YAML(), io.StringIO()
    yaml.allow_unicode, yaml.width = True, 1000
    yaml.dump(content, out)
    told = tell("Save it beside {file}; then: {command}", file=file,
                command=f"simfunnel run {stem} --variant {name}")  # fmt: skip
    return {"version": reading.version, "file": stem, "variant": name, "text": f"# {told}\n{out.getvalue()}"}


def report_of(reading: Reading, state: State) -> dict[str, Any]:
    """Make the HTML report of the state, as ``simfunnel report --variant`` does."""
    ready, variant = reading.under(state)
    options = [text for override in overrides_of(reading, state) for text in ("--set", override)]
    material = gather(
        reading.scenario, ready, options=options, seed=reading.seed, variant=variant,
    )  # fmt: skip
    stem = Path(os.fspath(reading.scenario)).stem
    return {"version": reading.version, "file": f"{stem}-{variant or 'report'}.html", "text": report_html(material)}
