"""The console page of saved forecasts that were scored."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.backtesting.saved import Track, TrackedForecast, missed_by
from simfunnel.report.console.layout import Row, table
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import day_told, money, percent, period_told, plural
from simfunnel.wording.shown_text import as_name

_ROWS = 30


def track_page(r: Track, width: int) -> RenderableType:
    """Lay out forecasts, what came, and where it fell."""
    rows = r.forecasts[-_ROWS:]
    parts: list[RenderableType] = [
        Text(_first(r), style="bold"),
        table([_row(x) for x in rows], ("folder", "run-rate", "P10", "P90"), width),
    ]
    if len(r.forecasts) > len(rows):
        parts.append(
            Text(tell("and {more:,} earlier ones (--json and --out list all)", more=len(r.forecasts) - len(rows)))
        )
    return Group(*parts)


def _first(r: Track) -> str:
    rows = r.scored
    if not rows:
        return tell("No period of these forecasts is over in the history: there is nothing to score yet.")
    missed = missed_by(rows)
    told = "" if missed is None else tell(" missed by {missed} on average", missed=percent(missed))
    inside = sum(bool(x.inside_80) for x in rows)
    return tell(
        "{forecasts} of periods that are over{told}; {inside} ended inside the 80 % range. One "
        "period may be forecast several times: these are not independent.",
        forecasts=plural(len(rows), "forecast"),
        told=told,
        inside=inside,
    )


def _row(x: TrackedForecast) -> Row:
    rate = x.rivals.get("run_rate")
    return {
        "Period": period_told(as_name(x.period)), "as of": day_told(x.as_of), "folder": as_name(x.path)[:24],
        "P10": money(x.quantiles[0.1]), "P50": money(x.quantiles[0.5]), "P90": money(x.quantiles[0.9]),
        "came": tell("not over") if x.actual is None else money(x.actual),
        "inside 80 %": "" if x.inside_80 is None else tell("yes") if x.inside_80 else tell("no"),
        "target": "" if x.target is None else money(x.target),
        "P(attain)": "" if x.p_attain is None else percent(x.p_attain),
        "run-rate": "" if rate is None else money(rate.mean),
    }  # fmt: skip
