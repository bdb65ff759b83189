"""The sentence to repeat about a stress test."""

from __future__ import annotations

from simfunnel.planning.stress.assumptions import Assumption
from simfunnel.planning.stress.stress import Stress
from simfunnel.report.words.assumptions import change, name_of
from simfunnel.report.words.changes import in_period
from simfunnel.report.words.reached import trials_of
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import capitalized, chance, money


def stress_sentence(result: Stress) -> str:
    """Say which assumption the forecast rests on."""
    where = in_period(result.goal.period)
    if not result.tornado or result.tornado[0].idle:
        return tell(
            "No assumption moves anything {where}: there are neither open deals nor leads that could be won.",
            where=where,
        )
    # conversion of every stage holds that of each stage: that it matters more than they do is no finding
    single = [bar for bar in result.tornado if bar.assumption.path != "conversion" or result.stages == 1]
    single = single if single and not single[0].idle else list(result.tornado)
    bar, target = single[0], result.goal.target
    most = tell(": of {single} single assumptions it matters most", single=len(single)) if len(single) > 1 else ""
    worse = bar.assumption.low if bar.rises else bar.assumption.high
    moved = _moved(bar.assumption, worse)
    if target is None or result.p_attain is None or bar.swing[0] == 0:
        mean = bar.mean_low if bar.rises else bar.mean_high
        better = bar.mean_high if bar.rises else bar.mean_low
        if abs(better - result.mean.mean) > 1.05 * abs(mean - result.mean.mean):  # what ranks it first is told
            mean = better
            moved = _moved(bar.assumption, bar.assumption.high if bar.rises else bar.assumption.low)
        before, after = money(result.mean.mean), money(mean)
        return tell(
            "{moved} takes mean bookings {where} from {before} to {after}{most}.",
            moved=moved,
            where=where,
            before=before,
            after=after,
            most=most,
        )
    p = bar.p_low if bar.rises else bar.p_high
    now, then = (chance(x or 0.0, trials_of(result.base, result.goal)) for x in (result.p_attain.mean, p))
    return tell(
        "{moved} takes the chance of {target} {where} from {now} to {then}{most}.",
        moved=moved,
        target=money(target),
        where=where,
        now=now,
        then=then,
        most=most,
    )


def _moved(assumption: Assumption, by: float) -> str:
    """Say what was moved by how much."""
    return capitalized(
        tell("{assumption} {change}", assumption=name_of(assumption.path), change=change(assumption.operation, by))
    )
