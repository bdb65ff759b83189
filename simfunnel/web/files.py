"""The files behind a reading: when they change, the scenario is read again; what cannot be read leaves the last."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from simfunnel.errors import SimfunnelError
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.web.reading import Reading
from simfunnel.web.watched import followed, stamp

Signature = tuple[tuple[str, int, int], ...]
log = logging.getLogger("simfunnel.web")
_TRIED = 1_000
"""Trials of the forecast that shows that a reading can be used."""


class Source:
    """A scenario on disk, and its last good reading.

    Parameters
    ----------
    scenario
        The scenario file.
    overrides, variant, seed
        As `Reading` takes them.

    Raises
    ------
    InputError
        If it cannot be read to begin with.
    """

    def __init__(
        self, scenario: str, *, overrides: tuple[str, ...] = (), variant: str | None = None, seed: int | None = None
    ) -> None:
        self._make: Callable[[int], Reading] = lambda version: Reading(
            prepare(scenario, overrides=overrides), scenario, overrides=overrides, variant=variant, seed=seed,
            version=version,
        )  # fmt: skip
        self._scenario = scenario
        self.first = time.time_ns() // 1_000_000
        """Version of the first reading: a page that is left open notices a server that was started again."""
        self.reading = self._make(self.first)
        self.fault: str | None = None
        """Why the files as they are now cannot be used; None where they can."""
        self._seen = self._signature(self.reading.ready)

    def look(self) -> bool:
        """Read again what has changed on disk; whether anything has."""
        now = self._signature(self.reading.ready)
        if now == self._seen:
            return False
        self._seen = now
        try:
            made = self._make(self.reading.version + 1)
            made.forecast((), _TRIED)  # what can be read may still be impossible to forecast
        except (SimfunnelError, OSError) as error:
            self.fault = str(error)
        except Exception as error:
            log.exception("an error while the files were read again")
            self.fault = f"an error in simfunnel: {type(error).__name__}; the window in which it runs says more"
        else:
            self.reading, self.fault = made, None
            read = self._signature(made.ready)
            if [name for name, *_ in read] != [name for name, *_ in now]:
                self._seen = read  # other files than before; of the same ones, a change meanwhile is seen next time
        return True

    def _signature(self, ready: Prepared) -> Signature:
        """Say of each file when it was changed and how long it is; one that is gone has neither."""
        named = [self._scenario, *ready.loaded.files, *followed(ready)]
        return tuple((name, *stamp(name)) for name in dict.fromkeys(named))
