"""``python any_question.py``: any question that the interface's document allows, and many that it does not.

Schemathesis makes them out of the OpenAPI document and holds the answers against it: no 500, no other form than the
document says, nothing accepted that it forbids. It stands apart from the tests, in an environment of its own (``pip
install '.[api]'``), because it brings a plugin for them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

TOKEN = "a-token-for-tests-alone"
SCENARIO = """
version: 1
as_of: 2027-01-11
currency: EUR
periods: {unit: quarter, count: 2}
targets: [{period: 2027-Q1, amount: 900}]
stages: [{name: Proposal, conversion: 0.5, duration: {exponential: 20}}]
amount: 100
pipeline: {opportunities: [{id: A, stage: Proposal, amount: 500, owner: Ann}]}
"""


def main() -> int:
    """Serve a scenario, ask, and give the exit code of Schemathesis."""
    from simfunnel.web.app import Application
    from simfunnel.web.files import Source
    from simfunnel.web.server import build_server, listen

    with tempfile.TemporaryDirectory() as folder, listen("127.0.0.1", 0) as taken:
        scenario = Path(folder, "small.yaml")
        scenario.write_text(SCENARIO)
        port = taken.getsockname()[1]
        server = build_server(Application(Source(str(scenario))), "127.0.0.1", port, TOKEN)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        asked = subprocess.run([
            str(Path(sys.executable).with_name("st")), "run", f"http://127.0.0.1:{port}/api/interface",
            "--header", f"X-Simfunnel-Token: {TOKEN}", "--max-examples", "15", "--seed", "1", "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
            "negative_data_rejection,ignored_auth",
        ], check=False, cwd=folder)  # fmt: skip
        server.should_exit = True
        thread.join(10)
    return asked.returncode


if __name__ == "__main__":
    sys.exit(main())
