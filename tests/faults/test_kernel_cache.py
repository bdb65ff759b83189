"""The cache of compiled kernels: whose it is, what is removed from it, what becomes of damage."""

from __future__ import annotations

import math
import os
import pickle
import shutil
import stat
from pathlib import Path

import pytest

import simfunnel
from simfunnel.engine.cache_folder import clear_cache, usable_folder

from .conftest import Process

KEY = "0123456789abcdef"
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")

KERNEL = """
import sys, warnings
warnings.simplefilter("always")
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from simfunnel.engine.cache_folder import usable_folder
from simfunnel.engine.kernel_cache import keep
import numba, few
folder = usable_folder("0123456789abcdef")
compiled = numba.njit(few.twice)
keep(compiled, few.twice, folder)
print(compiled(21), sum(compiled.stats.cache_hits.values()), folder, "numba.np.arraymath" in sys.modules)
"""


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    usable_folder.cache_clear()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "kernels"
    monkeypatch.setenv("SIMFUNNEL_CACHE_DIR", str(found))
    return found


def kernel_folder(root: Path, key: str = KEY) -> Path:
    """A folder as Numba fills it."""
    inner = root / key / "engine_ab"
    inner.mkdir(parents=True)
    for name in ("paths.walk-1.py311.nbi", "paths.walk-1.py311.1.nbc", "paths.walk-1.py311.nbi.tmp.0123abcd"):
        (inner / name).write_bytes(b"x")
    return root / key


def test_clearing_removes_only_what_is_ours(root: Path) -> None:
    kernel_folder(root)
    (root / "thesis").mkdir()
    (root / "thesis" / "chapter.tex").write_text("x", "utf-8")
    (root / "letter.txt").write_text("x", "utf-8")
    mixed = kernel_folder(root, "fedcba9876543210")
    (mixed / "engine_ab" / "notes.md").write_text("x", "utf-8")
    (root / ("a" * 16)).write_text("a file with the name of a key", "utf-8")
    before = {path for path in root.rglob("*") if not path.is_relative_to(root / KEY)}
    cleared = clear_cache()
    assert cleared.files == 3
    assert not (root / KEY).exists()
    assert set(root.rglob("*")) == before
    reasons = {path.name: why for path, why in cleared.left}
    assert reasons.keys() == {"thesis", "letter.txt", "fedcba9876543210", "a" * 16}
    assert "notes.md" in reasons["fedcba9876543210"]


@posix
def test_clearing_follows_no_link(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    kernel_folder(precious)
    root.mkdir()
    (root / KEY).symlink_to(precious / KEY)
    inner = kernel_folder(root, "f" * 16)
    (inner / "more").symlink_to(precious)
    cleared = clear_cache()
    assert cleared.files == 0
    assert len(cleared.left) == 2
    assert len(list((precious / KEY / "engine_ab").iterdir())) == 3


def test_the_command_says_what_it_left(root: Path, run: object) -> None:
    kernel_folder(root)
    (root / "letter.txt").write_text("x", "utf-8")
    result = run("cache", "clear")  # type: ignore[operator]
    assert result.code == 0
    assert "removed 3 files" in result.out
    assert "letter.txt: not named like a kernel cache" in result.out
    assert run("cache", "clear").code == 0  # type: ignore[operator]


@posix
def test_a_new_folder_is_closed_to_others(root: Path) -> None:
    old = os.umask(0)
    try:
        assert usable_folder(KEY) == root / KEY
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root, root / KEY)} == {0o700}


@posix
def test_the_default_folder_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIMFUNNEL_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = usable_folder(KEY)
    assert folder is not None
    folder.parent.chmod(0o777)
    usable_folder.cache_clear()
    assert usable_folder(KEY) == folder
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def refused(match: str) -> Path:
    """Ask for the folder, which must be refused with a sentence; the private one that stands in for it."""
    with pytest.warns(UserWarning, match=match) as noted:
        found = usable_folder(KEY)
    assert len(noted) == 1
    assert found is not None
    assert "site-packages" not in str(found)
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    return found


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
@pytest.mark.parametrize("which", ["root", "key"])
def test_a_folder_that_others_can_write_is_refused(root: Path, mode: int, which: str) -> None:
    kernel_folder(root)
    (root / KEY).chmod(0o700)
    (root if which == "root" else root / KEY).chmod(mode)
    assert not refused("can be written by others").is_relative_to(root)


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("which", [".", KEY, f"{KEY}/engine_ab", f"{KEY}/engine_ab/paths.walk-1.py311.nbi"])
def test_what_belongs_to_somebody_else_is_refused(root: Path, which: str) -> None:
    kernel_folder(root)
    (root / KEY).chmod(0o700)
    os.chown(root / which, 12345, 12345)
    assert not refused("belongs to another user").is_relative_to(root)


@posix
def test_a_link_in_place_of_the_folder_is_refused(root: Path, tmp_path: Path) -> None:
    root.mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir()
    (root / KEY).symlink_to(tmp_path / "elsewhere")
    refused("is a link")


