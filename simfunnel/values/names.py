"""Names of stages, owners, segments: compared after NFC normalisation and trimming."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from simfunnel.values.cells import key
from simfunnel.values.messages import show


def clean(text: str) -> str:
    """Normalise to NFC and trim, so that names that look the same are the same."""
    return unicodedata.normalize("NFC", text).strip()


def name_key(name: str) -> str:
    """Form in which names of people are compared where their exact spelling is unknown: capitals and blanks aside."""
    return " ".join(key(name).split())


def _name(value: object) -> str:
    if not isinstance(value, str):
        hint = "" if value is None or isinstance(value, dict | list | tuple) else "; put it in quotes"
        raise ValueError(f"expected text, found {show(value)}{hint}")  # noqa: TRY004 (pydantic wants ValueError)
    if not (text := clean(value)):
        raise ValueError("expected text, found an empty one")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("expected text, found half a character (a lone surrogate), which cannot be written")
    return text


def _label(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _name(value)


Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "minLength": 1})]
"""A name that must be text."""
Label = Annotated[str, BeforeValidator(_label), WithJsonSchema({"type": ["string", "integer"]})]
"""A name that may be written as an integer: the id of a deal, the year 2027."""
