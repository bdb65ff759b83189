"""Loops over arrays that do not overlap: LLVM is told so, and then reads tables for several elements at once."""

from __future__ import annotations

from typing import Any

from numba.core import compiler

_compiler: Any = compiler  # it has no types


class Apart(_compiler.Compiler):  # type: ignore[misc]
    """Numba's compiler, which promises that no two array arguments share memory."""

    def __init__(self, *arguments: Any) -> None:
        *_, flags, _locals = arguments
        flags.noalias = True
        super().__init__(*arguments)
