"""Lines of the written scenario about groups: odds, amounts and lead sources, each beside what it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from simfunnel.calibration.groups import GroupRate, LearnedGroup, LearnedGroups
from simfunnel.estimation.amounts import Amounts
from simfunnel.wording.numbers import percent, plural

PLAIN_KEY = 1000
"""Characters up to which YAML takes a text before a colon for a key."""


def segment_lines(groups: LearnedGroups, names: Sequence[str], text: Callable[[str], str]) -> Iterator[str]:
    """Write what differs in each group; `text` writes a name."""
    yield (
        f"# by {text(groups.by)}: rates of the whole past, shrunk to those of all by their number, and scaled to "
        "bring together what all deals do"
    )
    yield "segments:"
    for member in groups.members:
        yield from _segment(member, groups, names, text)


def _segment(
    member: LearnedGroup, groups: LearnedGroups, names: Sequence[str], text: Callable[[str], str]
) -> Iterator[str]:
    name = text(member.label)
    told = f"# {plural(member.n, 'deal')}, {member.decided:,} decided, {member.open:,} open"
    rates = [(k, rate) for k, rate in enumerate(member.rates) if rate is not None and rate.odds != 1]
    empty = not rates and member.amounts is None
    value = " {}" if empty else ""
    if len(name) > PLAIN_KEY:
        yield f"  ? {name}"
        yield f"  :{value}   {told}"
    else:
        yield f"  {name}:{value}   {told}"
    if rates:
        yield "    stages:"
        for k, rate in rates:
            yield from _odds(text(names[k]), rate, groups.pool[k])
    if member.amounts is not None:
        yield from _amounts(member.amounts, member.seen, own=member.own_amounts)


def _odds(stage: str, rate: GroupRate, pool: float | None) -> Iterator[str]:
    raw = "nothing decided" if rate.raw is None else f"{percent(rate.raw)} seen"
    low, high = rate.interval
    told = (
        f"# {raw}, shrunk {percent(rate.shrunk)} ({percent(low)} to {percent(high)}), all {percent(pool or 0.0)}; "
        f"worth {rate.n_effective:,.0f} independent deals"
    )
    if len(stage) > PLAIN_KEY:
        yield f"      ? {stage}"
        yield f"      : {{odds: {rate.odds:g}}}   {told}"
    else:
        yield f"      {stage}: {{odds: {rate.odds:g}}}   {told}"


def _amounts(amounts: Amounts, seen: int, *, own: bool) -> Iterator[str]:
    if own:
        yield f"    # {plural(seen, 'won deal')} of its own: median {amounts.median:,.0f}, mean {amounts.mean:,.0f}"
    else:
        yield f"    # {plural(seen, 'won deal')} of its own, typical ones at a shrunken level: mean {amounts.mean:,.0f}"
    yield f"    amount: {json.dumps(amounts.written)}"
    if amounts.level_sd > 0:
        yield f"    amount_level: {{sd: {amounts.level_sd:.4f}}}"


def group_lead_lines(
    groups: LearnedGroups, per_week: float, names: Sequence[str], text: Callable[[str], str]
) -> Iterator[str]:
    """Write a lead source for each group and stage in which its deals begin."""
    yield "# shares of the groups are those of all new deals under the weights above: four weeks alone would be luck"
    yield "leads:"
    used: set[str] = set()
    for member in groups.members:
        begins = [(k, share) for k, share in enumerate(member.entry.tolist()) if share > 0]
        for k, share in begins:
            name = f"new deals: {member.label}" if len(begins) == 1 else f"new in {names[k]}: {member.label}"
            while name in used:
                name += "'"
            used.add(name)
            yield f"  - name: {text(name)}"
            yield f"    stage: {text(names[k])}"
            yield f"    segment: {text(member.label)}"
            yield f"    rate: {{per: week, mean: {per_week * share:.5g}}}"
