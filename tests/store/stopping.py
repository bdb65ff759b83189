"""Run under the preloaded library: commands that keep are stopped, or failed, before their file operations.

A script, with the library, the kind of stop, a folder and how many stops are wanted (0: all) as arguments; it prints
one JSON line for each stop. All commands are forks of this one process.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from toy import found, write

from simfunnel.errors import SurroundingsError

MODES = {"kill": (0, 0), "fail": (2, errno.EIO), "full": (3, errno.ENOSPC), "readonly": (3, errno.EROFS)}
library = ctypes.CDLL(sys.argv[1])
library.count.restype = ctypes.c_long
library.kind.restype = ctypes.c_char_p
ENDS = {0: "done", 12: "clean error"}


def stopped(folder: Path, generation: int, how: str, n: int) -> tuple[str, str, int]:
    """Keep in a fork, stopped before operation `n`: how it ended, before what, and how many operations there were."""
    child = os.fork()
    if child == 0:
        end = 3
        mode, number = MODES[how]
        library.arm(str(folder).encode(), mode, number, ctypes.c_long(n))
        try:
            write(folder / "kept.db", generation)
            end = 0
        except SurroundingsError:
            end = 12
        except BaseException:
            traceback.print_exc()
        library.disarm()
        os._exit(end)
    status = os.waitpid(child, 0)[1]
    seen = int(library.count())
    kind = library.kind().decode() if seen >= n > 0 else "never"
    return "killed" if os.WIFSIGNALED(status) else ENDS.get(os.waitstatus_to_exitcode(status), "broken"), kind, seen


def main(how: str, work: Path, wanted: int) -> None:
    """Stop from two beginnings: no store, and one that holds a generation."""
    folder, first = work / "folder", work / "first"
    first.mkdir()
    write(first / "kept.db", 1)
    for beginning, start, generation in (("nothing", None, 1), ("1", first, 2)):

        def again(start: Path | None = start) -> None:
            shutil.rmtree(folder, ignore_errors=True)
            if start is None:
                folder.mkdir()
            else:
                shutil.copytree(start, folder)

        again()
        whole = stopped(folder, generation, how, 1 << 40)[2]
        step = max(1, whole // (wanted // 2)) if wanted else 1
        for n in range(1 + step // 2 if wanted else 1, whole + 1, step):
            again()
            end, kind, _ = stopped(folder, generation, how, n)
            there = found(folder / "kept.db")
            mended, _, _ = stopped(folder, generation + 1, "kill", 0)
            after = found(folder / "kept.db")
            left = sorted(path.name for path in folder.iterdir())
            print(json.dumps({
                "n": n, "beginning": beginning, "kind": kind, "end": end, "found": there, "mended": mended,
                "after": after, "left": left, "new": str(generation),
            }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
