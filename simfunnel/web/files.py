"""The files behind a reading: when they change, the scenario is read again; what cannot be read leaves the last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simfunnel.errors import SimfunnelError
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.web.reading import Reading

Signature = tuple[tuple[str, int, int], ...]
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
        self.reading = self._make(1)
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
        else:
            self.reading, self.fault = made, None
            read = self._signature(made.ready)
            if [name for name, *_ in read] != [name for name, *_ in now]:
                self._seen = read  # other files than before; of the same ones, a change meanwhile is seen next time
        return True

    def _signature(self, ready: Prepared) -> Signature:
        """Say of each file when it was changed and how long it is; one that is gone has neither."""
        pipeline = ready.scenario.pipeline.file
        named = [self._scenario, *ready.loaded.files, *([str(pipeline)] if pipeline is not None else [])]
        return tuple((name, *_stamp(name)) for name in dict.fromkeys(named))


def _stamp(name: str) -> tuple[int, int]:
    try:
        found = Path(name).stat()
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size
