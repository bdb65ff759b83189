from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.helpers_store import SCENARIO, Desk

SERVER = "SIMFUNNEL_TEST_POSTGRES"
"""URL of a server on which the tests may make schemas; `.ci/run` starts one."""
NEEDED = "SIMFUNNEL_NEEDS_POSTGRES"
"""Set by `.ci/run`: then a missing server is a failure."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with a scenario, in which exports are written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIMFUNNEL_STORE", raising=False)
    Path("scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    return Desk()


@pytest.fixture
def postgres_schema() -> Iterator[str]:
    """A schema of its own on a server."""
    server = os.environ.get(SERVER)
    if not server:
        assert not os.environ.get(NEEDED), f"{NEEDED} is set, and {SERVER} is not: these tests must not be skipped"
        pytest.skip(f"no PostgreSQL server: set {SERVER} to a URL such as postgresql://localhost/postgres")
    import psycopg

    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        mark = "&" if "?" in server else "?"
        yield f"{server}{mark}options=-csearch_path%3D{name}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that is not there yet: a file, and a schema of its own on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "kept.db")
    found: str = request.getfixturevalue("postgres_schema")
    return found
