"""Deals won before as_of: what is booked already, and what of it is still being paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.crm import PipelineTable, WonDeals
from simfunnel.errors import InputError
from simfunnel.families.build import build_distribution
from simfunnel.funnel.calendar import Period
from simfunnel.funnel.groups import Labels
from simfunnel.scenario.schema import Scenario
from simfunnel.wording.findings import Finding

NEGLIGIBLE = 1e-9
"""Chance of a payment in or after the current period below which a win of an earlier one counts as paid."""


@dataclass(frozen=True)
class Closed:
    """Wins of the current period (rows of the file, then `closed` entries), then those of earlier ones."""

    labels: list[Labels]
    names: list[str]
    """What keys the draws of their payments: the deal's id, or what an entry says and its occurrence."""
    day: Floats
    """Calendar days relative to as_of; an entry counts as won halfway to as_of."""
    amount: Floats
    """Major units."""
    wins: Ints
    booked: Bools
    """Whether it is of the current period."""


def closed_of(scenario: Scenario, table: PipelineTable, period: Period, teams: Mapping[str, str]) -> Closed:
    """Collect them; wins of earlier periods only where payment terms ask for them."""
    won, earlier = table.won, table.won_earlier
    still = _still_paid(scenario, earlier, period).tolist()
    labels = [_labels(won, i) for i in range(len(won))]
    halfway = -(scenario.as_of - period.start).days / 2
    names = [f"deal {identity}" for identity in won.id]
    for number, entry in enumerate(scenario.closed):
        if entry.period != period.label:
            raise InputError(
                f"closed[{number}].period: closed wins belong to the period of as_of, {period.label}; "
                f"found '{entry.period}'"
            )
        team = entry.team or (teams.get(entry.owner) if entry.owner else None)
        labels.append({"owner": entry.owner, "team": team, "segment": entry.segment, "source": entry.source})
        said = entry.model_dump_json()
        names.append(f"{said} {names.count(said)}" if said in names else said)
    current = len(labels)
    entries = np.array([c.amount for c in scenario.closed], dtype=np.float64)
    amount = np.concatenate([won.amount, entries, earlier.amount[still]])
    return Closed(
        labels=[*labels, *(_labels(earlier, i) for i in still)],
        names=[*names, *(f"deal {earlier.id[i]}" for i in still)],
        day=np.concatenate([won.closed, np.full(len(entries), halfway), earlier.closed[still]]),
        amount=amount,
        wins=np.array([1] * len(won) + [c.wins for c in scenario.closed] + [1] * len(still), dtype=np.int64),
        booked=np.arange(len(amount)) < current,
    )


def _still_paid(scenario: Scenario, earlier: WonDeals, period: Period) -> Ints:
    """Wins of earlier periods that may pay in the current period or after it: old ones cost draws for nothing."""
    since = (period.start - scenario.as_of).days - 0.5 - earlier.closed
    late = np.zeros(len(earlier))
    for term in scenario.payment_terms:
        late = np.maximum(late, build_distribution(term.delay).sf(np.maximum(since, 0.0)))
    return np.flatnonzero((late > NEGLIGIBLE) & ~np.isnan(earlier.amount))


def _labels(won: WonDeals, i: int) -> Labels:
    return {"owner": won.owner[i], "team": won.team[i], "segment": won.segment[i], "source": won.source[i]}


def unknown_instalments(scenario: Scenario, table: PipelineTable, period: Period) -> Iterator[Finding]:
    """Say what is not known of the payments of deals that were won before the current period."""
    if not scenario.payment_terms:
        return
    earlier = table.won_earlier
    if not len(earlier):
        yield Finding("earlier_wins_unknown", {"period": period.label, "start": period.start}, key="payment_terms")
    elif missing := int(np.isnan(earlier.amount).sum()):
        yield Finding("earlier_wins_without_amount", {"wins": missing, "start": period.start}, key="payment_terms")
