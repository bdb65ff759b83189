"""Labels of periods in a scenario: those of targets and closed wins must be among its periods, or be over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simfunnel.errors import InputError, shorten
from simfunnel.funnel.calendar import Period, fiscal_periods, period_of
from simfunnel.scenario import LoadedScenario
from simfunnel.scenario.schema import TOTAL


def check_labels(loaded: LoadedScenario, periods: Sequence[Period], over: Sequence[str] = ()) -> None:
    """Refuse labels that are not among the periods of the forecast.

    Parameters
    ----------
    over
        Labels that are passed over.

    Raises
    ------
    InputError
        With every such label.
    """
    scenario, labels = loaded.scenario, [p.label for p in periods]
    known = shorten(", ".join(labels), 240)
    allowed = {*labels, TOTAL, *over}
    problems = []

    def check(period: str, *place: str | int) -> None:
        if period not in allowed:
            end = "" if (found := _over(loaded, period)) is None else f" ({period} ended at {found.end})"
            message = f"no period '{period}' in this scenario; its periods are {known}, and {TOTAL}{end}"
            problems.append(loaded.problem((*place, "period"), message))

    for i, target in enumerate(scenario.targets):
        check(target.period, "targets", i)
    for i, closed in enumerate(scenario.closed):
        if closed.period != labels[0] and closed.period not in over:
            message = f"closed wins belong to the period of as_of, {labels[0]}; found '{closed.period}'"
            problems.append(loaded.problem(("closed", i, "period"), message))
    for name, variant in scenario.variants.items():
        for i, target in enumerate(variant.targets):
            check(target.period, "variants", name, "targets", i)
    if problems:
        raise InputError(problems)


def without_over(
    loaded: LoadedScenario, *, ahead: bool = False
) -> tuple[LoadedScenario, tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Leave out targets and closed wins of periods that ended before `as_of`.

    A scenario that is forecast from week after week outlives its quarter.

    Parameters
    ----------
    ahead
        Whether those of periods that begin after the last one are left out too: where a scenario of today is used for
        a day of the past.

    Returns
    -------
    tuple
        The scenario, itself where nothing is left out, and the labels that are over, and that are ahead.

    Raises
    ------
    InputError
        If other labels are not among the periods.
    """
    scenario = loaded.scenario
    told = [target.period for target in scenario.targets] + [closed.period for closed in scenario.closed]
    told += [target.period for variant in scenario.variants.values() for target in variant.targets]
    periods = fiscal_periods(scenario.periods, scenario.as_of)
    over = tuple(label for label in dict.fromkeys(told) if _over(loaded, label) is not None)
    later = tuple(label for label in dict.fromkeys(told) if ahead and _begins_after(loaded, label, periods[-1]))
    left_out = (*over, *later)
    if not left_out:
        return loaded, (), ()
    check_labels(loaded, periods, left_out)
    variants = {
        name: variant.model_copy(update={"targets": tuple(t for t in variant.targets if t.period not in left_out)})
        for name, variant in scenario.variants.items()
    }
    left = scenario.model_copy(update={
        "targets": tuple(t for t in scenario.targets if t.period not in left_out),
        "closed": tuple(c for c in scenario.closed if c.period not in left_out), "variants": variants,
    })  # fmt: skip
    return replace(loaded, scenario=left), over, later


def _begins_after(loaded: LoadedScenario, label: str, last: Period) -> bool:
    """Whether a label is that of a period that begins when the last one that is forecast has ended."""
    periods = loaded.scenario.periods
    found = None if label == TOTAL else period_of(label, periods)
    return found is not None and found.start >= last.end and fiscal_periods(periods, found.start)[0].label == label


def _over(loaded: LoadedScenario, label: str) -> Period | None:
    """The period of a label, if it ended before the forecast begins."""
    found = None if label == TOTAL else period_of(label, loaded.scenario.periods)
    return found if found is not None and found.end <= loaded.scenario.as_of else None
