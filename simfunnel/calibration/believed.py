"""Lines of the written scenario that come from the prior, each beside a comment that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from simfunnel.calibration.blend import Blend
from simfunnel.calibration.pooled import LEAST_EXITS, PooledStage
from simfunnel.scenario.schema import Distribution
from simfunnel.wording.numbers import percent, plural

WIDTH = 110
"""Characters of a line of points."""


def prior_header(blend: Blend) -> str:
    """Say that there is a prior."""
    name = "the prior" if blend.prior.file is None else "the prior " + blend.prior.file.replace("\n", " ")
    return f"# Pooled with {name}, which weighs {percent(blend.weight)} of the deals that the rates rest on."


def pooled_comment(stage: PooledStage) -> str:
    """Say what the rates of a stage rest on."""
    origin = "as it states" if stage.prior.stated else "the default, for it states no n"
    return (
        f"    # pooled: {stage.prior.n:,.6g} deals of the prior ({origin}), {percent(stage.weight)} of all, and "
        f"{stage.n_found:,.1f} independent ones seen"
    )


def prior_ways(stage: PooledStage, j: int, p: float) -> Iterator[tuple[float, list[str]]]:
    """Give the chance of each way to an end, and its duration as the prior spells it; they add up to `p`."""
    laws = stage.prior.laws[j]
    total, left = sum(share for share, _ in laws), p
    comment = (
        f"        # the law of the prior: {plural(int(stage.found.counts[j]), 'exit')}, {LEAST_EXITS} would be needed "
        "for one of their own"
    )
    for i, (share, duration) in enumerate(laws):
        part = left if i == len(laws) - 1 else round(p * share / total, 6)
        left = round(left - part, 6)
        yield part, [comment, *_duration(duration)]


def _duration(duration: Distribution) -> Iterator[str]:
    written = duration.model_dump()
    points = written["empirical"] if isinstance(written, Mapping) and "empirical" in written else None
    if isinstance(points, Mapping) and isinstance(points["quantiles"], list):
        yield from quantile_lines(points["quantiles"])
    else:
        yield f"        duration: {json.dumps(written)}"


def quantile_lines(points: list[list[float]]) -> Iterator[str]:
    """Write the law of a duration in lines that are not too long."""
    yield "        duration:"
    yield "          empirical:"
    yield from points_in_lines(", ".join(f"[{p:.6g}, {x:.6g}]" for p, x in points), " " * 12)


def points_in_lines(points: str, indent: str) -> Iterator[str]:
    """Break the points of a law, written one after the other, into lines."""
    yield f"{indent}quantiles: ["
    line = f"{indent} "
    for pair in points.removesuffix("]").split("], "):
        text = f" {pair}],"
        if len(line) + len(text) > WIDTH:
            yield line
            line = f"{indent} "
        line += text
    yield line.rstrip(",")
    yield f"{indent}]"


def prior_amount_lines(blend: Blend) -> Iterator[str]:
    """Write the amounts of the prior."""
    assert blend.amounts is not None
    yield f"# amounts of the prior: fewer than {LEAST_EXITS} won deals of known amount were seen"
    yield f"amount: {json.dumps(blend.amounts.written)}"
    if blend.amounts.level_sd > 0:
        yield f"amount_level: {{sd: {blend.amounts.level_sd:.6g}}}"


def prior_lead_lines(blend: Blend) -> Iterator[str]:
    """Write the lead sources of the prior; what they say of segments is left out."""
    scenario = blend.prior.scenario
    yield "# no new deal came in the last four weeks: the leads are those of the prior"
    yield "leads:"
    for source in scenario.leads:
        written: dict[str, Any] = source.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        written.pop("segment", None)
        yield f"  - {json.dumps(written, ensure_ascii=True)}"
    if scenario.leads_level is not None:
        yield f"leads_level: {{sd: {scenario.leads_level.sd:.6g}}}"


def prior_correlation_lines(blend: Blend) -> Iterator[str]:
    """Write the dependence of the prior."""
    assert blend.correlation is not None
    yield "# dependence of the prior: past windows of so few deals say nothing of what deals share"
    yield f"correlation: {json.dumps(blend.correlation.model_dump())}"
