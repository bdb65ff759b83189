"""The functions of `posix`, or of its twin on systems that have none of it."""

from __future__ import annotations

import os

if os.name == "posix":
    from simfunnel.machine.posix import (
        close_to_others,
        memory_limits,
        open_at_once,
        open_to_others,
        owned_by_others,
    )
else:
    from simfunnel.machine.elsewhere import (
        close_to_others,
        memory_limits,
        open_at_once,
        open_to_others,
        owned_by_others,
    )

__all__ = ["close_to_others", "memory_limits", "open_at_once", "open_to_others", "owned_by_others"]
