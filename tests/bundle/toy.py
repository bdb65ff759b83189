"""Toy folders of results in generations, each of which shares names with the one before, and what a reader finds."""

from __future__ import annotations

from pathlib import Path

from simfunnel import bundle
from simfunnel.errors import InputError

NAMES = {
    1: ("same.csv", "changed.csv", "gone.csv"),
    2: ("same.csv", "changed.csv", "come.csv"),
    3: ("changed.csv", "come.csv", "late.csv"),
    4: ("changed.csv", "last.csv"),
}


def content(generation: int, name: str) -> str:
    return "the same always\n" if name == "same.csv" else f"{name} of generation {generation}\n"


def write(folder: Path, generation: int) -> None:
    with bundle.writing(folder, provenance=f"simfunnel: generation {generation}") as out:
        for name in NAMES[generation]:
            out.file(name, face="toy").write_text(content(generation, name), "utf-8")


def found(folder: Path) -> str:
    """What a reader gets: the number of a generation, nothing, or a refusal."""
    try:
        manifest = bundle.read(folder)
        if manifest is None:
            return "nothing"
        generation = int(manifest.provenance.rpartition(" ")[2])
        for name in NAMES[generation]:
            with manifest.open(name) as file:
                assert file.read().decode() == content(generation, name), (folder, name)
    except InputError as error:
        return f"refused: {error}"
    assert tuple(manifest.files) == tuple(sorted(NAMES[generation])), (folder, manifest.files)
    return str(generation)
