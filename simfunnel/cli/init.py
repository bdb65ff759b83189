"""``simfunnel init``."""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from simfunnel.bundle import expect_folder
from simfunnel.cli.streams import remark, say
from simfunnel.errors import InputError, Problem

SAMPLES = {
    "starter": "starter",
    "minimal": "minimal.yaml",
    "b2b_software": "b2b_software",
    "zh_manufacturing": "zh_manufacturing",
}


def samples_root() -> Traversable:
    """Folder of the samples: package data of an installed wheel, `scenarios/` of a checkout."""
    packaged = importlib.resources.files("simfunnel") / "_scenarios"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "scenarios"


def _files(name: str) -> dict[str, bytes]:
    entry = samples_root() / SAMPLES[name]
    if entry.is_file():
        return {"scenario.yaml": entry.read_bytes()}
    return {f.name: f.read_bytes() for f in entry.iterdir() if f.is_file() and not f.name.startswith(("_", "."))}


@click.command(epilog="Example:  simfunnel init --sample b2b_software demo")
@click.argument("folder", type=click.Path(), default=".")
@click.option("--sample", type=click.Choice(list(SAMPLES)), default="starter", show_default=True,
              help="Which scenario to write.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(folder: str, sample: str, force: bool) -> None:
    """Write a starter scenario with a small pipeline file, or copy a sample.

    The starter runs as it is and explains every section in comments.
    """
    import json

    files = _files(sample)
    if sample == "starter":
        from simfunnel.scenario import scenario_json_schema

        text = json.dumps(scenario_json_schema(), ensure_ascii=False, indent=2)
        files["simfunnel.schema.json"] = (text + "\n").encode()
    where = Path(folder)
    expect_folder(where)
    existing = [name for name in sorted(files) if (where / name).exists()]
    if existing and not force:
        raise InputError(
            Problem(
                f"{', '.join(existing)} would be overwritten; name another folder, or use --force",
                file=folder,
            )
        )
    where.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(files.items()):
        (where / name).write_bytes(content)
        say(f"wrote {where / name}")
    remark(f"Next:  simfunnel run {where / 'scenario.yaml'}")
    if "history.csv" in files:
        remark(f"or:    simfunnel calibrate {where / 'history.csv'} -o {where / 'learned.yaml'}")
