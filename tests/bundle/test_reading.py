"""One reader of folders: what was written, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simfunnel import bundle
from simfunnel.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with bundle.writing(tmp_path / "out", provenance="simfunnel; seed 1", face="toy") as out:
        for name in ("a.csv", "b.csv"):
            out.file(name).write_text(f"of {name}")
    return tmp_path / "out"


def refusal(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        bundle.read(folder)
    return [problem.message for problem in caught.value.problems]


def edited(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def test_a_folder_without_a_manifest_is_of_version_one(tmp_path: Path) -> None:
    (tmp_path / "forecast.json").write_text("{}")
    assert bundle.read(tmp_path) is None
    assert bundle.read(tmp_path / "missing") is None
    assert bundle.read(tmp_path / "forecast.json") is None


def test_missing_and_changed_files_are_all_named(folder: Path) -> None:
    (folder / "a.csv").unlink()
    (folder / "b.csv").write_text("of B.csv")  # as long as before
    assert refusal(folder) == [
        "a.csv is missing; write the folder again",
        "b.csv is not what was written: it was changed, damaged, or is just being replaced; write the folder again",
    ]


def test_a_half_written_folder_is_refused(folder: Path) -> None:
    edited(folder, writing={"staging": ".partial-x", "old": {}, "new": ["a.csv"]})
    assert refusal(folder) == [
        "a command that wrote to this folder was interrupted, or is writing just now; run it again to mend it"
    ]


@pytest.mark.parametrize(
    "text", ["", "{", '{"simfunnel": "0.1.0"', '{"simfunnel": 1}', "3", "null", "[", b"\xff\xfe", '"simfunnel"',
             '{"simfunnel": "1", "made": "", "command": [], "provenance": "", "files": ["a.csv"]}',
             '{"simfunnel": "1", "made": "", "command": [], "provenance": "", "files": {"a.csv": {"sha256": ""}}}']
)  # fmt: skip
def test_a_damaged_manifest_is_refused_and_replaced_only_by_force(text: str | bytes, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert len(refusal(folder)) == 1
    with pytest.raises(InputError), bundle.writing(folder, provenance=""):
        raise AssertionError("not reached")
    with bundle.writing(folder, provenance="", force=True) as out:
        out.file("a.csv").write_text("new")
    assert set(bundle.read(folder).files) == {"a.csv"}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["../../outside.csv", "/outside.csv", "..", "a/b"])
def test_a_manifest_cannot_reach_outside_its_folder(name: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("mine")
    edited(folder, files={name: {"sha256": "", "bytes": 0, "face": ""}})
    assert "damaged" in refusal(folder)[0]
    edited(folder, files={}, writing={"staging": f".partial-x/{name}", "old": {}, "new": []})
    assert "damaged" in refusal(folder)[0]


def test_what_is_opened_stays_what_it_was_while_others_write(folder: Path) -> None:
    manifest = bundle.read(folder)
    assert manifest is not None
    with manifest.open("a.csv") as file:
        with bundle.writing(folder, provenance="simfunnel; seed 2", face="toy") as out:
            out.file("a.csv").write_text("newer")
        assert file.read() == b"of a.csv"
    with pytest.raises(InputError, match="just being replaced"):
        manifest.open("a.csv")
    with pytest.raises(InputError, match=r"b\.csv is missing"):
        manifest.open("b.csv")
    with pytest.raises(InputError, match=r"expected a folder with c\.csv"):
        manifest.open("c.csv")


def test_lost_new_files_keep_a_folder_refused_until_the_next_are_complete(folder: Path) -> None:
    """Somebody removed what waited: nothing can be finished, and nothing is taken for whole."""
    lost = {"sha256": "0" * 64, "bytes": 3, "face": "toy"}
    data = json.loads((folder / "manifest.json").read_text("utf-8"))
    edited(folder, files={"a.csv": lost}, writing={"staging": ".partial-x", "old": data["files"], "new": ["a.csv"]})
    with pytest.raises(RuntimeError), bundle.writing(folder, provenance="") as out:
        out.file("c.csv").write_text("3")
        raise RuntimeError
    assert "interrupted" in refusal(folder)[0]
    with bundle.writing(folder, provenance="") as out:
        out.file("c.csv").write_text("3")
    assert set(bundle.read(folder).files) == {"c.csv"}  # type: ignore[union-attr]
    assert {path.name for path in folder.iterdir()} == {"c.csv", "manifest.json"}


def test_folders_that_an_interrupted_writer_left_are_cleared(folder: Path) -> None:
    (folder / ".partial-abc").mkdir()
    (folder / ".partial-abc" / "a.csv").write_text("half")
    (folder / ".simfunnel.lock").touch()
    with bundle.writing(folder, provenance="") as out:
        out.file("a.csv").write_text("2")
    assert {path.name for path in folder.iterdir()} == {"a.csv", "manifest.json"}
