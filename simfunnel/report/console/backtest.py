"""The console page of `backtest`: how far forecasts of the past missed, against what, and why."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.backtesting.judge import LEAST_WINDOWS
from simfunnel.backtesting.results import Backtest, RivalSummary, Summary
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.words.backtest import OPEN, first_sentence, method_name, of_error, of_pits, of_windows, windows_of
from simfunnel.report.words.changes import called
from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import money, percent, plural, share_of, signed_percent
from simfunnel.wording.shown_text import as_name

_GROUPS = 12
_GIVE_WAY = ("ours less theirs", "bias", "P50 missed by", "inside 80 %")


def backtest_page(r: Backtest, width: int) -> RenderableType:
    """Lay out the scores."""
    s = r.summary
    value = "" if r.value == "count" else tell(" in {currency}", currency=r.currency)
    parts: list[RenderableType] = [
        Text(first_sentence(r), style="bold"),
        Text(
            tell(
                "{file} · {origins} from {first} to {last} · {windows} · {value}{currency}",
                file=as_name(r.file or tell("history")),
                origins=plural(s.n, "origin"),
                first=r.whole[0].as_of,
                last=r.whole[-1].as_of,
                windows=windows_of(r.days),
                value=tell("wins") if r.value == "count" else tell("won amounts"),
                currency=value,
            )
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    if len(r.cautions) > 3:
        parts.append(
            Text(
                tell(
                    "and {more_cautions} (--json lists all)", more_cautions=plural(len(r.cautions) - 3, "more caution")
                )
            )
        )
    methods = table(_methods(s), _GIVE_WAY, width)
    parts += [Text(), methods, *legend(methods, _scores(s))]
    parts.append(Text(of_windows(s, missed_by="P50 missed by" in methods.columns)))
    parts += [Text(), table(_parts(r), ("CRPS", "forecast"), width)]
    if s.budget is not None:
        parts += [Text(), table(_budget(s), (), width), Text(of_error(s))]
    if any(band.deals for band in s.bands):
        parts += [Text(), table(_bands(s), ("deals",), width), Text(_of_bands(s))]
    if s.reliability:
        parts += [Text(), table(_reliability(s), (), width)]
    parts += [Text(), table(_coverage(s), (), width), Text(of_pits(s))]
    if r.groups:
        parts += [Text(), *_groups(r, width)]
    if r.choices:
        parts += [Text(), table(_choices(r), (), width)]
    return Group(*parts)


def _methods(s: Summary) -> list[Row]:
    own = {
        "Forecast": method_name("simfunnel"), "CRPS": _share(s.relative_crps), "P50 missed by": _share(s.missed_by),
        "bias": _signed(s.bias), "inside 80 %": percent(s.coverage[0.8]), "ours less theirs": "", "says": "",
    }  # fmt: skip
    return [own, *(_method(name, s, rival) for name, rival in s.rivals.items())]


def _method(name: str, s: Summary, x: RivalSummary) -> Row:
    difference, says = "", ""
    if x.difference is not None and s.mean_actual > 0:
        d = x.difference
        low, mean, high = (100 * v / s.mean_actual for v in (d.low, d.mean, d.high))
        difference = tell("{mean:+.1f} ({low:+.1f} to {high:+.1f})", mean=mean, low=low, high=high)
        if s.independent_windows >= LEAST_WINDOWS:
            says = (
                tell("ours is better")
                if d.high < 0
                else tell("theirs is better")
                if d.low > 0
                else tell("not told apart")
            )
    return {
        "Forecast": as_name(method_name(name)), "CRPS": _share(x.relative_crps),
        "P50 missed by": _share(s.rival_missed_by.get(name)), "bias": _signed(x.bias),
        "inside 80 %": percent(x.coverage[0.8]) if x.coverage and 0.8 in x.coverage else "",
        "ours less theirs": difference, "says": says,
    }  # fmt: skip


def _scores(s: Summary) -> dict[str, str]:
    return {
        "CRPS": tell("CRPS: error of the whole distribution, as a share of what a window brought on average ({came}).",
                     came=money(s.mean_actual)),
        "ours less theirs": tell("In brackets: 90 %, points."),
    }  # fmt: skip


def _parts(r: Backtest) -> list[Row]:
    rows = []
    for name, part in r.summary.parts.items():
        rows.append({
            "Part": tell(OPEN[name]), "came, on average": money(part.mean_actual), "forecast": money(part.mean),
            "forecast / came": f"{part.mean / part.mean_actual:.2f}" if part.mean_actual > 0 else "",
            "CRPS": _share(part.crps / r.summary.mean_actual) if r.summary.mean_actual > 0 else "",
        })  # fmt: skip
    return rows


def _budget(s: Summary) -> list[Row]:
    assert s.budget is not None
    b = s.budget
    named = {
        "nothing": b.neither, "which deals will be created": b.arrivals_known,
        "how stages of the window will run": b.hazards_known, "both": b.both,
    }  # fmt: skip
    return [{"If one had known": tell(name), "CRPS": _share(crps)} for name, crps in named.items()]


def _bands(s: Summary) -> list[Row]:
    rows = []
    for band in s.bands:
        to = (
            tell("{first:g} to {last:g} days", first=band.first, last=band.last)
            if band.last is not None
            else tell("{first:g} days and more", first=band.first)
        )
        rows.append({
            "Open deals by age": to, "deals": f"{band.deals / s.n:,.0f}",
            "expected wins": f"{band.expected / s.n:,.1f}", "came": f"{band.came / s.n:,.1f}",
            "came / expected": f"{band.came / band.expected:.2f}" if band.expected > 0 else "",
        })  # fmt: skip
    return rows


def _of_bands(s: Summary) -> str:
    return tell(
        "On average of an origin, by the hazards alone, without the run-rate; worth "
        "{independent_windows:.1f} independent windows. Shown, never corrected for.",
        independent_windows=s.independent_windows,
    )


def _reliability(s: Summary) -> list[Row]:
    return [
        {
            "Target": tell("{multiple:g} x a usual window", multiple=x.multiple),
            "P(attain), mean": percent(x.p),
            "attained": percent(x.share),
            "Brier": f"{x.brier:.3f}",
        }
        for x in s.reliability
    ]


def _coverage(s: Summary) -> list[Row]:
    return [
        {
            "Range": percent(level), "origins inside": percent(share),
            "a right forecast has": joined([percent(end) for end in s.coverage_region[level]], " to "),
        }
        for level, share in s.coverage.items()
    ]  # fmt: skip


def _groups(r: Backtest, width: int) -> list[RenderableType]:
    ordered = sorted(r.groups.items(), key=lambda item: -item[1].mean_actual)
    rows = []
    for (dimension, label), s in ordered[:_GROUPS]:
        rows.append(
            {
                "Open deals of": as_name(tell("{dimension} {label}", dimension=term(dimension), label=called(label))),
                "origins": f"{s.n:,}",
                "came": money(s.mean_actual),
                "bias": _signed(s.bias),
                "CRPS": _share(s.relative_crps),
                "inside 80 %": percent(s.coverage[0.8]),
            }
        )
    parts: list[RenderableType] = [table(rows, ("origins",), width)]
    if len(ordered) > _GROUPS:
        parts.append(
            Text(
                tell(
                    "and {more_groups} (--json and --out list all)",
                    more_groups=plural(len(ordered) - _GROUPS, "more group"),
                )
            )
        )
    return parts


def _choices(r: Backtest) -> list[Row]:
    return [
        {"Choice": name, "chosen at": joined([f'{option} {n}' for option, n in found['chosen'].items()]),
         "gained": "" if found["gain"] is None else tell("{gain:+.1f} points", gain=100 * found['gain'])}
        for name, found in r.choices.items()
    ]  # fmt: skip


def _share(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else share_of(value)


def _signed(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else signed_percent(value)
