"""The application: the page, and the JSON interface that it asks. Each route calls one function of the library."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.progress import Progress
from simfunnel.web import answers
from simfunnel.web.controls import controls, sliders
from simfunnel.web.deals import DealList
from simfunnel.web.downloads import report_of, variant_of
from simfunnel.web.files import Source
from simfunnel.web.interface import document
from simfunnel.web.misread import misread
from simfunnel.web.page.render import page
from simfunnel.web.question import Asked, AskedForAnswer, AskedForDeals, AskedForSliders, State
from simfunnel.web.reading import Reading
from simfunnel.web.turns import BusyError, Pages, StaleError, Turns
from simfunnel.wording.language import LANGUAGES, language
from simfunnel.wording.shown_text import on_console

Answer = dict[str, Any]
A = TypeVar("A", bound=Asked)
LOOK_EVERY = 1.0
"""Seconds between looks at the files."""
RETRY_AFTER = 1
COMPRESSED = 2_000
"""Bytes from which on an answer is compressed: some telephones are on a slow net."""
log = logging.getLogger("simfunnel.web")


class Application:
    """What the routes share: the reading, the turns of quick and of slow answers, of reports, and of what is looked up.

    Parameters
    ----------
    source
        The scenario on disk.
    told_in
        Language of the page where it does not ask for another one.
    """

    def __init__(self, source: Source, told_in: str = "en") -> None:
        self.source, self.told_in = source, told_in
        pages = Pages()
        self.quick, self.slow, self.reports, self.lists = (Turns(pages) for _ in range(4))
        self._deals: tuple[int, DealList] | None = None

    @property
    def starlette(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/", self.page),
                Route("/api/interface", self.interface),
                Route("/api/controls", self.controls, methods=["POST"]),
                Route("/api/sliders", self.sliders, methods=["POST"]),
                Route("/api/news", self.news),
                Route("/api/answer", self.answer, methods=["POST"]),
                Route("/api/waterfall", self.waterfall, methods=["POST"]),
                Route("/api/owners", self.owners, methods=["POST"]),
                Route("/api/plan", self.plan, methods=["POST"]),
                Route("/api/deals", self.deals, methods=["POST"]),
                Route("/api/variant", self.variant, methods=["POST"]),
                Route("/api/report", self.report, methods=["POST"]),
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=COMPRESSED, compresslevel=1)],
            exception_handlers={404: _not_there, 405: _not_so, Exception: _broken},
            lifespan=self._life,
        )

    @contextlib.asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            for turns in (self.quick, self.slow, self.reports, self.lists):
                turns.close()

    async def _look(self) -> None:
        """Look at the files now and then."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await loop.run_in_executor(None, self.source.look)
            except Exception:
                log.exception("an error while the files were looked at")  # and it looks again

    async def page(self, request: Request) -> Response:
        """The page itself."""
        asked = request.query_params.get("language", self.told_in)
        with language(asked if asked in ("en", "zh") else self.told_in):
            text, policy = page()
        return HTMLResponse(text, headers={"content-security-policy": policy})

    async def interface(self, _request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(document())

    async def news(self, _request: Request) -> Response:
        """Whether the scenario was read again, and what is wrong with the files as they are now."""
        return JSONResponse({"version": self.source.reading.version, "fault": self.source.fault})

    async def controls(self, request: Request) -> Response:
        """What can be moved."""
        return await self._told(request, Asked, self.lists, lambda reading, _asked, _progress: controls(reading))

    async def sliders(self, request: Request) -> Response:
        """What can be moved of a stage or a segment."""
        return await self._told(
            request, AskedForSliders, self.lists, lambda reading, asked, _progress: sliders(reading, asked.scope)
        )

    async def answer(self, request: Request) -> Response:
        """The answer while a hand is on a slider, or rests."""
        return await self._told(
            request, AskedForAnswer, self.quick,
            lambda reading, asked, progress: answers.answer(reading, asked.state, asked.trials, progress),
        )  # fmt: skip

    async def waterfall(self, request: Request) -> Response:
        """What each change does."""
        return await self._of_state(request, answers.waterfall)

    async def owners(self, request: Request) -> Response:
        """What each owner brings."""
        return await self._of_state(request, answers.owners)

    async def plan(self, request: Request) -> Response:
        """How many leads it takes."""
        return await self._of_state(request, answers.plan)

    async def deals(self, request: Request) -> Response:
        """The open deals."""

        def work(reading: Reading, asked: AskedForDeals, _progress: Progress) -> Answer:
            if self._deals is None or self._deals[0] != reading.version:
                self._deals = reading.version, DealList(reading)
            return self._deals[1].find(asked.state, asked.find, asked.first, asked.count)

        return await self._told(request, AskedForDeals, self.lists, work)

    async def variant(self, request: Request) -> Response:
        """The state as a scenario file with a variant."""
        return await self._told(
            request, Asked, self.lists, lambda reading, asked, _progress: variant_of(reading, asked.state)
        )  # fmt: skip

    async def report(self, request: Request) -> Response:
        """The report of the state."""
        return await self._told(
            request, Asked, self.reports, lambda reading, asked, _progress: report_of(reading, asked.state)
        )  # fmt: skip

    async def _of_state(self, request: Request, work: Callable[[Reading, State, Progress], Answer]) -> Response:
        return await self._told(
            request, Asked, self.slow, lambda reading, asked, progress: work(reading, asked.state, progress)
        )

    async def _told(
        self, request: Request, model: type[A], turns: Turns, work: Callable[[Reading, A, Progress], Answer]
    ) -> Response:
        """Read a question, answer it in its turn, and say what is wrong where it cannot be answered."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _fault(415, "expected application/json")
        try:
            asked = model.model_validate_json(body := await request.body())
        except ValidationError as error:
            return _misread(error, body, self.told_in)
        reading = self.source.reading
        gone = threading.Event()
        watching = asyncio.create_task(_until_gone(request, gone))
        try:
            with language(asked.language or self.told_in):
                text = await turns.take(
                    lambda progress: json.dumps(work(reading, asked, progress), ensure_ascii=False, allow_nan=False),
                    asked.page, asked.number, gone,
                )  # fmt: skip
        except StaleError:
            return _fault(409, "the page has asked something newer")
        except BusyError:
            return _fault(503, "too many ask at once; try again", {"retry-after": str(RETRY_AFTER)})
        except InputError as error:
            return _fault(422, str(error))
        except SurroundingsError as error:
            return _fault(500, str(error))
        finally:
            watching.cancel()
        return Response(text, media_type="application/json")


async def _until_gone(request: Request, gone: threading.Event) -> None:
    """Wait until nobody waits for the answer."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _misread(error: ValidationError, body: bytes, told_in: str) -> Response:
    """Say of each part of a question what is wrong with it, in the language that it asks for, if that can be read."""
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return _fault(400, f"expected JSON: {found[0]['msg']}")
    asked = json.loads(body)
    wanted = asked.get("language") if isinstance(asked, dict) else None
    with language(wanted if wanted in LANGUAGES else told_in):
        return _fault(422, misread(error, body))


def _fault(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": on_console(message)}, status, headers)


def _broken(request: Request, error: Exception) -> Response:
    """Answer a request that an unforeseen error ended; the others go on."""
    number = secrets.token_hex(4)
    log.error("error %s in %s %s", number, request.method, request.url.path, exc_info=error)
    told = f"an error in simfunnel, number {number}: the window in which `simfunnel serve` runs says more"
    return JSONResponse({"error": told, "id": number}, 500)


def _not_there(_request: Request, _error: Exception) -> Response:
    return _fault(404, "nothing is here")


def _not_so(_request: Request, error: Exception) -> Response:
    return _fault(405, "not in this way", getattr(error, "headers", None))
