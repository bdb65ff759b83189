"""Sentences about a pipeline table that may change the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from simfunnel.wording.language import quoted, tell
from simfunnel.wording.listed import Words, counted, left_out, some
from simfunnel.wording.numbers import money, percent, plural, spelled_money, sum_told

_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def _unknown_status(
    rows: int, amount: float, negative: float, shown: Mapping[str, int], words: Sequence[str], fields: Sequence[str]
) -> str:
    lines = some([f"{_yaml(word)}: <open | won | lost | void>" for word in words])
    return tell(
        "{left_out}, because nobody knows what is meant by {counted}: say it under `pipeline`, "
        "`status_map: {{{lines}}}` (one of the four for each word, or null to leave its rows "
        "out); if the column says something else, `columns: {{{field}: null}}`",
        left_out=left_out(rows, amount, negative),
        counted=counted(shown),
        lines=lines,
        field=fields[0],
    )


def _yaml(word: str) -> str:
    """A word as a key of YAML; quoted where it could be read as something else."""
    plain = word.replace(" ", "").replace("-", "").isalpha() and word.casefold() not in _YAML_WORDS
    return word if plain and word[0].isalpha() else json.dumps(word, ensure_ascii=False)


def _contradictions(rows: int, amount: float, negative: float, shown: Mapping[str, int]) -> str:
    return tell(
        "{left_out}, because they contradict themselves: {counted}; correct them, or leave a "
        "column out under `pipeline.columns`",
        left_out=left_out(rows, amount, negative),
        counted=counted(shown, between="; "),
    )


def _closed_unclear(rows: int, amount: float, negative: float, shown: Mapping[str, int]) -> str:
    return tell(
        "{left_out}: closed according to {counted}, and nothing says whether won or lost; name "
        "the column that does, for example `columns: {{is_won: <header>}}`, or map their stages "
        "in `stage_map`",
        left_out=left_out(rows, amount, negative),
        counted=counted(shown),
    )


def _on_hold(rows: int, amount: float, negative: float, shown: Mapping[str, int], key: str) -> str:
    word = next(iter(shown)).rsplit(" '", 1)[-1].rstrip("'\"")
    add = f"`status_map: {{{word}: open}}`" if key.endswith("status_map") else f"`stage_map: {{{word}: <stage>}}`"
    return tell(
        "{left_out} as on hold: {counted}; to count them as open, add under `pipeline` {add}",
        left_out=left_out(rows, amount, negative), counted=counted(shown), add=add,
    )  # fmt: skip


def _excluded(
    rows: int, count: int, amount: float, worth: float, kinds: Sequence[tuple[str, int, float, float]]
) -> str:
    listed = some(
        [
            tell("{name} ({rows}, worth {value})", name=name, rows=plural(number, "row"), value=sum_told(both))
            for name, number, *both in kinds
        ],
        "; ",
    )
    return tell(
        "{left_out:,} of {rows}, worth {amount} of {worth}, left out: {listed}",
        left_out=rows,
        rows=plural(count, "row"),
        amount=money(amount),
        worth=money(worth),
        listed=listed,
    )


def _dominant(id: str, row: int, amount: float, share: float) -> str:
    return tell(
        "one deal decides the forecast: row {row}{named} with {amount} is {share} of the open "
        "pipeline; is its amount right?",
        row=row,
        named=tell(" ({id})", id=id) if id else "",
        amount=spelled_money(amount, cents=True),
        share=percent(share),
    )


def _after(day: object, as_of: object, fits: object, rows: int, wins: int, worth: float, **_: object) -> str:
    won = tell(", {wins} worth {worth} among them", wins=plural(wins, "win"), worth=money(worth)) if wins else ""
    tells = "tells" if rows == 1 else "tell"
    return tell(
        "the file is newer than as_of ({as_of}): {rows} {tells_or_tell} of that day or later, up to "
        "{day}{won}; the forecast must not know them. The as_of that fits this file is {fits}",
        as_of=as_of,
        rows=plural(rows, "row"),
        tells_or_tell=tells,
        day=day,
        won=won,
        fits=fits,
    )


def _pipelines(header: str, pipelines: Mapping[str, int]) -> str:
    listed = counted({repr(name): count for name, count in pipelines.items()}, "open deal")
    return tell(
        "the file holds {pipelines} pipelines, read as one funnel: {listed}; to read one of "
        "them, add for example `where: {{{header}: {first}}}` under `pipeline`",
        pipelines=len(pipelines),
        listed=listed,
        header=header,
        first=next(iter(pipelines)),
    )


def _judged(header: str, count: int) -> str:
    return tell(
        "all {count:,} open deals carry a judgement in {header!r}, which replaces what their "
        "stages say: if it is the CRM's own probability, add `columns: {{win_rate: null}}` under "
        "`pipeline`",
        count=count,
        header=header,
    )


def _header(name: str | None) -> str:
    return "<header>" if name is None else f'"{name}"'


SENTENCES: dict[str, Words] = {
    "no_open_deal": lambda rows: tell("no open deal is used: of {rows} none is open", rows=plural(rows, "row")),
    "mostly_excluded": _excluded,
    "unknown_status": _unknown_status,
    "contradictions": _contradictions,
    "closed_unclear": _closed_unclear,
    "deals_on_hold": _on_hold,
    "title_unit_unread": lambda title: tell(
        "the text {title} beside the table names a unit or a currency that was not applied to "
        "the amounts: if it holds for them, add `amount_unit: <what 1 is worth>` under "
        "`pipeline`, or name the currency in the header",
        title=quoted(title),
    ),
    "same_rows": lambda rows, amount, negative, example, header: tell(
        "{rows} worth {amount} {is_or_are} the same, cell by cell, as another one (row {example} "
        "for one), and no id tells whether they are the same deal: each was counted; to count "
        "them once, add under `pipeline` the column that names the deals, `columns: {{id: "
        "{header}}}`",
        rows=plural(rows, "row"),
        amount=sum_told([amount, negative]),
        is_or_are="is" if rows == 1 else "are",
        example=example,
        header=_header(header),
    ),
    "lost_by_reason": lambda header, rows, amount, negative: tell(
        "{rows} worth {amount} {is_or_are} counted as lost only because {header!r} is filled: if "
        "such deals are still open, add `columns: {{lost_reason: null}}` under `pipeline`",
        rows=plural(rows, "row"),
        amount=sum_told([amount, negative]),
        is_or_are="is" if rows == 1 else "are",
        header=header,
    ),
    "one_deal_dominates": _dominant,
    "export_after_as_of": _after,
    "stale_file": lambda day, days: tell(
        "the newest date in the file is {day}, {days} days before as_of: is this the right export?", day=day, days=days
    ),
    "snapshot_before_as_of": lambda day, as_of, days: tell(
        "the newest snapshot kept for {as_of} or before is of {day}: what happened in the {days} between is not in it",
        as_of=as_of,
        day=day,
        days=plural(days, "day"),
    ),
    "judged_throughout": _judged,
    "mixed_pipelines": _pipelines,
}

CAUTIONS: frozenset[str] = frozenset(SENTENCES)
