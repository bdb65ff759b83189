"""What is learned covers the truth: ``python -m pytest -o addopts= -m slow -s tests/studies/test_recovery.py``.

The truth is drawn anew for each history from stated ranges; a third of the files begin late, without the deals that
ended before (weekly exports: the first one is made then). Each history is written in one form, in turn, and read back:
events, versions (dbt), stage dates (HubSpot), field changes (Salesforce), weekly exports. Inflow has a level of its own
in each 30 days: the rate asked for is that of the next 30. Figures stand in `docs/validation.md`;
`SIMFUNNEL_HISTORIES=200` makes fewer, `SIMFUNNEL_FORMS="weekly exports,events"` some forms alone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import os
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from estimation import made
from estimation.exports import exported, read_back
from history.telling import Deal, as_changes, as_dbt, as_events
from scipy import stats

from simfunnel.calibration import calibrate
from simfunnel.calibration.calibration import Calibration
from simfunnel.diagnosis.metrics import metrics
from simfunnel.history.history import DAY, LOST, WON, Ends, Facts, History, Spells

pytestmark = pytest.mark.slow
HISTORIES = int(os.environ.get("SIMFUNNEL_HISTORIES", "1000"))
RANGES = {
    "P_ON": (0.2, 0.8), "P_WON": (0.2, 0.7), "DAYS_ON": (3.0, 20.0), "DAYS_LOST": (3.0, 30.0),
    "DAYS_OFFER": (5.0, 40.0),
}  # fmt: skip
LOW, HIGH = 0.86, 0.95
FAMILY = 0.01 / 64
"""Chance of a false alarm of each of 64 comparisons, eight rates by eight kinds: 1 % of all together."""
LATE = 60
"""Day on which a file begins that begins late."""
LEVELS, KEPT, MONTH = (0.05, 0.25), 0.6, 30
"""Sd of the log level of the inflow, drawn from this range; share of the deals that a level of 1 keeps; days of one."""


def begun_late(history: History, day: int) -> History:
    """The file as it is if deals that ended before a day are not in it."""
    first = history.midnight(made.START) + day * DAY
    kept = np.ones(len(history.deals), dtype=bool)
    kept[history.ends.deal[history.ends.closed < first]] = False
    return of_deals(history, kept)


def levelled(history: History, rng: np.random.Generator) -> tuple[History, float]:
    """Thin the deals of each 30 days, counted from the end, to a level of their own; and the level of the next 30."""
    sd = float(rng.uniform(*LEVELS))
    back = ((history.last - history.deals.created) / DAY / MONTH).astype(int)
    level = KEPT * np.exp(sd * rng.standard_normal(back.max() + 2))
    return of_deals(history, rng.random(len(back)) < level[back]), float(min(level[-1], 1.0))


def of_deals(history: History, kept: np.ndarray) -> History:
    """Some of the deals."""
    place = np.cumsum(kept) - 1
    s, e, f = history.spells, history.ends, history.facts["amount"]
    a, b, c = kept[s.deal], kept[e.deal], kept[f.deal]
    return dataclasses.replace(
        history,
        deals=type(history.deals)(history.deals.id[kept], history.deals.created[kept], history.deals.created[kept]),
        spells=Spells(place[s.deal[a]], s.stage[a], s.entered[a], s.entered[a], s.left[a], s.left[a], s.to[a]),
        ends=Ends(place[e.deal[b]], e.outcome[b], e.closed[b], e.closed[b]),
        facts={"amount": Facts(place[f.deal[c]], f.since[c], f.since[c], f.value[c])},
    )


ENDS = {WON: "Closed Won", LOST: "Closed Lost"}
FORMS = tuple(os.environ.get("SIMFUNNEL_FORMS", "events,versions,stage dates,changes,weekly exports").split(","))


def told(history: History, form: str, day: int = 0) -> History:
    """Write it down in a form, and read it back; exports are made from a day on."""
    if form == "weekly exports":
        begun = int(history.deals.created.min() - history.midnight(made.START)) // DAY
        return read_back(exported(history, first=max(day - begun, 0) + 3), history)
    s = history.spells
    steps: dict[str, list[tuple[dt.datetime, str]]] = {}
    for i in np.lexsort((s.entered, s.deal)).tolist():
        mine = steps.setdefault(history.deals.id[s.deal[i]], [])
        mine.append((moment(int(s.entered[i])), history.stages[s.stage[i]]))
        if s.to[i] in ENDS:
            mine.append((moment(int(s.left[i])), ENDS[int(s.to[i])]))
    deals = [Deal(id, path) for id, path in steps.items()]
    rows = {"events": as_events, "versions": as_dbt, "stage dates": stage_dates, "changes": as_changes}[form](deals)
    return read_back(pd.DataFrame(rows), history)


def moment(instant: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=instant)


def stage_dates(deals: list[Deal]) -> list[dict[str, str]]:
    names = ("Demo", "Offer", *ENDS.values())
    return [
        {"Record ID": deal.id, **{f'Date entered "{name} (Sales Pipeline)"': dates.get(name, "") for name in names}}
        for deal in deals
        for dates in [{stage: at.isoformat() for at, stage in deal.steps}]
    ]


class Hits:
    """Whether intervals held the truth, by what they are of and the kind of history."""

    def __init__(self) -> None:
        self.inside: dict[str, list[bool]] = {}

    def add(self, found: Calibration, truth: Mapping[str, float], *, form: str, life: str | None, late: bool) -> None:
        """Compare what was learned of one history with what is true in it."""
        on, offer = found.stages[0], found.stages[1]
        intervals = {
            **{f"{'P90' if i else 'median'} days {what}": exits.age_interval(j, i)
               for what, exits, j in (("Demo to Offer", on, 1), ("Offer to Won", offer, 2)) for i in (0, 1)},
            "inflow of the next 30 days": found.arrivals.interval(),
            "Demo to Offer": on.interval(1), "Offer to Won": offer.interval(2),
            "win rate of Demo": tuple(found.win_rate[0, 1:]),
        }  # fmt: skip
        for what, interval in intervals.items():
            assert interval is not None, what
            low, high = interval
            inside = bool(low <= truth[what] and (high is None or truth[what] <= high))
            for kind in ("all alike" if life is None else "lately more", form, *(["begun late"] if late else [])):
                self.inside.setdefault(f"{what}, {kind}", []).append(inside)

    def judge(self) -> None:
        """Print all shares, and refuse those that are too far off."""
        missed = []
        for what, inside in sorted(self.inside.items()):
            share, n = float(np.mean(inside)), len(inside)
            print(f"{what:44} {share:.3f} of {n}")
            slack = float(stats.norm.isf(FAMILY / 2)) * np.sqrt(0.9 * 0.1 / n)
            if not LOW - slack < share < HIGH + slack:
                missed.append(what)
        assert not missed


@pytest.mark.usefixtures("without_past_windows")
def test_intervals_cover_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(20270104)
    hits = Hits()
    for number in range(HISTORIES):
        drawn = {name: float(rng.uniform(*span)) for name, span in RANGES.items()}
        for name, value in drawn.items():
            monkeypatch.setattr(made, name, value)
        days, per_day = int(rng.uniform(150, 400)), float(rng.uniform(2.5, 6.2))
        history, level = levelled(made.made_history(days=days, per_day=per_day, seed=number), rng)
        late = number % 3 == 0
        if late:
            history = begun_late(history, LATE)
        life = None if number % 2 else "auto"
        form = FORMS[number // 6 % len(FORMS)]
        history = told(history, form, LATE if late else 0)
        truth = {"inflow of the next 30 days": per_day * level, "Demo to Offer": drawn["P_ON"],
                 "Offer to Won": drawn["P_WON"], "win rate of Demo": drawn["P_ON"] * drawn["P_WON"]}  # fmt: skip
        for what, mean in (("Demo to Offer", "DAYS_ON"), ("Offer to Won", "DAYS_OFFER")):
            truth |= {
                f"{name} days {what}": -math.log(1 - q) * drawn[mean] for name, q in (("median", 0.5), ("P90", 0.9))
            }
        found = calibrate(history, unit="month", half_life=life, check=False, speeds=False)  # type: ignore[arg-type]
        hits.add(found, truth, form=form, life=life, late=late)
    hits.judge()


GROUPS, PRECISION, MEAN = (4, 13), (5.0, 200.0), (0.25, 0.7)
"""Owners; deals that the pool of their rates is worth, drawn evenly in its logarithm; mean of their rates."""


def test_shrunken_intervals_cover_the_rates_of_groups_on_the_mean() -> None:
    """Owners with rates of their own from a beta distribution, and shares far from even; by the mean over owners."""
    rng = np.random.default_rng(20270105)
    means: dict[str, list[float]] = {}
    for number in range(HISTORIES):
        count, v = int(rng.integers(*GROUPS)), float(np.exp(rng.uniform(*np.log(PRECISION))))
        m = rng.uniform(*MEAN, 2)
        share, rate = rng.dirichlet(np.full(count, 1.5)), rng.beta(m * v, (1 - m) * v, (count, 2))
        owners = [made.Owner(f"O{i}", float(share[i]), float(rate[i, 0]), float(rate[i, 1])) for i in range(count)]
        days, per_day = int(rng.uniform(150, 400)), float(rng.uniform(1.5, 3.7))
        history = made.made_history(days, per_day, seed=1_000_000 + number, owners=owners)
        life = None if number % 2 else 60.0
        inside: dict[str, list[bool]] = {}
        for group in metrics(history, by="owner", half_life=life).groups:
            on, won = rate[int(group.label[1:])].tolist()
            for what, found, true in (
                ("conversion of Demo", group.stages[0].conversion, on),
                ("win rate of Offer", group.stages[1].win_rate, won),
                ("win rate of Demo", group.win_rate, on * won),
            ):
                inside.setdefault(what, []).append(found.interval[0] <= true <= found.interval[1])
        for what, those in inside.items():
            kind = f"{what}, {'all alike' if life is None else 'lately more'}"
            means.setdefault(kind, []).append(float(np.mean(those)))
    missed = []
    for what, shares in sorted(means.items()):
        error = float(np.std(shares) / np.sqrt(len(shares)))
        print(f"{what:44} {np.mean(shares):.3f} of {len(shares)} (standard error {error:.3f})")
        slack = float(stats.norm.isf(0.01 / 6 / 2)) * error
        if not LOW - slack < np.mean(shares) < HIGH + slack:
            missed.append(what)
    assert not missed
