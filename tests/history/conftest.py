from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.errors import InputError
from simfunnel.history import History, read_history

Read = Callable[..., History]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read text as a file: ``read("case,stage,time\\n...", stages=[...])``."""

    def reader(content: str | bytes, name: str = "history.csv", **settings: Any) -> History:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_history(path, **{"time_zone": "UTC", **settings})

    return reader


@pytest.fixture
def message(read: Read, tmp_path: Path) -> Callable[..., str]:
    """Return the message of the error, with the folder taken out."""

    def failing(content: str | bytes, name: str = "history.csv", **settings: Any) -> str:
        with pytest.raises(InputError) as caught:
            read(content, name, **settings)
        return str(caught.value).replace(str(tmp_path) + os.sep, "")

    return failing
