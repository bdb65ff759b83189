"""What can be taken along from the page: the state as a variant, and its report. The server itself writes nothing."""

from __future__ import annotations

import io
import json
import os
import shlex
from pathlib import Path
from typing import Any

from simfunnel.errors import InputError
from simfunnel.report.html.gather import gather
from simfunnel.report.html.report import report_html
from simfunnel.web.commands import overrides_of, share, variant_keys
from simfunnel.web.question import State
from simfunnel.web.reading import Reading, changes_anything
from simfunnel.wording.language import ENGLISH, spoken, tell
from simfunnel.wording.numbers import percent, period_told
from simfunnel.wording.shown_text import as_name, hides


def variant_of(reading: Reading, state: State) -> dict[str, Any]:
    """Write the state as a scenario file that extends the scenario: ``run --variant`` answers it with the same bits.

    Period and confidence have no place in a variant; the file tells the command that asks for them.

    Raises
    ------
    InputError
        If nothing is changed, or the scenario was read with ``--set``, which a file that extends it does not have.
    """
    from ruamel.yaml import YAML

    if not changes_anything(state):
        raise InputError(tell("Nothing is changed: a variant holds changes and a target, no period and no confidence."))
    if reading.overrides:
        raise InputError(
            tell("The scenario was opened with --set, which a file that extends it cannot hold: copy the command.")
        )
    name, file = reading.variant_name, Path(reading.scenario).name
    stem = f"{Path(file).stem}-{name}.yaml"
    content = {"extends": file, "variants": {name: variant_keys(reading, state)}}
    yaml, out = YAML(), io.StringIO()
    # what is hidden is written by its number, and then all that is not ASCII: some of it would be read as a new line
    yaml.allow_unicode, yaml.width = not hides(json.dumps(content, ensure_ascii=False)), 1000
    yaml.dump(content, out)
    of_it = [stem, "--variant", name]
    command = shlex.join(["simfunnel", "run", *of_it])
    comments = [tell("Save it beside {file}; then: {command}", file=file, command=command)]
    if (aim := asked_aim(state)) and (goal := reading.goal(state)).target is not None:
        asked = {"--period": goal.period, "--confidence": share(state.confidence)}
        command = shlex.join(["simfunnel", "report", *of_it, *(word for one in asked.items() for word in one)])
        comments.append(tell("What no variant holds ({aim}): {command}", aim=aim, command=command))
    text = "".join(f"# {as_name(str(told))}\n" for told in comments) + out.getvalue()
    return {"version": reading.version, "file": stem, "variant": name, "text": text}


def asked_aim(state: State) -> str:
    """Name what is asked for and no variant holds: a period, a confidence; nothing where neither was chosen."""
    period = "" if state.period is None else period_told(state.period)
    sure = "" if state.confidence == State().confidence else tell("{chance} sure", chance=percent(state.confidence))
    return ", ".join(str(one) for one in (period, sure) if one)


def report_of(reading: Reading, state: State) -> dict[str, Any]:
    """Make the HTML report of the state, and tell the command that makes it."""
    ready, variant = reading.under(state)
    trials = ready.scenario.simulation.trials
    if isinstance(trials, int) and reading.fitting(state, trials) < trials:
        raise InputError(tell("So many leads are expected that a report takes too long for this page: ask `simfunnel "
                              "report`, which takes its time."))  # fmt: skip
    options = [text for override in overrides_of(reading, state) for text in ("--set", override)]
    told_in = spoken()
    material = gather(
        reading.scenario, ready, options=options, seed=reading.seed, variant=variant, period=reading.goal(state).period,
        confidence=share(state.confidence),
        told_in=None if told_in == (ready.scenario.language or ENGLISH) else told_in,
    )  # fmt: skip
    file = f"{Path(os.fspath(reading.scenario)).stem}-{variant or 'report'}.html"
    assert material.report is not None
    command = f"{material.report.made} {shlex.join(['--output', file])}"
    return {"version": reading.version, "file": file, "command": command, "text": report_html(material)}
