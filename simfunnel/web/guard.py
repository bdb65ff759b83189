"""What stands before every request: who may ask, how much and how often.

The server listens on the machine's own address, where any page of any browser tab can send requests to it. So a request
must name this server as its host (a foreign name that was made to resolve here does not), must not come from another
site, and must know the token of the link.
"""

from __future__ import annotations

import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MOST_BYTES = 128 * 1024
"""Of the body of a request."""
MOST_IN_A_MINUTE = 6_000
"""Requests of one address: a hand on a slider makes some 20 a second."""
_ADDRESSES = 1000
TOKEN_HEADER = b"x-simfunnel-token"
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}
"""Headers of every answer."""


class Guard:
    """Let through what may ask.

    Parameters
    ----------
    app
        What answers.
    token
        Of the link; requests to ``/api/`` carry it in a header, the page itself in its address.
    is_own
        Says whether the ``Host`` that a request names is this server.
    """

    def __init__(self, app: App, token: str, is_own: Callable[[str], bool]) -> None:
        self._app, self._token, self._is_own = app, token.encode(), is_own
        self._asked: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets: the connection is closed
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            body = await _body(receive)
            if body is None:
                refusal = (413, f"the request is longer than {MOST_BYTES} bytes")
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self._pass_on(scope, _again(body or b"", receive), send)

    def _refusal(self, scope: Message, headers: dict[bytes, list[bytes]]) -> tuple[int, str] | None:
        host = headers.get(b"host", [])
        if len(host) != 1 or not self._is_own(host[0].decode("latin-1")):
            return 421, "this server is not called so"
        own = (b"http://" + host[0].lower(), b"https://" + host[0].lower())
        if any(origin.lower() not in own for origin in headers.get(b"origin", [])):
            return 403, "requests from other sites are not answered"
        if any(site not in (b"same-origin", b"none") for site in headers.get(b"sec-fetch-site", [])):
            opened = scope["method"] == "GET" and headers.get(b"sec-fetch-mode") == [b"navigate"]
            if not (opened and scope["path"] == "/"):  # a link in a mail or a chat may lead here: it has the token
                return 403, "requests from other sites are not answered"
        if not self._may_ask(scope):
            return 429, "too many requests; wait a little"
        if scope["path"].startswith("/api/"):
            given = headers.get(TOKEN_HEADER, [b""])
            if len(given) != 1 or not hmac.compare_digest(given[0], self._token):
                return 401, "the token of the link is missing or another one; open the link that serve printed"
        return None

    def _may_ask(self, scope: Message) -> bool:
        """Count the requests of an address: a bucket that fills evenly."""
        address = str((scope.get("client") or ("",))[0])
        now = time.monotonic()
        left, since = self._asked.get(address, (float(MOST_IN_A_MINUTE), now))
        left = min(left + (now - since) * MOST_IN_A_MINUTE / 60, float(MOST_IN_A_MINUTE))
        self._asked[address] = (max(left - 1.0, 0.0), now)
        self._asked.move_to_end(address)
        while len(self._asked) > _ADDRESSES:
            self._asked.popitem(last=False)
        return left >= 1.0

    async def _pass_on(self, scope: Message, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *ALWAYS.items()]
            await send(message)

        with suppress(Exception):  # it has been answered and logged, and is raised once more
            await self._app(scope, receive, sent)


def _headers(scope: Message) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


async def _body(receive: Receive) -> bytes | None:
    """Read the body of a request; None where it is too long."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, and then what comes after it: that the client is gone."""
    told = False

    async def once_more() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


async def _answer(send: Send, status: int, message: str) -> None:
    text = json.dumps({"error": message}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode()), *ALWAYS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
