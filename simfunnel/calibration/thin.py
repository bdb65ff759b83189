"""Too little history is said, not papered over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simfunnel.calibration.calibration import Counts
from simfunnel.calibration.learned import Learned
from simfunnel.errors import InputError
from simfunnel.estimation.gaps import outpaced, usual_gap
from simfunnel.estimation.renamed import renamed
from simfunnel.estimation.skill import skill
from simfunnel.history.history import DAY, STILL, History
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import tell, term, together

LEAST_DECIDED, LEAST_OF_EACH, FEW = 30, 10, 100
"""Decided deals, and won or lost ones, below which nothing is estimated; decided ones below which it is doubtful."""
FAR = (2 / 3, 1.5)
"""Factors of the anchor beyond which model and run-rate contradict each other."""

REPEATED = ("id_of_many_deals", "duplicate_deals")
"""Findings by which an id may stand for many deals."""
MOST_AHEAD = 3_653
"""Days after the last event at which nothing of a history is worth anything."""


class TooLittleError(InputError):
    """A history holds too little to learn from without a prior.

    Parameters
    ----------
    found
        What it holds and what is needed: also where no prior can be given.
    advice
        What else to do where one can.
    """

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found + advice)
        self.found = found


def refuse_unusable(view: History) -> None:
    """Raise InputError if the history cannot be learned from as it stands, whatever it holds."""
    if view.since is not None and view.since >= view.end:
        raise InputError(
            f"history.since: nothing is used before {view.day(view.since)}, and nothing is known from "
            f"{view.day(view.end)} on; choose an earlier day"
        )
    if view.end - view.last > MOST_AHEAD * DAY:
        raise InputError(
            f"--as-of: the history ends on {view.day(view.last)}, more than ten years before {view.day(view.end)}; "
            "choose a day nearer to it"
        )
    if any(finding.code == "several_currencies" for finding in view.findings):
        raise InputError(
            "the amounts of the history are in several currencies, and a sum of them says nothing; convert them in the "
            "file, or forecast the number of wins with `--value count` and `columns: {amount: null}`"
        )


def refuse_stuck(view: History) -> None:
    """Raise TooLittleError if nobody has ever left a stage that deals are in."""
    for k, name in enumerate(view.stages):
        here = view.spells.stage == k
        if here.any() and (view.spells.to[here] == STILL).all():
            raise TooLittleError(
                tell(
                    "no deal has ever left the stage '{stage}' ({deals:,} are in it): nothing can be learned of it; "
                    "map it onto another stage with `history.stage_map`",
                    stage=name,
                    deals=int(here.sum()),
                ),
                ", or say what you believe with --prior SCENARIO",
            )


def is_thin(used: tuple[int, int]) -> bool:
    """Whether so many wins and losses are too few to learn from without a prior."""
    return sum(used) < LEAST_DECIDED or min(used) < LEAST_OF_EACH


def refuse_thin(deals: Counts, used: tuple[int, int], view: History) -> None:
    """Raise TooLittleError if too few deals are decided to learn from; `used` are the wins and losses that count."""
    won, lost = used
    decided = won + lost
    found: str = tell(
        "{decided:,} of {deals:,} deals are decided, {won:,} won and {lost:,} lost",
        decided=decided, deals=deals.n, won=won, lost=lost,
    )  # fmt: skip
    if decided < deals.won + deals.lost:
        found += tell(" since the day given as `since`")
    if not is_thin(used):
        return
    if won == 0 or lost == 0:
        which = "won" if won == 0 else "lost"
        found += tell(
            "; no deal is {outcome}: is the word for it in the file another one (`history.{key}`)?",
            outcome=term(which), key=which,
        )  # fmt: skip
    repeated = together(*(tell(". {sentence}", sentence=x.sentence) for x in view.findings if x.code in REPEATED))
    raise TooLittleError(
        tell(
            "too little to learn from: {found}; at least {decided} decided deals are needed, {each} won and {each} "
            "lost{repeated}",
            found=found,
            decided=LEAST_DECIDED,
            each=LEAST_OF_EACH,
            repeated=repeated,
        ),
        ". Write a scenario by hand (simfunnel init) with rates you believe and what they rest on, such as "
        "{mean: 0.3, n: 20}, and give it as --prior SCENARIO: its rates then count as n deals each beside what the "
        "history shows",
    )


def thin_cautions(learned: Learned) -> Iterator[Finding]:
    """Say what is doubtful for want of events."""
    if learned.blend is not None:
        yield from learned.blend.cautions()
    decided = learned.deals.won + learned.deals.lost
    if decided < FEW:
        yield Finding("few_events", {"decided": decided})
    stated = learned.blend is not None and learned.blend.correlation is not None
    if not learned.dependence.windows and not stated:
        yield Finding("no_past_window", {"days": round(learned.horizon)})
    yield from renamed(learned.view)
    unplaced = int((learned.book.first_stage < 0).sum())
    if unplaced:
        yield Finding("deals_unplaced", {"deals": unplaced})
    gain = skill(learned.view, learned.risk.since)
    if gain is not None and gain <= 0:
        yield Finding("no_skill")
    gap = usual_gap(learned.view)
    found = learned.stages if learned.blend is None else [stage.found for stage in learned.blend.stages]
    if gap is not None and (fast := outpaced(found, gap)):
        yield Finding("wide_gaps", {"gap": gap, "stages": [learned.view.stages[k] for k in fast]})
    beyond, value = beyond_seen(learned)
    if beyond:
        yield Finding("beyond_seen", {"deals": beyond, "value": value})
    if learned.anchor is not None and not FAR[0] < learned.anchor.factor < FAR[1]:
        yield Finding("anchored_far", {"factor": learned.anchor.factor}, key="anchor")
    if learned.view.undated == "known" and _undated(learned):
        yield Finding("undated_fact", {"fields": _undated(learned)})


def beyond_seen(learned: Learned) -> tuple[int, float]:
    """Open deals older than any that left their stage, and their value."""
    book = learned.book
    limits = np.array([s.incidence.age[-1] if len(s.incidence.age) else 0.0 for s in learned.stages])
    older = book.open_age > limits[book.open_stage]
    return int(older.sum()), float(np.nansum(book.amount[book.open][older]))


def _undated(learned: Learned) -> list[str]:
    from simfunnel.history.history import UNDATED

    facts, groups = learned.view.facts, learned.groups
    found = [name for name in ("amount", "owner", "segment", "source") if name in facts
             and bool((facts[name].since == UNDATED).any())]  # fmt: skip
    return found if groups is None or not groups.undated or groups.by in found else [*found, groups.by]