@pytest.mark.parametrize("kind", ["file", "device"])
def test_what_is_no_folder_means_a_private_one(root: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "file":
        root.write_text("x", "utf-8")
    else:
        monkeypatch.setenv("SIMFUNNEL_CACHE_DIR", os.devnull)
    refused("cannot be used")


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A module with one function, as a kernel to compile."""
    (tmp_path / "few.py").write_text("def twice(x):\n    return 2 * x\n", "utf-8")
    return tmp_path


def outcome(done: object) -> list[str]:
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
    return done.stdout.split()[:2]  # type: ignore[attr-defined,no-any-return]


def test_a_kept_kernel_is_loaded_and_a_damaged_one_compiled_again(root: Path, few: Path, python: Process) -> None:
    first, second = python(KERNEL, str(few)), python(KERNEL, str(few))
    assert (outcome(first), first.stdout.split()[3]) == (["42", "0"], "True")
    assert (outcome(second), second.stdout.split()[3]) == (["42", "1"], "False")  # nothing to compile with was loaded
    (data,) = root.rglob("*.nbc")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 0xFF
    data.write_bytes(content)  # one byte of the machine code is another
    assert outcome(python(KERNEL, str(few))) == ["42", "0"]
    assert outcome(python(KERNEL, str(few))) == ["42", "1"]


WIDE = """
import math
import numpy as np


def twice(x):
    table = np.arange(x, dtype=np.float64)
    made = np.empty((x, 2))
    for i in range(x):
        made[i] = math.erfc(table[i] / x) ** 1.5, math.log1p(table[i]) + math.lgamma(i + 0.5)
    return (np.round(made.sum(), 9), made[::-1].copy())[0]
"""


def test_a_kept_kernel_that_allocates_and_asks_for_functions_computes_what_it_did(
    root: Path, few: Path, python: Process
) -> None:
    (few / "few.py").write_text(WIDE, "utf-8")
    first, second = (python(KERNEL, str(few)) for _ in range(2))
    assert [outcome(first)[1], outcome(second)[1]] == ["0", "1"]
    expected = sum(math.erfc(i / 21) ** 1.5 + math.log1p(i) + math.lgamma(i + 0.5) for i in range(21))
    assert outcome(first)[0] == outcome(second)[0] == str(round(expected, 9))


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"garbage", id="garbage", marks=pytest.mark.slow),
        pytest.param(pickle.dumps({}), id="other"),
        pytest.param(None, id="cut", marks=pytest.mark.slow),
    ],
)
def test_damaged_files_are_compiled_again(
    root: Path, few: Path, python: Process, suffix: str, damage: bytes | None
) -> None:
    assert outcome(python(KERNEL, str(few))) == ["42", "0"]
    (path,) = root.rglob(f"*.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if damage is None else damage)
    assert outcome(python(KERNEL, str(few))) == ["42", "0"]
    assert outcome(python(KERNEL, str(few))) == ["42", "1"]


@posix
def test_a_planted_pickle_is_not_run(root: Path, few: Path, tmp_path: Path, python: Process) -> None:
    assert outcome(python(KERNEL, str(few))) == ["42", "0"]
    (index,) = root.rglob("*.nbi")
    trap = tmp_path / "sprung"
    index.write_bytes(b"cpathlib\nPath\n(S'" + str(trap).encode() + b"'\ntR0cpathlib\nPath.touch\n.")
    code = f"c__builtin__\neval\n(S'__import__(\"pathlib\").Path({str(trap)!r}).touch()'\ntR."
    index.write_bytes(code.encode())
    root.chmod(0o777)
    done = python(KERNEL, str(few))
    assert outcome(done) == ["42", "0"]
    assert "would be run" in done.stderr
    assert not trap.exists()
    root.chmod(0o700)  # where only we can write, it is ours: the same trap springs, so the test can fail
    python(KERNEL, str(few))
    assert trap.exists()


def test_the_private_folder_goes_with_its_process(root: Path, few: Path, python: Process) -> None:
    root.write_text("x", "utf-8")
    done = python(KERNEL, str(few))
    assert outcome(done) == ["42", "0"]
    assert not Path(done.stdout.split()[2]).exists()


COPIED = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from simfunnel.engine.summary import column_kernels
print(column_kernels.sums(np.arange(3))[0], sum(column_kernels.sums.stats.cache_hits.values()), column_kernels.__file__)
"""


def test_copies_of_the_sources_share_what_is_kept_and_an_edited_one_does_not(
    root: Path, tmp_path: Path, python: Process
) -> None:
    def hits(name: str, edited: str = "") -> str:
        package = tmp_path / name / "simfunnel"
        ignored = shutil.ignore_patterns("__pycache__", "_scenarios")
        shutil.copytree(Path(simfunnel.__file__).parent, package, ignore=ignored, copy_function=shutil.copy)
        with (package / "values" / "numbers.py").open("a", encoding="utf-8") as module:
            module.write(edited)  # far from the kernel: any may hold something of it
        done = python(COPIED, str(package.parent))
        value, found = outcome(done)
        assert value == "3" and done.stdout.split()[2].startswith(str(package))
        return found

    assert [hits("one"), hits("two"), hits("three", "EDITED = 1\n")] == ["0", "1", "0"]
