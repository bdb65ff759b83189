"""Writes a small export and reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.crm import PipelineTable
from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline

from .reading import Reader, read_spec

SPEC = ("as_of", "period_start", "stages", "segments", "currency", "teams", "table", "progress")


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Read text or bytes as a file: ``read("id,stage\\n1,Proposal\\n", date_format=...)``."""

    def reader(content: str | bytes, name: str = "deals.csv", **options: Any) -> PipelineTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        outer = {key: options.pop(key) for key in SPEC if key in options}
        return read_spec(Pipeline(file=str(path), **options), **outer)

    return reader


@pytest.fixture
def message(read: Reader, tmp_path: Path) -> Callable[..., str]:
    """Return the message of the error, with the folder taken out."""

    def failing(content: str | bytes, name: str = "deals.csv", **options: Any) -> str:
        with pytest.raises(InputError) as caught:
            read(content, name, **options)
        return str(caught.value).replace(str(tmp_path) + os.sep, "")

    return failing
