"""Whether tables lie in memory as kernels expect them: others would be compiled for anew, and read far slower."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, get_args, get_type_hints

import numpy as np

from simfunnel.funnel.model import Model


def check_layout(*tables: Any) -> None:
    """Raise TypeError where an array of a table is not writable, contiguous and of the type that its field declares.

    Parameters
    ----------
    tables
        Named tuples of arrays, numbers and further tables, as kernels take them.
    """
    for table in tables:
        kind: Any = type(table)
        for name, expected in _declared(kind).items():
            value = getattr(table, name)
            if expected is None:
                check_layout(value)
            elif not _as_declared(value, expected):
                found = (
                    f"one of {value.dtype}, strides {value.strides}, {'' if value.flags.writeable else 'not '}writable"
                    if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
                )  # fmt: skip
                where = f"{type(table).__name__}.{name}"
                raise TypeError(f"{where}: kernels read a writable, contiguous array of {expected}, found {found}")


def check_model(model: Model) -> None:
    """Check every table of a model."""
    values = (getattr(model, field.name) for field in dataclasses.fields(model))
    check_layout(*(value for value in values if hasattr(value, "_fields")))


def _as_declared(value: Any, expected: np.dtype[Any]) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype == expected
        and value.flags.c_contiguous
        and value.flags.aligned
        and value.flags.writeable
    )


@cache
def _declared(table: Any) -> dict[str, np.dtype[Any] | None]:
    """Type of each field that is an array; None of one that is a table."""
    found: dict[str, np.dtype[Any] | None] = {}
    for name, hint in get_type_hints(table).items():
        if hasattr(hint, "_fields"):
            found[name] = None
        elif getattr(hint, "__origin__", None) is np.ndarray:
            found[name] = np.dtype(get_args(get_args(hint)[1])[0])
    return found
