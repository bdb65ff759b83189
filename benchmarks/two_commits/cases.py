"""The commands that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRIALS = "2000"
PAIRED_TRIALS = "500"
"""For planning commands, which make dozens of forecasts."""
NARROW, WIDE = 80, 140


@dataclass(frozen=True)
class Case:
    """One command of both commits."""

    name: str
    arguments: tuple[str, ...]
    columns: int | None = None
    """Width of the terminal that stdout is; None: a pipe."""
    out: str | None = None
    """Folder, relative to where the command runs, whose files are compared too."""


def cases_of(title: str, path: Path, variant: str | None = None, *, grid: bool = True) -> list[Case]:
    """All commands on one scenario.

    Parameters
    ----------
    title
        Of the scenario.
    path
        Its file; where ``later.yaml`` stands beside it, the change between the two dates is explained as well.
    variant
        Which variant to run, and to compare with.
    grid
        Whether `stress` also makes its grid, its slowest part.
    """
    scenario, slug = str(path), path.parent.name
    chosen = ("--variant", variant) if variant else ()
    run = ("run", scenario, *chosen, "--trials", TRIALS)
    paired = (scenario, *chosen, "--trials", PAIRED_TRIALS)
    stress = ("stress", *paired, *(() if grid else ("--no-grid",)))
    compare = ("compare", scenario, *chosen, "--trials", PAIRED_TRIALS)
    later = path.with_name("later.yaml")
    if later.exists():
        compare = ("compare", scenario, str(later), "--trials", PAIRED_TRIALS)
    elif not variant:
        compare = ("compare", scenario, scenario, "--trials", PAIRED_TRIALS)
    saved = f"out/{slug}/run"
    result = [
        Case(f"{title}: run, paths", (*run, "--kernel", "paths", "--json", "--out", saved), out=saved),
        Case(f"{title}: run, outcomes", (*run, "--kernel", "outcomes", "--json")),
        Case(f"{title}: run, exact", ("run", scenario, *chosen, "--method", "exact", "--json")),
        Case(f"{title}: validate", ("validate", scenario, "--json")),
        Case(f"{title}: compare saved", ("compare", saved, saved, "--json")),
    ]
    for name, command in (("plan", ("plan", *paired)), ("levers", ("levers", *paired)), ("stress", stress),
                          ("compare", compare)):  # fmt: skip
        folder = f"out/{slug}/{name}"
        result.append(Case(f"{title}: {name}", (*command, "--json", "--out", folder), out=folder))
    # the page is laid out from the same result: the narrow one with groups, where columns have to go
    pages = (("run", (*run, "--by", "owner", "--by", "segment")), ("plan", ("plan", *paired)),
             ("levers", ("levers", *paired)), ("stress", stress), ("compare", compare))  # fmt: skip
    for name, command in pages:
        result += [Case(f"{title}: {name}, {width} columns", command, columns=width) for width in (NARROW, WIDE)]
    result.append(Case(f"{title}: run, exact, {NARROW} columns", ("run", scenario, *chosen, "--method", "exact"), NARROW))
    return result


def malformed_case(title: str, path: Path) -> Case:
    """A command that is to fail with its message."""
    return Case(f"malformed {title}", ("validate", str(path)))
