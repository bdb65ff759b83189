"""HTTP as the server speaks it: what is refused before the application sees a request is told as JSON, too."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from simfunnel.web.guard import ALWAYS

MOST_CONNECTIONS = 500
RETRY_AFTER = 1
PATIENCE = 20.0
"""Seconds that a request may take to arrive."""
_LINGER = 1.0
"""Seconds that what still arrives is read and dropped after a refusal: closed before, a client may not see it."""


class Protocol(H11Protocol):
    """One connection."""

    _arriving: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or send it away where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, "too many ask at once; try again", {"retry-after": RETRY_AFTER}
            )
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        self._cease()
        if self._refused:
            return
        if self.cycle is None or self.cycle.more_body or self.cycle.response_complete:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._cease()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, "this is no HTTP request")

    def on_response_complete(self) -> None:
        """After an answer nothing is waited for: the connection is kept for a while."""
        self._cease()
        super().on_response_complete()

    def _wait(self) -> None:
        self._arriving = self.loop.call_later(PATIENCE, self._too_slow)

    def _cease(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"no request arrived within {PATIENCE:g} seconds")

    def _refuse(self, status: HTTPStatus, message: str, more: dict[str, int] | None = None) -> None:
        """Answer and close; where an answer has begun, close alone."""
        if self._refused or self.transport.is_closing():
            return
        answered = self.cycle is not None and self.cycle.response_started
        if answered and (self.cycle.more_body or not self.cycle.response_complete):
            self.transport.close()
            return
        self._refused = True
        body = json.dumps({"error": message}).encode()
        headers: dict[str, object] = {
            "content-type": "application/json", "content-length": len(body), "connection": "close", **(more or {}),
            **{name.decode(): value.decode() for name, value in ALWAYS.items()},
        }  # fmt: skip
        head = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)
