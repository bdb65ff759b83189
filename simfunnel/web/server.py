"""The server: a socket on the analyst's own machine, the guard, the application."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from simfunnel.errors import InputError, SurroundingsError, shorten

if TYPE_CHECKING:
    import uvicorn

    from simfunnel.web.app import Application

TOKEN_VARIABLE = "SIMFUNNEL_TOKEN"
_SHORTEST_TOKEN = 16
_LEAVE = 1
"""Seconds that answers on their way are given when the server is stopped."""
_LOOK = 0.5
"""Seconds between looks whether it still runs: some systems answer no signal while they wait."""


def listen(host: str, port: int) -> socket.socket:
    """Take a port of an address, or of a name that stands for one.

    Raises
    ------
    InputError
        If the name stands for no address.
    SurroundingsError
        If another program has the port, or the address is none of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise InputError(
            f"--host: '{shorten(host)}' stands for no address; give 127.0.0.1 (this machine alone) or 0.0.0.0 (all its "
            "addresses)"
        ) from None
    family, kind, protocol, _, address = found[0]
    # asyncio sends at once only what it is told to be TCP; else the body of an answer waits 40 ms for word of its head
    taken = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # a port that a stopped server leaves may be taken again; elsewhere this would share it
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        taken.close()
        advice = "stop what uses it, or give --port another one (0 takes any that is free)"
        if error.errno == errno.EADDRNOTAVAIL:
            advice = "give --host 127.0.0.1 (this machine alone) or 0.0.0.0 (all its addresses)"
        reason = error.strerror or str(error)
        raise SurroundingsError(f"cannot listen on {host}, port {port}: {reason.lower()}; {advice}") from None
    return taken


def is_open_to_others(taken: socket.socket) -> bool:
    """Whether other machines can reach a socket: by the address that it has, whatever it was called."""
    return not ipaddress.ip_address(_address(taken.getsockname()[0])).is_loopback


def _meant(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Address that a host stands for, however it is written; of a name that stands for none, one that is nobody's."""
    with suppress(OSError, UnicodeError):
        return ipaddress.ip_address(_address(str(socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][4][0])))
    return ipaddress.ip_address("192.0.2.0")  # kept for documents


def _address(name: str) -> str:
    return name.partition("%")[0]  # an address of version 6 may name its interface


def token() -> str:
    """Give the token of the link: that of the environment, or a new one.

    Raises
    ------
    InputError
        If that of the environment is too short, or cannot stand in a link.
    """
    given = os.environ.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(24)
    if len(given) < _SHORTEST_TOKEN or not all(
        letter.isascii() and (letter.isalnum() or letter in "-_") for letter in given
    ):
        raise InputError(f"{TOKEN_VARIABLE}: expected at least {_SHORTEST_TOKEN} letters, digits, - and _")
    return given


def is_own(host: str, port: int) -> Callable[[str], bool]:
    """Say which ``Host`` a request may name.

    Of a server that listens everywhere that is any address in digits, which no foreign name can be made to be, and the
    name of the machine.
    """
    address = _meant(host)
    names, everywhere = {"localhost", socket.gethostname().lower()}, address.is_unspecified
    if not everywhere:
        names = {"localhost", "127.0.0.1", "::1"} if address.is_loopback else set()
        names |= {host.lower(), str(address)}

    def own(told: str) -> bool:
        name, _, number = told.rpartition(":") if not told.endswith("]") and ":" in told else (told, "", "80")
        name = name.strip("[]").lower()
        if number != str(port):
            return False
        return name in names or (everywhere and _is_address(name))

    return own


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def link_of(host: str, port: int, secret: str) -> str:
    """Write the link that opens the page."""
    name = "127.0.0.1" if _meant(host).is_unspecified else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/?token={secret}"


def check_installed() -> None:
    """Refuse to begin where the extra is missing.

    Raises
    ------
    SurroundingsError
        Then.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise SurroundingsError(
            "the what-if page needs the packages starlette and uvicorn: pip install 'simfunnel[web]'"
        ) from None


def build_server(application: Application, host: str, port: int, secret: str) -> uvicorn.Server:
    """Put the guard before an application, and a server before both.

    Parameters
    ----------
    application
        What answers.
    host, port
        Where it listens.
    secret
        The token of the link.
    """
    import uvicorn

    from simfunnel.web.guard import Guard
    from simfunnel.web.protocol import Protocol

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    guarded = Guard(application.starlette, secret, is_own(host, port))
    return uvicorn.Server(uvicorn.Config(
        guarded, log_config=None, lifespan="on", ws="none", server_header=False, timeout_graceful_shutdown=_LEAVE,
        timeout_keep_alive=30, http=Protocol,
    ))  # fmt: skip


def run_until_interrupted(server: uvicorn.Server, taken: socket.socket) -> None:
    """Run a server on what `listen` gave.

    It runs in a thread, so that an interrupt is this process's own and ends it at any moment, also while it starts.

    Raises
    ------
    KeyboardInterrupt
        When it is interrupted.
    """
    running = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    running.start()
    try:
        while running.is_alive():
            running.join(_LOOK)
    finally:
        server.should_exit = True
        running.join(_LEAVE)
