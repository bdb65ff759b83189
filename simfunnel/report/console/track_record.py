"""The console page of `track`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.backtesting.record import RecordSummary, record_summary
from simfunnel.backtesting.saved import TrackedForecast
from simfunnel.record.track import TrackRecord
from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.submissions import owners_part
from simfunnel.report.words.changes import called
from simfunnel.report.words.track import track_sentence
from simfunnel.wording.language import again, tell
from simfunnel.wording.numbers import day_told, money, percent, percents, period_told, plural, signed_percent
from simfunnel.wording.shown_text import as_name

_ROWS = 30


def track_record_page(r: TrackRecord, width: int) -> RenderableType:
    """Lay out the sentence, every forecast beside what came, and the groups."""
    whole = r.of()
    summary = record_summary(whole)
    parts: list[RenderableType] = [Text(track_sentence(whole, summary), style="bold")]
    rows = whole[-_ROWS:]
    if rows:
        parts.append(table([_row(x) for x in rows], ("made", "run-rate", "weighted", "P10", "P90"), width))
    if len(whole) > len(rows):
        parts.append(Text(tell("and {more:,} earlier ones (--json and --out list all)", more=len(whole) - len(rows))))
    if summary is not None:
        parts += _notes(r, summary)
    untold = [x for x in whole if x.actual is None]
    for why in dict.fromkeys(x.why or "" for x in untold):
        count = sum(x.why == why for x in untold)
        parts.append(
            Text(
                tell("{forecasts} not scored: {why}", forecasts=plural(count, "forecast"), why=again(why)), style="dim"
            )
        )
    groups = [(group, record_summary(r.of(group))) for group in r.groups]
    lines = [_group(label, found) for (_, label), found in groups if found is not None]
    if lines:
        parts.append(table(lines, ("missed by",), width))
    if r.owners is not None:
        parts += owners_part(r.owners, width)
    return Group(*parts)


def _notes(r: TrackRecord, s: RecordSummary) -> list[Text]:
    notes = []
    if s.attained is not None:
        a = s.attained
        share, low, high = percents(a.share, *a.interval)
        notes.append(
            tell(
                "Targets: {chance} was the chance on average, {share} were reached ({low} to {high} by {periods}).",
                chance=percent(a.p),
                share=share,
                low=low,
                high=high,
                periods=plural(s.periods, "period"),
            )
        )
    names = {"run_rate": "the run-rate", "weighted": "the weighted pipeline"}
    for name, (n, theirs, ours) in s.rivals.items():
        notes.append(
            tell(
                "Mean error (CRPS) {ours}, of {method} {theirs} ({n} times).",
                ours=money(ours),
                method=tell(names[name]) if name in names else name,
                theirs=money(theirs),
                n=n,
            )
        )
    if r.elsewhere:
        notes.append(
            tell(
                "! {deals} last seen at a stage that the scenario does not name, and counted as not won: "
                "`pipeline.stage_map` says what such a stage is; then keep a forecast again.",
                deals=plural(r.elsewhere, "deal"),
            )
        )
    if r.afterwards:
        notes.append(
            tell(
                "{forecasts} recorded when the period was over already: the scenario may have known better.",
                forecasts=plural(r.afterwards, "forecast"),
            )
        )
    return [Text(note) for note in notes]


def _row(x: TrackedForecast) -> Row:
    rate, weighted = x.rivals.get("run_rate"), x.rivals.get("weighted")
    return {
        "Period": period_told(as_name(x.period)), "as of": day_told(x.as_of), "made": day_told((x.made or "")[:10]),
        "P10": money(x.quantiles[0.1]), "said": money(x.mean), "P90": money(x.quantiles[0.9]),
        "came": "" if x.actual is None else money(x.actual),
        "inside 80 %": "" if x.inside_80 is None else tell("yes") if x.inside_80 else tell("no"),
        "target": "" if x.target is None else money(x.target),
        "P(attain)": "" if x.p_attain is None else percent(x.p_attain),
        "run-rate": "" if rate is None else money(rate.mean),
        "weighted": "" if weighted is None else money(weighted.mean),
    }  # fmt: skip


def _group(label: str, s: RecordSummary) -> Row:
    chance = {None: "", True: tell("chance explains it"), False: tell("more than chance")}[s.by_chance]
    return {
        "Group": as_name(called(label)), "forecasts": str(s.n), "came": money(s.mean_actual),
        "bias": "" if s.bias is None else signed_percent(s.bias), "": chance,
        "inside 80 %": tell("{inside_80} of {n}", inside_80=s.inside_80, n=s.n),
        "missed by": "" if s.missed_by is None else percent(s.missed_by),
    }  # fmt: skip
