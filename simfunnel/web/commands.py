"""The command line that gives an answer again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from simfunnel.web.question import State
from simfunnel.web.reading import Reading, changes_anything


def run_command(reading: Reading, state: State, trials: int) -> str:
    """``simfunnel run`` of a state."""
    return _command(reading, "run", state, {"--trials": trials, "--seed": reading.seed})


def owners_command(reading: Reading, state: State, trials: int) -> str:
    """The same by owner."""
    return _command(reading, "run", state, {"--by": "owner", "--trials": trials, "--seed": reading.seed})


def plan_command(reading: Reading, state: State, trials: int) -> str:
    """``simfunnel plan`` of a state."""
    goal = reading.goal(state)
    options = {"--period": goal.period, "--confidence": f"{state.confidence:g}", "--trials": trials}
    return _command(reading, "plan", state, {**options, "--seed": reading.seed})


def overrides_of(reading: Reading, state: State) -> list[str]:
    """Texts of ``--set`` that give the scenario with the state as a variant."""
    if not changes_anything(state):
        return list(reading.overrides)
    written = reading.as_variant(state).model_dump(mode="json", exclude_none=True)
    text = json.dumps(written, ensure_ascii=False, separators=(", ", ": "))
    return [*reading.overrides, f"variants.{reading.variant_name}={text}"]


def _command(reading: Reading, name: str, state: State, options: dict[str, Any]) -> str:
    scenario = reading.scenario
    words = ["simfunnel", name, f"./{scenario}" if scenario.startswith("-") else scenario]
    words += [word for text in overrides_of(reading, state) for word in ("--set", text)]
    variant = reading.variant_name if changes_anything(state) else reading.base_variant
    given = {"--variant": variant, **options}
    words += [word for option, value in given.items() if value is not None for word in (option, str(value))]
    return shlex.join(words)
