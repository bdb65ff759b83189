"""The key of the kernel cache covers every module that a kernel can hold something of."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from simfunnel.engine import jit

PACKAGE = Path(jit.__file__).parents[1]
KERNELS = ("kernel", "inline", "called", "fused_kernel", "fused_called", "fused_inline")


def imports(path: Path) -> set[Path]:
    """Modules of the package that a module imports when it is loaded."""
    found: set[Path] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simfunnel"):
            base = PACKAGE.joinpath(*(node.module or "").split(".")[1:])
            every = [base, *(base / alias.name for alias in node.names)]
            found |= {p for b in every for p in (b.with_suffix(".py"), b / "__init__.py") if p.is_file()}
    return found


def holds_kernels(path: Path) -> bool:
    tree = ast.parse(path.read_text("utf-8"))
    names = (d.id for node in ast.walk(tree) for d in getattr(node, "decorator_list", ()) if isinstance(d, ast.Name))
    calls = (n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
    told_of = "engine.jit" in path.read_text("utf-8")
    return told_of and path.name != "jit.py" and any(name in KERNELS for name in (*names, *calls))


def reached() -> list[Path]:
    """Modules with kernels, and all that they import, directly or not."""
    waiting = [path for path in PACKAGE.rglob("*.py") if holds_kernels(path)]
    assert len(waiting) > 15
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imports(path)
    return sorted(found - {PACKAGE / "__init__.py"})


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package that may be edited."""
    folder = tmp_path_factory.mktemp("package") / "simfunnel"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "_scenarios"))
    return folder


@pytest.mark.parametrize("path", reached(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_edited_constant_in_any_module_that_a_kernel_reaches_gives_another_cache(path: Path, copied: Path) -> None:
    before = jit.sources_key(copied)
    mine = copied / path.relative_to(PACKAGE)
    text = mine.read_text("utf-8")
    try:
        mine.write_text(text + "\nEDITED = 1\n", "utf-8")
        assert jit.sources_key(copied) != before
    finally:
        mine.write_text(text, "utf-8")
    assert jit.sources_key(copied) == before


def test_an_edited_page_or_command_leaves_the_cache_alone(copied: Path) -> None:
    before = jit.sources_key(copied)
    for name in ("cli/run.py", "report/console/forecast.py", "planning/pairs/goal.py", "estimation/incidence.py"):
        (copied / name).write_text((copied / name).read_text("utf-8") + "\nEDITED = 1\n", "utf-8")
    assert jit.sources_key(copied) == before
