"""The sentences to repeat about what owners said would come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simfunnel.store.submissions import KINDS
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import percent, plural, signed_percent

if TYPE_CHECKING:
    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.record.owner_record import OwnerRecord

_NAMED = 3
NAMES = {"commit": "commits", "best_case": "best cases"}


def signed(share: float | None) -> str:
    """Write a bias: +25 %; of one without an upper end that it is far above."""
    return tell("far above") if share is None else percent(0.0) if abs(share) < 0.005 else signed_percent(share)


def sure(one: OwnerBias) -> str:
    """Say how sure the way of a bias is."""
    if one.p_high is None:
        return ""
    return tell(
        "{certainty} sure it is too {high}",
        certainty=percent(max(one.p_high, 1 - one.p_high)),
        high=tell("high") if one.p_high >= 0.5 else tell("low"),
    )


def commit_words(one: OwnerBias) -> str:
    """Say in a table how far an owner's commits are off: +25 % too high (4 periods, 97 % sure)."""
    periods = plural(one.periods, "period")
    return (
        periods
        if one.p_high is None
        else tell("{bias} ({periods}, {sure})", bias=signed(one.shrunk), periods=periods, sure=sure(one))
    )


def owners_sentences(record: OwnerRecord) -> list[str]:
    """Say of each kind how far it is off, and whose bias is real."""
    return [_sentence(kind, whole, record.of(kind)) for kind in KINDS if (whole := record.whole(kind)) is not None]


def _sentence(kind: str, whole: OwnerBias, owners: Sequence[OwnerBias]) -> str:
    what = tell(NAMES[kind])
    off = (
        tell("nothing came")
        if whole.bias is None
        else tell("{what} were on average what came", what=what)
        if abs(whole.bias) < 0.005
        else tell(
            "{what} were on average {bias} {above} what came",
            what=what,
            bias=percent(abs(whole.bias)),
            above=tell("above") if whole.bias > 0 else tell("below"),
        )
    )
    if kind == "best_case":
        n = sum(one.periods for one in owners)
        return tell(
            "Best cases were reached in {reached} of {periods} of owners; {off}.",
            reached=whole.reached,
            periods=plural(n, "period"),
            off=off,
        )
    first = tell(
        "Of {owners} over {periods}, {off}",
        owners=plural(len(owners), "owner"),
        periods=plural(whole.periods, "period"),
        off=off,
    )
    if whole.p_high is None:
        return tell("{first}; one period cannot tell a bias from chance.", first=first)
    parts = []
    for verdict in ("too optimistic", "too cautious"):
        named = [one for one in owners if one.verdict == verdict]
        named.sort(key=lambda one: -abs((one.p_high or 0.0) - 0.5))
        if named:
            listed = joined([
                tell("{owner} ({bias}, {sure})", owner=one.owner, bias=signed(one.shrunk), sure=sure(one))
                for one in named[:_NAMED]
            ])  # fmt: skip
            if len(named) > _NAMED:
                listed = tell("{listed} and {more} more", listed=listed, more=len(named) - _NAMED)
            parts.append(tell("{verdict}: {listed}", verdict=tell(verdict), listed=listed))
    biases = joined(parts, "; ") if parts else tell("no bias of an owner can be told from chance")
    return tell("{first}; {biases}.", first=first, biases=biases)
