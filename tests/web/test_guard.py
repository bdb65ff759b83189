"""Who may ask, how much, and what is said where something fails."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.progress import Progress
from simfunnel.web import answers, guard, interface
from simfunnel.web.question import State
from simfunnel.web.server import is_own

from .conftest import TOKEN, Served


def test_only_who_has_the_link_is_answered(served: Served) -> None:
    assert served.ask("/api/answer", {}).status == 200
    for token in (None, "", "another", "a-token-for-tests-alon"):
        told = served.ask("/api/answer", {}, headers={"X-Simfunnel-Token": token})
        assert told.status == 401 and "link" in told.json["error"]
    assert served.ask("/api/news", headers={"X-Simfunnel-Token": None}).status == 401
    page = served.ask("/", headers={"X-Simfunnel-Token": None})
    assert page.status == 200 and "Acme" not in page.text and "Small" not in page.text  # words alone, no data


@pytest.mark.parametrize("host", [None, "", "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1",
                                  "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}"])  # fmt: skip
def test_a_name_that_was_made_to_lead_here_is_refused(served: Served, host: str | None) -> None:
    """DNS rebinding: the browser takes a page of another name for ours."""
    told = served.ask("/api/answer", {}, headers={"Host": host and host.format(port=served.port)})
    assert told.status in (400, 421)


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
def test_names_of_this_machine_are_ours(served: Served, host: str) -> None:
    assert served.ask("/api/answer", {}, headers={"Host": host.format(port=served.port)}).status == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
])  # fmt: skip
def test_other_sites_are_refused(served: Served, headers: dict[str, str]) -> None:
    told = served.ask("/api/answer", {}, headers=dict(headers))
    assert told.status == 403
    assert "access-control-allow-origin" not in told.headers


def test_our_own_page_and_a_link_in_a_mail_are_let_in(served: Served) -> None:
    own = {"Origin": f"http://127.0.0.1:{served.port}", "Sec-Fetch-Site": "same-origin"}
    assert served.ask("/api/answer", {}, headers=own).status == 200
    mail = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert served.ask("/", headers=dict(mail)).status == 200
    preflight = served.ask("/api/answer", method="OPTIONS", headers={"Origin": "https://evil.example"})
    assert preflight.status == 403


@pytest.mark.parametrize("path", [
    "/small.yaml", "/deals.csv", "/../small.yaml", "/..%2fsmall.yaml", "/%2e%2e/deals.csv", "/api/../deals.csv",
    "//etc/passwd", "/api/%00", "/static/../../etc/passwd", "/api/deals/../../small.yaml",
])  # fmt: skip
def test_no_file_can_be_reached(served: Served, path: str) -> None:
    told = served.ask(path)
    assert told.status == 404 and told.json == {"error": "nothing is here"}


def test_what_stands_before_every_answer(served: Served) -> None:
    for told in (served.ask("/"), served.ask("/api/answer", {}), served.ask("/nothing"),
                 served.ask("/", headers={"Host": "evil.example"})):  # fmt: skip
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["referrer-policy"] == "no-referrer"
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["x-frame-options"] == "DENY"
        assert "server" not in told.headers
    policy = served.ask("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(("body", "status", "words"), [
    ("", 400, "JSON"), ("{", 400, "JSON"), ("[]", 422, ""), ('{"state": 1}', 422, "state"), ("null", 422, ""),
    ('{"state": {"shifts": [{"path": "win_rte", "scale": 1}]}}', 422, "win_rate"),
    ('{"state": {"shifts": [{"path": "win_rate"}]}}', 422, "exactly one"),
    ('{"state": {"shifts": [{"path": "win_rate", "scale": NaN}]}}', 422, ""),
    ('{"state": {"shifts": [{"path": "win_rate", "scale": 1e999}]}}', 422, ""),
    ('{"state": {"shifts": [{"path": "win_rate[deal=Z]", "set": 1}]}}', 422, "Z"),
    ('{"state": {"shifts": [{"path": "win_rate", "scale": 1.1}, {"path": " win_rate ", "scale": 2}]}}', 422, "twice"),
    ('{"state": {"period": "2031-Q1"}}', 422, "2027-Q1"), ('{"state": {"target": -1}}', 422, "Target"),
    ('{"state": {"target": "lots"}}', 422, "Target"), ('{"state": {"confidence": 1}}', 422, "Confidence"),
    ('{"trials": 1e9}', 422, "trials"), ('{"trials": "many"}', 422, "trials"), ('{"page": "<script>"}', 422, "page"),
    ('{"other": 1}', 422, "other"), ('{"language": "fr"}', 422, "language"),
    ('{"state": {"shifts": [{"path": "not_before[deal=A]", "set": "2027-13-45"}]}}', 422, ""),
])  # fmt: skip
def test_a_bad_question_is_told_what_is_wrong(served: Served, body: str, status: int, words: str) -> None:
    told = served.ask("/api/answer", body, method="POST")
    assert (told.status, set(told.json)) == (status, {"error"})
    assert words in told.json["error"]
    assert "Traceback" not in told.text and "Input should" not in told.text and "Value error" not in told.text
    assert served.ask("/api/answer", {}).status == 200


def test_a_bad_question_is_told_in_its_language(served: Served) -> None:
    body = {"state": {"shifts": [{"path": "win_rate", "scale": -3}], "confidence": 2}}
    english, chinese = (served.ask("/api/answer", {**body, "language": code}).json["error"] for code in ("en", "zh"))
    assert english == "Change 1 ('win_rate'): expected at least 0, found -3\nConfidence: expected at most 1, found 2"
    assert chinese == "第1项变更（'win_rate'）: 应不小于0，实际为 -3\n把握程度: 应不大于1，实际为 2"


def test_other_methods_kinds_and_lengths(served: Served) -> None:
    assert served.ask("/api/answer").status == 405
    assert served.ask("/", {}).status == 405
    assert served.ask("/api/answer", "{}", headers={"Content-Type": "text/plain"}).status == 415
    long = served.ask("/api/answer", '{"x": "' + "y" * guard.MOST_BYTES + '"}')
    assert long.status == 413 and str(guard.MOST_BYTES) in long.json["error"]


def test_who_asks_too_often_is_told_to_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_IN_A_MINUTE", 6)
    status = [served.ask("/api/news").status for _ in range(9)]
    assert status[0] == 200 and status[-1] == 429


def test_an_error_in_a_request_is_one_500_with_a_number_that_the_log_has(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(answers, "waterfall", broken)
    with caplog.at_level(logging.ERROR):
        told = served.ask("/api/waterfall", {})
    assert told.status == 500 and "secret" not in told.text
    assert told.json["id"] in caplog.text and "ZeroDivisionError" in caplog.text
    assert served.ask("/api/answer", {}).status == 200


def test_many_ask_at_once_and_each_gets_its_own(served: Served) -> None:
    found: dict[int, Any] = {}

    def ask(i: int) -> None:
        shifts = [{"path": "win_rate", "scale": 1 + i / 100}]
        found[i] = served.ask("/api/answer", {"state": {"shifts": shifts}, "trials": 2000, "page": f"p{i}"})

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = served.application.source.reading
    for i, told in found.items():
        assert told.status in (200, 503)
        if told.status == 503:
            assert int(told.headers["retry-after"]) >= 1
            continue
        state = State.model_validate({"shifts": [{"path": "win_rate", "scale": 1 + i / 100}]})
        assert told.json["what_if"] == answers.answer(reading, state, 2000)["what_if"]
    assert sum(told.status == 200 for told in found.values()) > 10


def test_the_work_of_a_client_that_is_gone_is_ended(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def long(_reading: object, _state: object, progress: Progress) -> None:
        begun.set()
        try:
            while True:
                time.sleep(0.01)
                progress(0, 1)
        finally:
            ended.set()

    monkeypatch.setattr(answers, "waterfall", long)
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        head = f"POST /api/waterfall HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nX-Simfunnel-Token: {TOKEN}\r\n"
        client.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        assert begun.wait(20)
        assert served.ask("/api/deals", {}).status == 200  # a search does not wait for it
        assert not ended.is_set()
    assert ended.wait(20)


def test_answers_are_compressed_where_that_can_be_read(served: Served) -> None:
    shifts = [{"path": f"{name}[deal={deal}]", "set": 1} for name in ("win_rate", "amount") for deal in "AB"]
    asked = {"state": {"shifts": shifts}, "trials": 1000}
    plain = served.ask("/api/answer", asked)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {"X-Simfunnel-Token": TOKEN, "Content-Type": "application/json", "Accept-Encoding": "gzip"}
    connection.request("POST", "/api/answer", json.dumps(asked), headers)
    got = connection.getresponse()
    sent = got.read()
    connection.close()
    assert got.headers["content-encoding"] == "gzip" and len(sent) < 0.5 * len(plain.text)
    assert json.loads(gzip.decompress(sent)) == plain.json


def test_the_interface_is_described_by_what_reads_the_requests(served: Served) -> None:
    told = served.ask("/api/interface").json
    assert set(told["paths"]) == {f"/api/{name}" for name in (*interface.ROUTES, "news")}
    shift = told["components"]["schemas"]["Shift"]
    assert set(shift["properties"]) == {"path", "scale", "add", "odds", "set"}
    for name, (_, _, key) in interface.ROUTES.items():
        body: dict[str, Any] = {"state": {"shifts": [{"path": "win_rate", "scale": 1.1}]}}
        answer = served.ask(f"/api/{name}", body)
        assert answer.status == 200, (name, answer.text)
        assert key in answer.json and answer.json["version"] == served.application.source.first


@pytest.mark.parametrize(("host", "told", "own"), [
    ("0.0.0.0", "192.168.1.7:80", True), ("0.0.0.0", "evil.example:80", False), ("0.0.0.0", "[fe80::1]:80", True),
    ("127.0.0.1", "192.168.1.7:80", False), ("192.168.1.7", "192.168.1.7:80", True),
    ("192.168.1.7", "192.168.1.7", True),
    ("127.0.0.1", "localhost", True), ("::1", "[::1]:80", True), ("127.0.0.1", "localhost:81", False),
    ("0", "192.168.1.7:80", True), ("::0", "192.168.1.7:80", True), ("0x0", "evil.example:80", False),
    ("127.1", "127.0.0.1:80", True), ("127.1", "192.168.1.7:80", False), ("localhost", "127.0.0.1:80", True),
])  # fmt: skip
def test_hosts(host: str, told: str, own: bool) -> None:
    assert is_own(host, 80)(told) is own


def test_nothing_is_written(serve: Callable[..., Served], folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    served = serve(folder / "small.yaml")
    for name in interface.ROUTES:
        served.ask(f"/api/{name}", {"state": {"shifts": [{"path": "win_rate", "scale": 1.1}]}})
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
