"""Compiled models that are kept: the same numbers, and anew for whatever is not the same."""

from __future__ import annotations

import contextvars
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import deals, funnel, stage

from simfunnel.engine.cache_folder import clear_cache
from simfunnel.forecast import kept_models, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.book import Compiled

KEY = "0123456789abcdef"
DATA = funnel(
    [stage("A", {"mean": 0.5, "n": 9}, {"weibull": {"shape": 1.3, "scale": 20}}), stage("B", 0.6, {"exponential": 9})],
    [*deals(3, "A", amount=100, owner="x"), *deals(2, "B", amount=50, age=4)],
    leads=[{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 2}}], amount={"exponential": 70},
    payment_terms=[{"share": 1, "delay": {"exponential": 30}}],
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the kernels, as a command that forecasts has it."""
    found = tmp_path / KEY
    found.mkdir()
    monkeypatch.setattr(kept_models, "cache_folder", lambda: found)
    with kept_models.keeping_models():
        yield found


def _models(folder: Path) -> list[Path]:
    return sorted((folder / kept_models.MODELS).glob("*"))


def _by_a_program(make: Callable[[], Any]) -> Any:
    """Run something where nobody asked to keep models."""
    return contextvars.Context().run(make)


def _never() -> Compiled:
    raise AssertionError("compiled again")


def _kept(
    data: dict[str, Any], make: Callable[[], Compiled] = _never, groups: tuple[str, ...] = ("owner",)
) -> Compiled:
    ready = prepare(data)
    return kept_models.kept_or_made(ready.scenario, ready.table, groups, make)


def test_a_model_that_is_read_gives_the_bits_of_the_one_that_was_made(folder: Path) -> None:
    first = simulate(DATA, trials=600)
    assert len(_models(folder)) == 1
    again = simulate(DATA, trials=600)
    plain = _by_a_program(lambda: simulate(DATA, trials=600))
    for other in (again, plain):
        np.testing.assert_array_equal(first.bookings(0), other.bookings(0))
        assert (first.summary, first.quality, first.findings) == (other.summary, other.quality, other.findings)


def test_it_is_read_where_nothing_differs_and_made_anew_where_anything_does(folder: Path) -> None:
    groups = prepare(DATA).compiled((), ("owner",))
    _kept(DATA, lambda: groups)
    assert _kept(copy.deepcopy(DATA)).book.groups == groups.book.groups
    paths: list[tuple[Any, ...]] = [
        ("as_of",), ("stages", 0, "conversion", "n"), ("stages", 1, "duration", "exponential"), ("leads", 0, "name"),
        ("pipeline", "opportunities", 0, "amount"), ("pipeline", "opportunities", 3, "age"),
        ("pipeline", "opportunities", 1, "owner"), ("payment_terms", 0, "delay", "exponential"),
    ]  # fmt: skip
    made: list[str] = []
    for path in paths:
        data = copy.deepcopy(DATA)
        *places, last = path
        inside = data
        for place in places:
            inside = inside[place]
        old = inside[last]
        inside[last] = "2027-01-02" if last == "as_of" else f"{old}2" if isinstance(old, str) else old + 1
        _kept(data, lambda path=path: made.append(str(path)) or groups)  # type: ignore[misc]
    _kept(DATA, lambda: made.append("groups") or groups, ("team",))  # type: ignore[func-returns-value]
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(np, "__version__", "99.0")
        _kept(DATA, lambda: made.append("numpy") or groups)  # type: ignore[func-returns-value]
    assert made == [*map(str, paths), "groups", "numpy"]


@pytest.mark.parametrize("at", [0, 31, 32, 5_000, -1])
def test_a_damaged_model_is_made_anew(folder: Path, at: int) -> None:
    good = prepare(DATA).compiled((), ("owner",))
    _kept(DATA, lambda: good)
    (path,) = _models(folder)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    for damage in (bytes(content), b"", path.read_bytes()[:-1]):
        path.write_bytes(damage)
        assert _kept(DATA, lambda: good) is good
        assert _kept(DATA).book.groups == good.book.groups  # the good one is in its place


def test_what_cannot_be_written_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = prepare(DATA).compiled((), ("owner",))

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert _kept(DATA, lambda: good) is good
    assert not _models(folder)


def test_a_few_are_kept_and_all_are_cleared_with_the_kernels(folder: Path) -> None:
    good = prepare(DATA).compiled((), ("owner",))
    for day in range(1, kept_models.KEPT + 4):
        _kept({**DATA, "as_of": f"2027-01-{day:02d}"}, lambda: good)
    assert len(_models(folder)) == kept_models.KEPT
    assert clear_cache(folder.parent).files == kept_models.KEPT
    assert not folder.exists()


def test_a_program_that_uses_the_library_leaves_nothing_behind(folder: Path) -> None:
    _by_a_program(lambda: simulate(DATA, trials=10))
    assert not list(folder.iterdir())


def test_what_cannot_be_named_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_name: str) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(kept_models, "version", unreadable)
    good = prepare(DATA).compiled((), ("owner",))
    assert _kept(DATA, lambda: good) is good
    assert not list(folder.iterdir())
