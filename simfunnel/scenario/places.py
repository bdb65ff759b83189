"""Where kept data are: a store, and which book of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from simfunnel.values.frozen import Frozen
from simfunnel.values.names import Name


class StorePlace(Frozen):
    """A store, and one of its books; a text is its path or URL alone."""

    url: Name
    """A SQLite file, relative to the file that says so, or a URL; ${VAR} stands for an environment variable."""
    book: Name | None = None
    """Which pipeline of the store; default: the name of the scenario, else the only one."""
    recorded_before: Name | None = None
    """ISO time: what was recorded at it or later is not read."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "minLength": 1}, dict(handler.resolve_ref_schema(handler(core_schema)))]}


def _place(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


StoreSpelling = Annotated[StorePlace, BeforeValidator(_place)]
"""A store, or ``{url, book}``."""
