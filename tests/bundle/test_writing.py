"""One writer of folders: all files or none, what stays, what goes, whose is whose."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from simfunnel import __version__, bundle
from simfunnel.bundle import lock
from simfunnel.errors import InputError, SurroundingsError

LINE = "simfunnel 0.1.0; scenario s.yaml; seed 1"


def write(folder: Path, files: dict[str, str], face: str = "toy", **options: object) -> None:
    with bundle.writing(folder, provenance=LINE, face=face, **options) as out:  # type: ignore[arg-type]
        for name, text in files.items():
            out.file(name).write_text(text, "utf-8")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_manifest_says_who_wrote_what(tmp_path: Path) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    write(tmp_path / "a" / "b", {"b.csv": "två\n", "a.json": "{}"}, command=["simfunnel", "run", "--out", "b"])
    data = json.loads((tmp_path / "a/b/manifest.json").read_text("utf-8"))
    made = dt.datetime.fromisoformat(data.pop("made"))
    assert before <= made <= dt.datetime.now(dt.UTC)
    digest = hashlib.sha256("två\n".encode()).hexdigest()
    assert data.pop("files") == {
        "a.json": {"sha256": hashlib.sha256(b"{}").hexdigest(), "bytes": 2, "face": "toy"},
        "b.csv": {"sha256": digest, "bytes": 5, "face": "toy"},
    }
    assert data == {"simfunnel": __version__, "command": ["simfunnel", "run", "--out", "b"], "provenance": LINE}
    manifest = bundle.read(tmp_path / "a" / "b")
    assert manifest is not None and manifest.files["b.csv"] == bundle.StoredFile(digest, 5, "toy")
    with manifest.open("b.csv") as file:
        assert file.read().decode() == "två\n"


def test_files_of_an_earlier_writing_go_and_those_of_others_stay(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1", "b.csv": "2"})
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, {"b.csv": "3", "c.csv": "4"})
    assert names(tmp_path) == {"b.csv", "c.csv", "notes.txt", "manifest.json"}
    manifest = bundle.read(tmp_path)
    assert manifest is not None and set(manifest.files) == {"b.csv", "c.csv"}


def test_an_earlier_file_that_was_changed_since_is_not_removed(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1", "b.csv": "2"})
    (tmp_path / "a.csv").write_text("with my remarks")
    write(tmp_path, {"b.csv": "3"})
    assert (tmp_path / "a.csv").read_text() == "with my remarks"
    assert set(bundle.read(tmp_path).files) == {"b.csv"}  # type: ignore[union-attr]


def test_only_faces_that_are_renewed_lose_their_files(tmp_path: Path) -> None:
    write(tmp_path, {"forecast.json": "1", "old.csv": "1"}, "forecast")
    write(tmp_path, {"plan.json": "1"}, "plan", renews=("plan",))
    write(tmp_path, {"forecast.json": "2"}, "forecast", renews=("forecast",))
    assert names(tmp_path) == {"forecast.json", "plan.json", "manifest.json"}
    manifest = bundle.read(tmp_path)
    assert manifest is not None
    assert {name: file.face for name, file in manifest.files.items()} == {
        "forecast.json": "forecast",
        "plan.json": "plan",
    }


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_file_that_stays_but_is_not_what_it_was_leaves_the_manifest(damage: str, tmp_path: Path) -> None:
    write(tmp_path, {"plan.json": "1"}, "plan")
    if damage == "missing":
        (tmp_path / "plan.json").unlink()
    else:
        (tmp_path / "plan.json").write_text("2")
    write(tmp_path, {"forecast.json": "1"}, "forecast", renews=("forecast",))
    assert set(bundle.read(tmp_path).files) == {"forecast.json"}  # type: ignore[union-attr]


def test_files_written_without_being_named_come_too(tmp_path: Path) -> None:
    with bundle.writing(tmp_path / "out", provenance=LINE, face="plots") as out:
        (out.folder / "fan.png").write_bytes(b"picture")
        out.file("table.csv", face="forecast").write_text("1")
    manifest = bundle.read(tmp_path / "out")
    assert manifest is not None
    assert {name: file.face for name, file in manifest.files.items()} == {"fan.png": "plots", "table.csv": "forecast"}


@pytest.mark.parametrize("name", ["", "..", "../a.csv", "a/b.csv", "a\\b.csv", ".hidden", "manifest.json", "c:a"])
def test_a_name_that_is_no_plain_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain name"), bundle.writing(tmp_path, provenance=LINE) as out:
        out.file(name)
    assert names(tmp_path) == set()


def test_a_file_that_is_named_and_not_written_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not written: a\.csv"), bundle.writing(tmp_path, provenance=LINE) as out:
        out.file("a.csv")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_while_writing_leaves_everything_as_it_was(error: type[BaseException], tmp_path: Path) -> None:
    write(tmp_path / "there", {"a.csv": "1"})
    for folder in (tmp_path / "there", tmp_path / "fresh"):
        with pytest.raises(error), bundle.writing(folder, provenance=LINE) as out:
            out.file("a.csv").write_text("2")
            raise error
    assert not (tmp_path / "fresh").exists()
    assert names(tmp_path / "there") == {"a.csv", "manifest.json"}
    assert (tmp_path / "there/a.csv").read_text() == "1" and bundle.read(tmp_path / "there") is not None


def test_a_file_that_is_not_ours_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").write_text("my,own\n1,2\n")
    with pytest.raises(InputError) as caught:
        write(tmp_path, {"summary.csv": "ours"})
    assert str(caught.value) == (
        f"{tmp_path / 'summary.csv'}: this file is not one that simfunnel wrote, and would be replaced; "
        "choose another folder, or --force"
    )
    assert names(tmp_path) == {"summary.csv"}
    write(tmp_path, {"summary.csv": "ours"}, force=True)
    assert (tmp_path / "summary.csv").read_text() == "ours"


def test_files_in_the_way_are_all_named_also_those_that_were_not_announced(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("mine")
    with pytest.raises(InputError) as caught, bundle.writing(tmp_path, provenance=LINE) as out:
        for name in ("a.csv", "b.csv", "c.csv"):
            (out.folder / name).write_text("ours")
    assert [problem.file for problem in caught.value.problems] == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    assert names(tmp_path) == {"a.csv", "b.csv"}


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_the_name_of_a_file_is_never_replaced(force: bool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="expected a file to write to, found a folder"):
        write(tmp_path, {"a.csv": "1"}, force=force)
    assert names(tmp_path) == {"a.csv"}


def test_somebody_elses_manifest_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    assert bundle.read(tmp_path) is None
    with pytest.raises(InputError, match=r"manifest\.json: this file is not one that simfunnel wrote"):
        write(tmp_path, {"a.csv": "1"})
    write(tmp_path, {"a.csv": "1"}, force=True)
    assert bundle.read(tmp_path) is not None


def test_what_version_one_wrote_is_replaced_and_goes(tmp_path: Path) -> None:
    (tmp_path / "forecast.json").write_text('{"simfunnel": "0.1.0"}')
    (tmp_path / "fan.svg").write_text("<svg>simfunnel 0.1.0; seed 1</svg>")
    (tmp_path / "fan.csv").write_text("somebody's\n")
    (tmp_path / "other.csv").write_text("a,provenance\n1,simfunnel\n")
    write(tmp_path, {"forecast.json": "2"}, former=("forecast", "fan"))
    assert names(tmp_path) == {"forecast.json", "fan.csv", "other.csv", "manifest.json"}


@pytest.mark.parametrize("kind", ["file", "file above", "dangling link"])
def test_a_target_that_cannot_be_a_folder_is_bad_input(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    if kind == "dangling link":
        folder.symlink_to(tmp_path / "nowhere" / "deep")
    else:
        folder.write_text("mine")
        folder = folder / "below" if kind == "file above" else folder
    with pytest.raises(InputError, match="expected a folder to write to, found a file"):
        write(folder, {"a.csv": "1"})


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_folder_that_may_not_be_written_is_an_error_of_the_surroundings(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SurroundingsError, match="cannot be written: Permission denied"):
            write(tmp_path, {"a.csv": "1"})
    finally:
        tmp_path.chmod(0o700)


def test_an_error_about_a_file_elsewhere_is_not_blamed_on_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), bundle.writing(tmp_path / "out", provenance=LINE):
        (tmp_path / "input.csv").read_text()


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    started, order = threading.Event(), []

    def second() -> None:
        started.wait()
        write(tmp_path / "out", {"b.csv": "2"})
        order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with bundle.writing(tmp_path / "out", provenance=LINE) as out:
        out.file("a.csv").write_text("1")
        started.set()
        thread.join(0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"] and names(tmp_path / "out") == {"b.csv", "manifest.json"}


def test_a_writer_who_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.2)
    caught = []

    def second() -> None:
        try:
            write(tmp_path / "out", {"b.csv": "2"})
        except InputError as error:
            caught.append(str(error))

    with bundle.writing(tmp_path / "out", provenance=LINE) as out:
        out.file("a.csv").write_text("1")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert caught == [
        f"{tmp_path / 'out'}: another simfunnel has been writing to this folder for 0.2 seconds; try again later"
    ]
    assert names(tmp_path / "out") == {"a.csv", "manifest.json"}


def test_many_writers_at_once_leave_one_whole_folder(tmp_path: Path) -> None:
    """Some of them fail, which takes the folder and its lock away while others wait for it."""
    failed: list[BaseException] = []

    def writer(i: int) -> None:
        try:
            with bundle.writing(tmp_path / "out", provenance=LINE) as out:
                for name in ("a.csv", f"only_{i}.csv"):
                    out.file(name).write_text(str(i))
                assert i % 3, "on purpose"
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=writer, args=(i,)) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(error).splitlines()[0] for error in failed] == ["on purpose"] * 8
    manifest = bundle.read(tmp_path / "out")
    assert manifest is not None
    last = (tmp_path / "out/a.csv").read_text()
    assert set(manifest.files) == {"a.csv", f"only_{last}.csv"} == names(tmp_path / "out") - {"manifest.json"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://ann:se:c/r@t@host/db", "postgresql://ann:***@host/db"),
        ("--set=store.url=mysql+pymysql://ann:x@h:3306/db?ssl=1", "--set=store.url=mysql+pymysql://ann:***@h:3306/db?ssl=1"),
        ("https://h/x?user=ann&password=x&y=1", "https://h/x?user=ann&password=***&y=1"),
        ("https://h/x?access_token=x", "https://h/x?access_token=***"),
        ("postgresql://:x@host/db", "postgresql://:***@host/db"),
        ("https://host:8080/path", "https://host:8080/path"),
        ("sqlite:///book.db", "sqlite:///book.db"),
        ("scenario.yaml", "scenario.yaml"),
        ("leads.inbound.rate.mean=40", "leads.inbound.rate.mean=40"),
    ],
)  # fmt: skip
def test_passwords_do_not_reach_the_manifest(given: str, kept: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1"}, command=["simfunnel", given])
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))["command"] == ["simfunnel", kept]


@pytest.mark.parametrize(
    ("out", "told"), [("file", "found a file"), ("file/sub/deeper", "file is a file"), ("nowhere", "found a file")]
)
def test_what_can_be_no_folder_is_refused_before_anything_is_computed(out: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="expected a folder to write to") as refused:
        bundle.expect_folder(tmp_path / out)
    assert told in str(refused.value)
    bundle.expect_folder(tmp_path)
    bundle.expect_folder(tmp_path / "a" / "b")
