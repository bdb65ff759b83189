"""Working on origins: side by side on threads here, or as pieces of work of a cluster."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from simfunnel.backtesting.checkpoint import Checkpoint
from simfunnel.backtesting.forecasters import OurForecaster
from simfunnel.backtesting.origin import Origin
from simfunnel.backtesting.past import Past
from simfunnel.backtesting.results import OriginScore, Skipped
from simfunnel.backtesting.scoring import Rivals, scored
from simfunnel.calibration.thin import TooLittleError
from simfunnel.engine.run.executor import available_processors, elsewhere
from simfunnel.errors import InputError
from simfunnel.forecast.parallel import side_by_side
from simfunnel.progress import Progress

Found = list[OriginScore] | Skipped


@dataclass(frozen=True, eq=False)
class Work:
    """All that is read to forecast and score any of the origins."""

    past: Past
    days: tuple[dt.date, ...]
    horizon: int
    ours: OurForecaster
    rivals: Rivals

    def __call__(self, first: int, count: int) -> list[Found]:
        """Forecast and score some of the origins."""
        with threadpool_limits(1, "blas"):  # origins run side by side: more threads inside each would only wait
            return [self.at(day) for day in self.days[first : first + count]]

    def at(self, day: dt.date) -> Found:
        """Forecast and score one."""
        origin = Origin(self.past, day, self.horizon)
        try:
            learned = self.ours.forecast(origin)
        except InputError as error:
            return Skipped(day, error.found if isinstance(error, TooLittleError) else str(error))
        return list(scored(origin, learned, self.rivals))


def worked(
    work: Work, kept: Checkpoint, *, threads: int | None, progress: Progress | None, can_travel: bool
) -> list[Found]:
    """Give what is found at every origin, in their order; what is kept is not found again, and what is found is kept.

    Parameters
    ----------
    work
        The origins.
    kept
        What was found before.
    threads
        Origins worked on at a time here.
    progress
        Called with origins done and in all.
    can_travel
        Whether another process can be handed the work: not what a user wrote, who may know of nothing but this one.
    """
    days, other = work.days, elsewhere()
    if other is None or not can_travel:
        with threadpool_limits(1, "blas"):
            return side_by_side(
                lambda day: _kept(work, kept, day), [(day,) for day in days], workers=threads or available_processors(),
                progress=progress,
            )  # fmt: skip
    found = {i: before for i, day in enumerate(days) if (before := kept.get(day)) is not None}
    done = len(found)

    def merge(i: int, part: list[Found]) -> None:
        (found[i],) = part
        kept.put(days[i], found[i])

    def told(more: int, _of: int) -> None:
        if progress is not None:
            progress(done + more, len(days))

    other.map(work, [(i, 1) for i in range(len(days)) if i not in found], merge, told)
    return [found[i] for i in range(len(days))]


def _kept(work: Work, kept: Checkpoint, day: dt.date) -> Found:
    found = kept.get(day)
    if found is None:
        found = work.at(day)
        kept.put(day, found)
    return found
