"""Every command, every Python block and every scenario on the pages works, and writes what is shown below it."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from helpers import JIT

from .blocks import ROOT, blocks, calls, pages
from .outputs import difference, same_word
from .session import Session, parts

PAGES = pages()
EACH = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
BY_CI = "sh"
"""Language of the two commands of the README, each executed by `.ci/run` in a fresh clone and environment."""
EXECUTED = {"console", "python", "yaml"}
SHOWN = {"text", "json", "", "{include}", "{toctree}", "{eval-rst}", "{contents}"}


def run(page: Path, folder: Path, *, slow: bool) -> None:
    """Follow a page from top to bottom, without what is slow unless that is asked for."""
    if not JIT:
        pytest.skip("kernels as plain Python are too slow for the pages")
    session = Session(folder)
    for block in blocks(page):
        if not block.not_run and (slow or not block.slow):
            session.run(block)


@EACH
def test_a_page_works_as_it_stands(page: Path, tmp_path: Path) -> None:
    run(page, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if any(block.slow for block in blocks(page))], ids=str)
def test_a_page_works_with_what_is_slow(page: Path, tmp_path: Path) -> None:
    run(page, tmp_path, slow=True)


@EACH
def test_a_page_holds_only_what_is_executed_or_only_shown(page: Path) -> None:
    for block in blocks(page):
        known = EXECUTED | SHOWN | ({BY_CI} if page.name.startswith("README") else set())
        assert block.language in known, f"{block.where}: a block of {block.language} would not be executed"
        assert block.note in ("", "slow", "printed") or block.not_run, f"{block.where}: {block.note}"


@EACH
def test_a_page_names_only_commands_and_options_that_there_are(page: Path) -> None:
    shown = [
        (block.where, call.command) for block in blocks(page) if block.language == "console" for call in calls(block)
    ]
    in_text = re.findall(r"(?<!`)`(simfunnel [^`]+)`", page.read_text("utf-8"))
    for where, command in [*shown, *((page.name, text) for text in in_text if not re.search(r"[|\[\\]|\.\.\.", text))]:
        for words in parts(command):
            if words[0] == "simfunnel":
                assert not (wrong := refused(words[1:])), f"{where}: {command}: {wrong}"


def refused(arguments: list[str]) -> str:
    """What the command line has against some arguments, without running the command."""
    from simfunnel.cli import cli

    command: click.Command = cli
    context = click.Context(cli, info_name="simfunnel")
    while isinstance(command, click.Group) and arguments:
        name, *arguments = arguments
        found = command.get_command(context, name)
        if found is None:
            return f"there is no command {name}"
        command, context = found, click.Context(found, info_name=name, parent=context)
    try:
        command.make_parser(context).parse_args(list(arguments))
    except click.ClickException as error:
        return error.format_message()
    return ""


def test_the_two_commands_of_the_readme_are_those_that_ci_executes() -> None:
    for readme in ROOT.glob("README*.md"):
        in_shell = [block.text for block in blocks(readme) if block.language == BY_CI]
        english = [block.text for block in blocks(ROOT / "README.md") if block.language == BY_CI]
        assert len(in_shell) == 2 and in_shell == english
    assert "for number in 1 2; do" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_words_are_compared_as_they_are_and_figures_to_their_last_digit() -> None:
    assert same_word("58%", "59%") and not same_word("58%", "60%")
    assert same_word("2.44M", "2.45M") and not same_word("2.44M", "2.46M") and not same_word("2.44M", "2.44k")
    assert same_word("1,282", "1,283") and not same_word("2027-Q1", "2027-Q2")


def test_what_is_left_out_is_marked() -> None:
    written = "a b c\nd 1.50 e\nf"
    for right in ("a b c\nd 1.50 e\nf", "a b\n...\nf", "...\nd 1.51 e\n...", "a b c\n...", "...\nf"):
        assert difference(right, written) == ""
    for wrong in ("a b c", "a c\n...", "...\nd 1.7 e\n...", "...\ne", "b c\n..."):
        assert difference(wrong, written)


def test_a_block_is_read_with_its_language_its_title_and_what_is_said_of_it(tmp_path: Path) -> None:
    text = "<!-- slow -->\n```console title=x\n$ simfunnel \\\n  schema\nout\n```\n"
    file = tmp_path / "page.md"
    file.write_text(text, "utf-8")
    (block,) = blocks(file)
    assert (block.language, block.title, block.slow, block.line) == ("console", "x", True, 2)
    assert [(call.command, call.output) for call in calls(block)] == [("simfunnel   schema", "out")]
