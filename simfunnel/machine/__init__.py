"""What the operating system is asked: who may write a folder, how much memory there is. POSIX, and a twin elsewhere."""

from simfunnel.machine.regular import NotRegularError, open_regular
from simfunnel.machine.system import close_to_others, memory_limits, open_to_others, owned_by_others

__all__ = [
    "NotRegularError",
    "close_to_others",
    "memory_limits",
    "open_regular",
    "open_to_others",
    "owned_by_others",
]
