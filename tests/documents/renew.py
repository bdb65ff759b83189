"""Write what commands give below them on a page: ``python tests/documents/renew.py docs/howto/moving.md``.

Only where a page shows some output already, or a line of three dots alone: what stands below a command and holds no
line of three dots is replaced whole; the rest is printed, to be taken over by hand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from documents.blocks import ROOT, blocks, calls  # noqa: E402
from documents.outputs import difference  # noqa: E402
from documents.session import Session  # noqa: E402


class Renewing(Session):
    """A session that notes what is written in place of what is shown, and fails nowhere."""

    def __init__(self, folder: Path, text: str) -> None:
        super().__init__(folder)
        self.text = text

    def renew(self, block) -> None:
        if block.language != "console":
            self.run(block)
            return
        for call in calls(block):
            with self._here():
                written = "\n".join(line.rstrip() for line in self.shell(call.command).strip("\n").splitlines())
            if not call.output.strip() or not difference(call.output, written):
                continue
            if "..." in call.output.splitlines():
                print(f"--- {block.where}: {call.command}\n{written}\n")
            else:
                self.text = self.text.replace(f"$ {call.command}\n{call.output}", f"$ {call.command}\n{written}")


def main() -> None:
    """Renew the pages that are named."""
    for name in sys.argv[1:]:
        page = (ROOT / name).resolve()
        with tempfile.TemporaryDirectory() as folder:
            session = Renewing(Path(folder), page.read_text("utf-8"))
            for block in blocks(page):
                if not block.not_run and not block.slow:
                    session.renew(block)
            page.write_text(session.text, "utf-8")


if __name__ == "__main__":
    main()
