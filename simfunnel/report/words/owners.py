"""The sentences to repeat about what owners said would come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simfunnel.store.submissions import KINDS
from simfunnel.wording.numbers import percent, plural

if TYPE_CHECKING:
    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.record.owner_record import OwnerRecord

_NAMED = 3
NAMES = {"commit": "commits", "best_case": "best cases"}


def signed(share: float | None) -> str:
    """Write a bias: +25 %; of one without an upper end that it is far above."""
    return "far above" if share is None else "0 %" if abs(share) < 0.005 else f"{100 * share:+,.0f} %"


def sure(one: OwnerBias) -> str:
    """Say how sure the way of a bias is."""
    if one.p_high is None:
        return ""
    return f"{percent(max(one.p_high, 1 - one.p_high))} sure it is too {'high' if one.p_high >= 0.5 else 'low'}"


def commit_words(one: OwnerBias) -> str:
    """Say in a table how far an owner's commits are off: +25 % too high (4 periods, 97 % sure)."""
    periods = plural(one.periods, "period")
    return periods if one.p_high is None else f"{signed(one.shrunk)} ({periods}, {sure(one)})"


def owners_sentences(record: OwnerRecord) -> list[str]:
    """Say of each kind how far it is off, and whose bias is real."""
    return [_sentence(kind, whole, record.of(kind)) for kind in KINDS if (whole := record.whole(kind)) is not None]


def _sentence(kind: str, whole: OwnerBias, owners: Sequence[OwnerBias]) -> str:
    what = NAMES[kind]
    off = (
        "nothing came" if whole.bias is None
        else f"{what} were on average what came" if abs(whole.bias) < 0.005
        else f"{what} were on average {percent(abs(whole.bias))} {'above' if whole.bias > 0 else 'below'} what came"
    )  # fmt: skip
    if kind == "best_case":
        n = sum(one.periods for one in owners)
        return f"Best cases were reached in {whole.reached} of {plural(n, 'period')} of owners; {off}."
    first = f"Of {plural(len(owners), 'owner')} over {plural(whole.periods, 'period')}, {off}"
    if whole.p_high is None:
        return f"{first}; one period cannot tell a bias from chance."
    parts = []
    for verdict in ("too optimistic", "too cautious"):
        named = [one for one in owners if one.verdict == verdict]
        named.sort(key=lambda one: -abs((one.p_high or 0.0) - 0.5))
        if named:
            listed = ", ".join(f"{one.owner} ({signed(one.shrunk)}, {sure(one)})" for one in named[:_NAMED])
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            parts.append(f"{verdict}: {listed}{more}")
    return f"{first}; {'; '.join(parts) or 'no bias of an owner can be told from chance'}."
