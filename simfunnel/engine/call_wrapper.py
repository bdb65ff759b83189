"""Entries from Python into kernels that are compiled as they stand: to optimise them took a seventh of a first run.

An entry takes some hundred arrays out of their Python objects, once for a block of trials. Only those of this package
are made so, whatever else Numba compiles in the process.
"""

from __future__ import annotations

from typing import Any

from numba.core import callwrapper, cpu

_PACKAGE = __name__.partition(".")[0] + "."
_cpu: Any = cpu  # it has no types
_callwrapper: Any = callwrapper


class PlainWrapper(_callwrapper.PyCallWrapper):  # type: ignore[misc]
    """Numba's entry, marked for LLVM to leave alone."""

    def build_wrapper(self, api: Any, builder: Any, *arguments: Any) -> None:
        """Fill the body of the entry."""
        if self.fndesc.modname.startswith(_PACKAGE):
            builder.function.attributes.add("noinline")  # LLVM asks for it beside the other
            builder.function.attributes.add("optnone")
        super().build_wrapper(api, builder, *arguments)


def leave_entries_plain() -> None:
    """Have Numba make such entries from now on."""
    _cpu.PyCallWrapper = PlainWrapper
