"""Execute the notebooks, in the tests and to renew what is stored.

``python tests/notebooks/executing.py`` executes all of them and stores their outputs.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
NOTEBOOKS = CHECKOUT / "notebooks"
CELL_SECONDS = 600


def _kernel_of_this_interpreter(folder: Path) -> None:
    """Describe a kernel `python3` that runs this interpreter on this checkout, whatever else is installed."""
    where = folder / "kernels" / "python3"
    where.mkdir(parents=True)
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))},
    }
    (where / "kernel.json").write_text(json.dumps(kernel))


def executed(notebook: Path, folder: Path) -> Any:
    """Execute a copy of a notebook in `folder`, beside a copy of the samples; return it with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails; the message is its traceback.
    """
    import nbformat
    from nbclient import NotebookClient

    _kernel_of_this_interpreter(folder / "jupyter")
    shutil.copytree(CHECKOUT / "scenarios", folder / "scenarios")
    (folder / "notebooks").mkdir()
    content = nbformat.read(notebook, as_version=4)
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    try:
        client = NotebookClient(
            content,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(folder / "notebooks")}},
        )
        client.execute()
    finally:
        if before is None:
            del os.environ["JUPYTER_PATH"]
        else:
            os.environ["JUPYTER_PATH"] = before
    return content


def without_circumstances(content: Any) -> Any:
    """Take out what differs between machines and sessions: versions, timings, view states."""
    content.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in content.cells:
        cell.metadata = {}
    return content


def main() -> None:
    """Renew the outputs of every notebook."""
    import nbformat

    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            content = executed(notebook, Path(folder))
        nbformat.write(without_circumstances(content), notebook)


if __name__ == "__main__":
    main()
