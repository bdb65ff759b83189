"""Damaged exports end in a table that adds up, or in an InputError; never in anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline

from . import test_presets
from .reading import read_spec

EXPORTS = [
    test_presets.SALESFORCE_REPORT,
    test_presets.HUBSPOT_LABELS,
    test_presets.DYNAMICS,
    test_presets.CHINESE,
]
ODD = [
    "1e999", "9" * 400, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "٣٤٥", "²", '"', "\x00", "",
    "00/00/0000", "99999999999999", "nan", "inf", "%", "()", "$", "5,,5", "1..5", "2027-01-16T25", "20271399",
    "a" * 1000, "2027-01-04 10:00 +99:99", "'", "－５",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_export_never_ends_in_a_traceback(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "deals.csv"
    for _ in range(150):
        lines = [line.split(",") for line in EXPORTS[seed].split("\n")]
        for _ in range(chance.randint(1, 4)):
            line = chance.choice(lines)
            line[chance.randrange(len(line))] = chance.choice(ODD)
        content = bytearray("\n".join(",".join(line) for line in lines).encode())
        if chance.random() < 0.3:
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(bytes(content))
        try:
            read_spec(Pipeline(file=str(path), time_zone="Asia/Shanghai", stage_map={"*": "Proposal"}))
        except InputError as error:
            assert str(error)
