"""Run under the preloaded library: writers are stopped, or failed, before every one of their file operations.

A script, with the library, the kind of stop and a folder as arguments; it prints one JSON line for each stop. All
writers are forks of this one process, so that a thousand of them take seconds.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simfunnel import bundle
from simfunnel.errors import SurroundingsError

sys.path.insert(0, str(Path(__file__).parent))
from toy import NAMES, found, write

MODES = {
    "kill": (0, 0),
    "interrupt": (1, 0),
    "fail": (2, errno.EIO),
    "full": (3, errno.ENOSPC),
    "readonly": (3, errno.EROFS),
}
DONE, WRITTEN, NOTHING, SURROUNDINGS, BROKEN = 0, 10, 11, 12, 3
ENDS = {DONE: "done", WRITTEN: "interrupted, said: written", NOTHING: "interrupted, said: nothing written",
        SURROUNDINGS: "clean error"}  # fmt: skip
library = ctypes.CDLL(sys.argv[1])
library.count.restype = ctypes.c_long
library.kind.restype = ctypes.c_char_p


def stopped(folder: Path, generation: int, how: str, n: int) -> tuple[str, str]:
    """Write in a fork, stopped before operation `n`; how it ended, and before what kind of operation."""
    child = os.fork()
    if child == 0:
        end = BROKEN
        mode, number = MODES[how]
        library.arm(str(folder).encode(), mode, number, ctypes.c_long(n))
        try:
            write(folder, generation)
            end = DONE
        except KeyboardInterrupt:
            end = WRITTEN if folder in bundle.completed() else NOTHING
        except SurroundingsError:
            end = SURROUNDINGS
        except BaseException:
            traceback.print_exc()
        library.disarm()
        os._exit(end)
    status = os.waitpid(child, 0)[1]
    kind = library.kind().decode() if library.count() >= n else "never"
    return "killed" if os.WIFSIGNALED(status) else ENDS.get(os.waitstatus_to_exitcode(status), "broken"), kind


def every(start: Path, folder: Path, generation: int, how: str) -> Iterator[dict[str, Any]]:
    """Stop a writer before each operation in turn, from the same beginning, and look at what it left.

    `state` is a copy of what the stop left; `mended` says what the next writer made of it.
    """
    n = 0
    while True:
        n += 1
        shutil.rmtree(folder, ignore_errors=True)
        if start.exists():
            shutil.copytree(start, folder)
        end, kind = stopped(folder, generation, how, n)
        if kind == "never":
            return
        stop = {"n": n, "kind": kind, "end": end, "found": found(folder), "left": names(folder)}
        state = folder.with_name(f"{folder.name}-after")
        shutil.rmtree(state, ignore_errors=True)
        if folder.exists():
            shutil.copytree(folder, state)
        yield {**stop, "state": str(state), "mended": mended(folder, generation + 1)}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def mended(folder: Path, generation: int) -> bool:
    """Whether the next writer, a process of its own like any, leaves exactly its files."""
    end, _ = stopped(folder, generation, "kill", 0)
    return (
        end == "done"
        and found(folder) == str(generation)
        and names(folder) == sorted((*NAMES[generation], bundle.MANIFEST))
    )


def main(how: str, work: Path, again: bool) -> None:
    beginnings = {"nothing": work / "missing", "generation 1": work / "first"}
    write(beginnings["generation 1"], 1)
    for beginning, start in beginnings.items():
        for stop in every(start, work / "folder", 2, how):
            refused = start.exists() and stop["found"].startswith("refused")
            if again and refused and stop["kind"] == "rename":  # the one who mends is stopped too
                stop["again"] = list(every(Path(stop["state"]), work / "again", 3, how))
            print(json.dumps({**stop, "beginning": beginning}))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start us deaf to it
    main(sys.argv[2], Path(sys.argv[3]), sys.argv[4] == "again")
