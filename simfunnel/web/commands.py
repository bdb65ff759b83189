"""The command line that gives an answer again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from simfunnel.web.question import State
from simfunnel.web.reading import Reading, changes_anything
from simfunnel.wording.shown_text import escaped


def run_command(reading: Reading, state: State, trials: int) -> str:
    """``simfunnel run`` of a state."""
    return _command(reading, "run", state, {"--trials": trials, "--seed": reading.seed})


def owners_command(reading: Reading, state: State, trials: int) -> str:
    """The same by owner."""
    return _command(reading, "run", state, {"--by": "owner", "--trials": trials, "--seed": reading.seed})


def plan_command(reading: Reading, state: State, trials: int) -> str:
    """``simfunnel plan`` of a state."""
    goal = reading.goal(state)
    options = {"--period": goal.period, "--confidence": share(state.confidence), "--trials": trials}
    return _command(reading, "plan", state, {**options, "--seed": reading.seed})


def overrides_of(reading: Reading, state: State) -> list[str]:
    """Texts of ``--set`` that give the scenario with the state as a variant."""
    if not changes_anything(state):
        return list(reading.overrides)
    text = json.dumps(variant_keys(reading, state), ensure_ascii=False, separators=(", ", ": "))
    return [*reading.overrides, f"variants.{reading.variant_name}={escaped(text)}"]


def variant_keys(reading: Reading, state: State) -> Any:
    """Write a state as a variant of a scenario spells it: its changes alone are a list."""
    written = reading.as_variant(state).model_dump(mode="json")
    if isinstance(written, list):
        return written
    targets = [{key: value for key, value in one.items() if value is not None} for one in written["targets"]]
    return {**({"shifts": written["shifts"]} if written["shifts"] else {}), "targets": targets}


def share(value: float) -> str:
    """Write a share so that it is read as the same number."""
    return repr(value)


def _command(reading: Reading, name: str, state: State, options: dict[str, Any]) -> str:
    scenario = reading.scenario
    words = ["simfunnel", name, f"./{scenario}" if scenario.startswith("-") else scenario]
    words += [word for text in overrides_of(reading, state) for word in ("--set", text)]
    variant = reading.variant_name if changes_anything(state) else reading.base_variant
    given = {"--variant": variant, **options}
    words += [word for option, value in given.items() if value is not None for word in (option, str(value))]
    return shlex.join(words)
