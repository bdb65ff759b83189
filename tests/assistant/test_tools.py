"""Tools asked by the protocol's own client: answers are those of the commands that they name."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mcp
import pytest
from own_loop import alone
from small_scenario import SMALL

from simfunnel.assistant.place import Place
from simfunnel.assistant.server import build_server
from simfunnel.errors import SurroundingsError

SCENARIO = (
    SMALL
    + """
pipeline:
  opportunities:
    - {id: A, name: Acme, stage: Proposal, amount: 500, owner: Ann}
    - {id: B, name: "<b>Bell</b>", stage: Closing, amount: 300, owner: Bo, stage_entered: 2026-06-01}
variants:
  worse: [{path: win_rate, scale: 0.8}]
"""
)
Session = Callable[[Any], Awaitable[None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(SCENARIO)
    (tmp_path / "worse.yaml").write_text("extends: small.yaml\nstages:\n  - {name: Proposal, conversion: 0.4}\n")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: exit code, stdout, stderr."""
    from simfunnel.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["simfunnel", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def _asked(folder: Path, ask: Session) -> None:
    async def talk() -> None:
        async with mcp.Client(build_server(Place(folder))) as client:
            await ask(client)

    alone(talk())


def _answers(folder: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    found: list[Any] = []

    async def ask(client: Any) -> None:
        found.extend([await client.call_tool(name, arguments) for name, arguments in calls])

    _asked(folder, ask)
    return found


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("validate", {"scenario": "small.yaml"}),
    ("run", {"scenario": "small.yaml", "trials": 300, "seed": 7, "set": ["stages.Proposal.conversion=0.4"]}),
    ("run", {"scenario": "small.yaml", "trials": 300, "by": ["owner"], "target": "1k", "variant": "worse"}),
    ("plan", {"scenario": "small.yaml", "trials": 300, "confidence": "70%", "deals": True}),
    ("levers", {"scenario": "small.yaml", "trials": 300, "by": "5%"}),
    ("stress", {"scenario": "small.yaml", "trials": 300, "period": "2027-Q1"}),
    ("compare", {"scenarios": ["small.yaml", "worse.yaml"], "trials": 300}),
    ("compare", {"scenarios": ["small.yaml"], "variants": ["worse"], "trials": 300}),
    ("health", {"scenario": "small.yaml", "trials": 300}),
]


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
def test_an_answer_is_that_of_the_command_it_names(
    tool: str, arguments: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    monkeypatch.chdir(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    (result,) = _answers(folder, (tool, arguments))
    assert not result.is_error, result.content
    found = result.structured_content
    assert json.loads(result.content[0].text) == found
    assert next(iter(found)) == "cautions"
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before, "something was written"

    words = shlex.split(found["provenance"]["command"])
    assert words[:2] == ["simfunnel", tool]
    printed = json.loads(run(*words[1:])[1])
    told = {**found["result"], **({"sentence": found["sentence"]} if "sentence" in found else {})}
    if "groups" not in told:
        printed.pop("groups", None)
    elif arguments.get("by"):
        assert list(told["groups"]) == ["owner"]
        printed["groups"] = {"owner": printed["groups"]["owner"]}
    for key in ("schema_version", "simfunnel", "environment"):
        printed.pop(key, None)
    if "cautions" in printed:
        assert printed.pop("cautions") == found["cautions"]
    assert told == printed
    assert str(folder) not in json.dumps(found)


def test_cautions_stand_before_answers_that_have_none_of_their_own(folder: Path) -> None:
    # the deal in Closing has been there for seven months
    checked, planned = _answers(folder, CALLS[0], ("levers", {"scenario": "small.yaml", "trials": 200}))
    assert checked.structured_content["cautions"]
    assert planned.structured_content["cautions"] == checked.structured_content["cautions"]


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("run", {"scenario": "../small.yaml"}, "outside of the folder"),
    ("run", {"scenario": "none.yaml"}, "scenarios here: small.yaml, worse.yaml"),
    ("run", {"scenario": "small.yaml", "set": ["pipeline.file=/etc/passwd"]}, "where the open deals come from"),
    ("run", {"scenario": "small.yaml", "set": ["extends=/etc/passwd"]}, "cannot be set"),
    ("run", {"scenario": "small.yaml", "set": ["stages.Propsal.conversion=0.5"]}, "unknown stage 'Propsal'"),
    ("run", {"scenario": "small.yaml", "trials": 10**9}, "less than or equal to 1000000"),
    ("run", {"scenario": "small.yaml", "period": "2027-Q1"}, "give target as well"),
    ("plan", {"scenario": "small.yaml", "confidence": "certain"}, "confidence"),
    ("run", {"scenario": "small.yaml", "variant": "best"}, "best"),
    ("compare", {"scenarios": []}, "scenarios"),
    ("health", {"scenario": "small.yaml", "history": "/etc/passwd"}, "outside of the folder"),
    ("forecast", {}, "forecast"),
]


@pytest.mark.parametrize(("tool", "arguments", "said"), BAD)
def test_bad_input_is_told_as_the_command_line_does(
    tool: str, arguments: dict[str, Any], said: str, folder: Path
) -> None:
    bad, good = _answers(folder, (tool, arguments), CALLS[0])
    assert bad.is_error
    assert said in bad.content[0].text
    assert "Traceback" not in bad.content[0].text
    assert str(folder) not in bad.content[0].text
    assert not good.is_error, "one bad call must not harm the next"


def test_every_tool_says_what_it_does_and_what_it_takes(folder: Path) -> None:
    async def ask(client: Any) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"scenarios", "validate", "run", "plan", "levers", "stress", "compare", "health"}
        for tool in tools.values():
            assert tool.description
            assert all(each.get("description") for each in tool.input_schema["properties"].values()), tool.name
            assert tool.annotations.read_only_hint

    _asked(folder, ask)


def test_resources_tell_format_and_words(folder: Path) -> None:
    async def ask(client: Any) -> None:
        schema = json.loads((await client.read_resource("simfunnel://scenario-format")).contents[0].text)
        assert "stages" in schema["properties"]
        words = (await client.read_resource("simfunnel://glossary")).contents[0].text
        answers = [await client.call_tool(name, arguments) for name, arguments in CALLS]
        named = {key for each in answers for key in each.structured_content["result"]}
        for word in ("multiplier", "must_close", "misses", "drop", "without", "data_quality", "tornado", "break_even"):
            assert word in named
            assert f"**{word}" in words or f", {word}" in words

    _asked(folder, ask)


def test_over_stdin_and_stdout_as_an_assistant_starts_it(folder: Path) -> None:
    from mcp.client.stdio import stdio_client

    async def talk() -> None:
        command = [sys.executable, "-m", "simfunnel", "mcp", str(folder)]
        server = stdio_client(mcp.StdioServerParameters(command=command[0], args=command[1:]))
        async with mcp.Client(server) as client:
            assert (await client.call_tool("scenarios", {})).structured_content == {
                "scenarios": ["small.yaml", "worse.yaml"]
            }
            both = await asyncio.gather(*[client.call_tool("run", {**CALLS[1][1], "seed": seed}) for seed in (1, 2)])
            assert [each.structured_content["result"]["seed"] for each in both] == [1, 2]

    alone(talk())


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(SurroundingsError, match=r"pip install 'simfunnel\[mcp\]'"):
        build_server(Place(tmp_path))


def test_without_a_folder_nothing_is_served(run: Any, tmp_path: Path) -> None:
    code, _, said = run("mcp", str(tmp_path / "none"))
    assert code == 2
    assert "expected a folder that holds scenarios" in said
