"""``python -m benchmarks.what_if [SCENARIO]``: how fast the what-if page answers.

In turn: an answer of the server beside the same forecast asked of the library directly, in pairs; moves of sliders in a
browser, from the input event to the paint; many clients at once. The scenario is the sample with its open deals
repeated until there are 1,000, unless another one is named.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simfunnel.web.app import Application
from simfunnel.web.files import Source
from simfunnel.web.question import MOVING_TRIALS, State
from simfunnel.web.server import build_server, link_of, listen

TOKEN = "a-token-for-benchmarks"
SAMPLE = Path(__file__).parents[1] / "scenarios" / "b2b_software"
DEALS, MOVES, PAIRS, CLIENTS, QUESTIONS = 1_000, 200, 40, 50, 4
_MOVE = """([selector, value]) => new Promise((done) => {
  const slider = document.querySelector(selector), start = performance.now();
  const seen = new MutationObserver(() => { seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))); });
  seen.observe(document.getElementById("figures"), {childList: true});
  slider.step = "any";
  slider.value = value;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
})"""
"""Move a slider, and say when what it changed has been painted: a frame begins, and then is over."""


def main() -> None:
    """Measure, and print what was found."""
    print(f"load {os.getloadavg()[0]:.1f} at the start; milliseconds")
    with tempfile.TemporaryDirectory() as name:
        scenario = Path(sys.argv[1]) if len(sys.argv) > 1 else sample_of(DEALS, Path(name))
        source = Source(str(scenario))
        deals = len(source.reading.deal_names)
        with served(source) as port:
            source.reading.forecast((), MOVING_TRIALS)
            print(f"{scenario.name}, {deals:,} open deals, {_quick(source)}")
            _beside_the_library(source, port)
            _in_a_browser(source, port)
            _many_clients(port)
    print(
        f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, library and server alike"
    )


def sample_of(deals: int, folder: Path) -> Path:
    """Copy the sample with its open deals repeated until there are so many."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    file = folder / "pipeline.csv"
    with file.open(encoding="utf-8-sig", newline="") as told:
        head, *rows = list(csv.reader(told))
    opened = [row for row in rows if len(row) == len(head) and not row[4].startswith("Closed")]
    more = [
        [f"006Zz{i:010}YAE", f"{row[1]} ({i})", *row[2:]]
        for i in range(deals - len(opened)) for row in [opened[i % len(opened)]]
    ]  # fmt: skip
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows, *more])
    return folder / "scenario.yaml"


@contextmanager
def served(source: Source) -> Iterator[int]:
    """Serve within the block; gives the port."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        server = build_server(Application(source), "127.0.0.1", port, TOKEN)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join()


def _quick(source: Source) -> str:
    for i in range(6):
        source.reading.forecast(_state(2.0 + i / 100).shifts, source.reading.pace.trials)
    return f"{source.reading.pace.trials:,} trials while a slider moves"


def _state(value: float) -> State:
    return State.model_validate({"shifts": [{"path": "win_rate", "scale": value}]})


def _beside_the_library(source: Source, port: int) -> None:
    """Answer states that nobody has asked for yet, one by the library, the next by the server."""
    for trials in sorted({MOVING_TRIALS, source.reading.pace.trials}):
        direct, asked = [], []
        for i in range(PAIRS + 1):
            state, other = (_state(1.0 + (2 * i + odd) / 1000 + trials / 1e7) for odd in (0, 1))
            direct.append(_seconds(source.reading.what_if, state, trials))
            asked.append(_seconds(_ask, port, other, trials))
        gaps = sorted(a - d for a, d in zip(asked[1:], direct[1:], strict=True))
        print(
            f"  {trials:,} trials: library {_ms(statistics.median(direct))}, server {_ms(statistics.median(asked))}; "
            f"in pairs the page adds {_ms(statistics.median(gaps))} (80 % of pairs: {_ms(gaps[len(gaps) // 10])} to "
            f"{_ms(gaps[-1 - len(gaps) // 10])})"
        )


def _in_a_browser(source: Source, port: int) -> None:
    from playwright.sync_api import sync_playwright

    stages = [scope["key"] for scope in _controls(port)["scopes"] if scope["key"].startswith("stage=")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(link_of("127.0.0.1", port, TOKEN))
        page.locator("body[data-state=rested]").wait_for(timeout=300_000)
        found: dict[str, list[float]] = {}
        for scope, sliders in (("", ("win rate", "lead rate", "amounts")), (stages[0], ("conversion",))):
            page.locator("#scope").select_option(scope)
            page.get_by_label(sliders[0], exact=False).first.wait_for()
            for name in sliders:
                selector = "#" + str(page.get_by_label(name, exact=False).first.get_attribute("id"))
                for i in range(MOVES // 4):
                    value = f"{0.55 + 0.01 * (i * 37 % 100):.2f}"  # each once: what was asked before is kept
                    found.setdefault(name, []).append(page.evaluate(_MOVE, [selector, value]) / 1e3)
        trials = source.reading.pace.trials
        browser.close()
    every = sorted(one for times in found.values() for one in times)
    each = ", ".join(f"{name} {_ms(statistics.median(times))}" for name, times in found.items())
    print(
        f"  from input to paint, {len(every)} moves, {trials:,} trials at the end: median "
        f"{_ms(statistics.median(every))}, 95th percentile {_ms(every[int(0.95 * len(every))])} ({each})"
    )


def _many_clients(port: int) -> None:
    """Clients that ask one question after the other, each its own, of as many trials as are quick."""
    times: list[float] = []
    refused: list[int] = []

    def client(number: int) -> None:
        for question in range(QUESTIONS):
            state = _state(0.5 + (number * QUESTIONS + question) / 1000)
            start = time.perf_counter()
            status = _ask(port, state, None, page=f"client-{number}")
            if status == 200:
                times.append(time.perf_counter() - start)
            else:
                refused.append(status)

    threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {status: refused.count(status) for status in sorted(set(refused))}
    print(
        f"  {CLIENTS} clients at once, {QUESTIONS} questions each: {len(times)} answered, the slowest after "
        f"{max(times):.1f} s; others {told or 'none'}"
    )


def _ask(port: int, state: State, trials: int | None, page: str | None = None) -> int:
    body = {"state": state.model_dump(mode="json"), "page": page} | ({} if trials is None else {"trials": trials})
    return _post(port, "answer", body)[0]


def _controls(port: int) -> Any:
    return json.loads(_post(port, "controls", {})[1])


def _post(port: int, name: str, body: dict[str, Any]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", "X-Simfunnel-Token": TOKEN}
    connection.request("POST", f"/api/{name}", json.dumps(body), headers)
    got = connection.getresponse()
    told = got.status, got.read()
    connection.close()
    return told


def _seconds(work: Callable[..., object], *given: object) -> float:
    start = time.perf_counter()
    work(*given)
    return time.perf_counter() - start


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f}"


if __name__ == "__main__":
    main()
