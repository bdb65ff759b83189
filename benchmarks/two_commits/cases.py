"""The commands that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRIALS = "2000"
PAIRED_TRIALS = "500"
"""For planning commands, which make dozens of forecasts."""
NARROW, WIDE = 80, 140
SLOW_EXACT = ("odds of a segment and an owner", "full example")
"""Built scenarios whose exact forecast takes a minute; the samples have owners and segments too."""


@dataclass(frozen=True)
class Case:
    """One command of both commits."""

    name: str
    arguments: tuple[str, ...]
    columns: int | None = None
    """Width of the terminal that stdout is; None: a pipe."""
    out: str | None = None
    """Folder, relative to where the command runs, whose files are compared too."""


def cases_of(title: str, path: Path, variant: str | None = None, *, sample: bool = True) -> list[Case]:
    """All commands on one scenario.

    Parameters
    ----------
    title
        Of the scenario.
    path
        Its file; where ``later.yaml`` stands beside it, the change between the two dates is explained as well.
    variant
        Which variant to run, and to compare with.
    sample
        Whether it is a sample, of which everything is compared. Else less, to save time: only the forecast is saved,
        no grid of `stress`, no pages of planning commands.
    """
    scenario, slug = str(path), path.parent.name
    chosen = ("--variant", variant) if variant else ()
    run = ("run", scenario, *chosen, "--trials", TRIALS)
    exact = ("run", scenario, *chosen, "--method", "exact")
    paired = (*chosen, "--trials", PAIRED_TRIALS)
    later = path.with_name("later.yaml")
    other = () if variant else (str(later if later.exists() else path),)
    planning = {
        "plan": ("plan", scenario, *paired),
        "levers": ("levers", scenario, *paired),
        "stress": ("stress", scenario, *paired, *(() if sample else ("--no-grid",))),
        "compare": ("compare", scenario, *other, *paired),
    }
    saved = f"out/{slug}/run"
    result = [
        Case(f"{title}: run, paths", (*run, "--kernel", "paths", "--json", "--out", saved), out=saved),
        Case(f"{title}: run, outcomes", (*run, "--kernel", "outcomes", "--json")),
        Case(f"{title}: validate", ("validate", scenario, "--json")),
    ]
    if title not in SLOW_EXACT:  # once, as it can take half a minute: its JSON and tables are in the folder
        name, folder = f"{title}: run, exact, {NARROW} columns", f"{saved}_exact"
        result.append(Case(name, (*exact, "--out", folder), NARROW, folder))
    for name, command in planning.items():
        folder = f"out/{slug}/{name}"
        out = ("--out", folder) if sample else ()
        result.append(Case(f"{title}: {name}", (*command, "--json", *out), out=folder if sample else None))
    pages = {"run": (*run, "--by", "owner", "--by", "segment"), **(planning if sample else {})}
    if sample:
        result.append(Case(f"{title}: compare saved", ("compare", saved, saved, "--json")))
        pages["compare saved"] = ("compare", saved, scenario, *paired)
    return result + [
        Case(f"{title}: {name}, {width} columns", command, columns=width)
        for name, command in pages.items()
        for width in (NARROW, WIDE)
    ]


def malformed_case(title: str, path: Path) -> Case:
    """A command that is to fail with its message."""
    return Case(f"malformed {title}", ("validate", str(path)))
