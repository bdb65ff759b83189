"""Saved forecasts that are damaged: what is said, and that nothing in them is run."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.conftest import DEALS, SCENARIO

from simfunnel.errors import InputError
from simfunnel.forecast import Forecast, exact_forecast, simulate

Saved = Callable[[str], Path]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One forecast by each method, saved without a manifest: so damage is not caught by a hash."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    simulate(folder / "scenario.yaml", trials=200).save(folder / "simulated")
    exact_forecast(folder / "scenario.yaml").save(folder / "exact")
    for name in ("simulated", "exact"):
        (folder / name / "manifest.json").unlink()
    return folder


@pytest.fixture
def saved(originals: Path, tmp_path: Path) -> Saved:
    """A copy that may be damaged."""
    return lambda name: Path(shutil.copytree(originals / name, tmp_path / name))


def told(folder: Path) -> str:
    """What is said of a damaged forecast: one sentence that names the file."""
    with pytest.raises(InputError) as refused:
        Forecast.load(folder)
    (problem,) = refused.value.problems
    assert problem.file is not None and str(folder) in problem.file
    return problem.message


@pytest.mark.parametrize("name", ["simulated", "exact"])
def test_what_is_not_damaged_is_read(saved: Saved, name: str) -> None:
    assert Forecast.load(saved(name)).summary.overall.total.bookings.mean > 0


@pytest.mark.parametrize("content", ["", "  \n"])
def test_an_empty_one_was_interrupted(saved: Saved, content: str) -> None:
    folder = saved("simulated")
    (folder / "forecast.json").write_text(content, "utf-8")
    assert "interrupted" in told(folder)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("name", ["simulated", "exact"])
def test_cut_json_is_damaged(saved: Saved, name: str, share: float) -> None:
    folder = saved(name)
    content = (folder / "forecast.json").read_bytes()
    (folder / "forecast.json").write_bytes(content[: int(share * len(content))])
    assert "not JSON" in told(folder)


@pytest.mark.parametrize("content", ["null", "[]", "3", '"x"', "[" * 100_000, "{}", '{"schema_version": 1}', "NaN"])
def test_other_json_is_no_forecast(saved: Saved, content: str) -> None:
    folder = saved("simulated")
    (folder / "forecast.json").write_text(content, "utf-8")
    assert "expected a saved forecast" in told(folder) or "not JSON" in told(folder)


WRONG: list[Any] = [None, -1, "x", [], {}, [[]], 1e300, True, ["x", {}], {"x": [1]}]


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a piece of JSON, the first element of a list for all of them."""
    if isinstance(data, dict):
        return [place for key, value in data.items() for place in ((*at, key), *places(value, (*at, key)))]
    return [(*at, 0), *places(data[0], (*at, 0))] if isinstance(data, list) and data else []


@pytest.mark.parametrize("name", ["simulated", "exact"])
def test_a_value_of_another_type_is_read_as_before_or_named(saved: Saved, name: str) -> None:
    folder = saved(name)
    data = json.loads((folder / "forecast.json").read_text("utf-8"))
    refusals = 0
    for number, place in enumerate(places(data)[:: 2 if name == "exact" else 1]):  # each takes its quantiles anew
        changed = json.loads(json.dumps(data))
        part = changed
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = WRONG[number % len(WRONG)]
        (folder / "forecast.json").write_text(json.dumps(changed), "utf-8")
        try:
            Forecast.load(folder).to_dict()
        except InputError as error:
            refusals += 1
            assert len(str(error)) < 600
    assert refusals > 25


@pytest.mark.parametrize("key", ["scenario", "as_of", "periods", "storage", "data_quality", "law_error"])
def test_a_missing_key_is_named(saved: Saved, key: str) -> None:
    folder = saved("simulated")
    data = json.loads((folder / "forecast.json").read_text("utf-8"))
    del data[key]
    (folder / "forecast.json").write_text(json.dumps(data), "utf-8")
    assert key in told(folder) or "expected a saved forecast" in told(folder)


def arrays_of(folder: Path) -> tuple[Path, dict[str, Any]]:
    (path,) = folder.glob("*.npz")
    with np.load(path) as stored:
        return path, {name: stored[name] for name in stored.files}


@pytest.mark.parametrize("name", ["simulated", "exact"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_cut_arrays_are_damaged(saved: Saved, name: str, share: float) -> None:
    folder = saved(name)
    path, _ = arrays_of(folder)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "damaged" in told(folder)


def test_one_wrong_byte_in_an_array_is_damage(saved: Saved) -> None:
    folder = saved("simulated")
    path, _ = arrays_of(folder)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("open.npy")
    content[entry.header_offset + 120] ^= 0xFF
    path.write_bytes(content)
    assert "damaged" in told(folder)


def test_a_pickle_in_an_array_is_not_run(saved: Saved, tmp_path: Path) -> None:
    folder = saved("simulated")
    path, arrays = arrays_of(folder)
    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (trap,)

    np.savez(path, **{**arrays, "open": np.array([Trap()], dtype=object)}, allow_pickle=True)  # type: ignore[arg-type]
    assert "damaged" in told(folder)
    path.write_bytes(pickle.dumps(Trap()))
    assert "damaged" in told(folder)
    assert not trap.exists()


@pytest.mark.parametrize("name", ["simulated", "exact"])
def test_arrays_of_another_shape_or_type_are_named(saved: Saved, name: str) -> None:
    folder = saved(name)
    path, arrays = arrays_of(folder)
    for key, array in arrays.items():
        if key == "provenance":
            continue
        for wrong in (array[..., :0], array[None], array.astype(complex), array.astype(str), array.ravel()[:1].sum()):
            np.savez(path, **{**arrays, key: wrong})
            assert key.split("/")[-1] in told(folder)
        np.savez(path, **{k: v for k, v in arrays.items() if k != key})
        assert key.split("/")[-1] in told(folder)


def test_a_header_that_asks_for_all_memory_is_damage(saved: Saved) -> None:
    folder = saved("simulated")
    path, arrays = arrays_of(folder)
    np.savez(path, **arrays)
    content = path.read_bytes()
    (shape,) = (str(arrays["open"].shape),)
    huge = "(99999999999,)".ljust(len(shape))[: len(shape)] if len(shape) >= 14 else None
    assert huge is not None or sys.maxsize  # the shape is replaced by one as long, so that nothing moves
    asked = content.replace(shape.encode(), b"(" + b"9" * (len(shape) - 3) + b",)", 1)
    assert asked != content
    path.write_bytes(asked)
    assert "damaged" in told(folder)
