"""Which column holds what: the user's `columns`, then the names of the presets, then the words of the headers.

Whatever the header says, the cells must hold the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from simfunnel.crm.content import Fit, Known, fit, sample
from simfunnel.crm.currency import currency_code
from simfunnel.crm.detect import detect_preset, header_key
from simfunnel.crm.entered import EnteredColumn, entered_columns
from simfunnel.crm.flags import FLAGS
from simfunnel.crm.presets import PRESETS, Preset
from simfunnel.crm.presets.common import ADDED
from simfunnel.crm.titles import apply_titles
from simfunnel.crm.words.header_fields import fields_of
from simfunnel.crm.words.header_words import LEXICON
from simfunnel.crm.words.outcome_words import outcome
from simfunnel.crm.words.units import Measure, measure
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.tabular.column import Column
from simfunnel.tabular.delimited import DELIMITERS
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key, nearest
from simfunnel.values.words import bare_letters, shared_ends
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

FIELDS = (
    "id", "stage", "status", "stage_entered", "amount", "amount_won", "currency", "owner", "team", "segment",
    "source", "created", "close_date", "closed", "probability", "forecast_category", "last_activity",
    "win_rate", "not_before", "ignore", "pipeline", "is_closed", "is_won", "is_lost", "is_deleted", "age", "name",
    "account", "outcome", "is_open", "is_active", "is_archived", "is_void", "lost_reason", "won_date", "lost_date",
    "modified", "snapshot", "exited", "product", "status_detail",
)  # fmt: skip
DISPLAYED = ("name", "account", "product")
"""Fields that no number depends on: a header of theirs that occurs twice is no reason to stop."""
SAID = (
    "stage_entered", "created", "close_date", "closed", "last_activity", "not_before", "amount", "amount_won",
    "probability", "win_rate", "age",
)  # fmt: skip
"""Fields of which it is said if the column that is called so does not hold them."""
PREFIX_SHARE, PREFIX_LEAST = 0.6, 3
"""A word at which most headers begin (or end) says nothing."""

Rank = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each field of a table is."""

    preset: Preset
    columns: Mapping[str, int]
    """Field -> index of its column."""
    entered: Sequence[EnteredColumn] = ()
    """Columns `date entered STAGE`."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """Field -> unit and currency of its header."""
    not_held: Sequence[tuple[str, str, str]] = ()
    """(header, field, an example) of columns that are called like a field and do not hold it."""

    found: Sequence[Finding] = ()
    """What there is to say of amounts in two currencies, and of titles."""

    def headers(self, table: Table) -> dict[str, str]:
        """Field -> header."""
        return {name: table.headers[index] for name, index in self.columns.items()}

    def unused(self, table: Table) -> tuple[str, ...]:
        """Headers of the columns nothing is read from."""
        used = {*self.columns.values(), *(column.index for column in self.entered)}
        return tuple(header for index, header in enumerate(table.headers) if header and index not in used)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may hold a field."""

    fit: Fit
    rank: Rank
    field: str
    index: int

    @property
    def order(self) -> tuple[int, Rank, int, int]:
        """The best one first: what holds the field before what is blank, then the rank of the header."""
        return (-self.fit, self.rank, FIELDS.index(self.field), self.index)


class HeaderWords:
    """What the rooms before need to know of words: see `tabular.layout.Vocabulary`."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def fields(self, cells: Sequence[str]) -> int:
        """Count the different fields that cells would name if they were headers."""
        found = {named[0][1] for cell in cells if (named := _named(cell)) and named[0][1] not in FLAGS}
        return len(found)

    def is_value(self, text: str) -> bool:
        """Whether a text is a stage: it stands in rows, never in a header."""
        return self._known.is_stage(text)


@lru_cache(maxsize=5000)
def _named(text: str) -> tuple[tuple[Rank, str], ...]:
    """Rank every field that a header could name, whatever the preset."""
    if len(text) > 100:
        return ()
    return tuple(sorted(_ranked(text, PRESETS["generic"], tuple(_words(text)))))


def _words(header: str) -> tuple[str, ...]:
    return measure(header).words


@dataclass(frozen=True, slots=True)
class _Listed:
    """A header that a table of names lists for a field."""

    at: int
    """Place among all that are listed."""
    tier: int
    place: int
    field: str
    header: str


@lru_cache(maxsize=len(PRESETS))
def _index(preset: str) -> tuple[Mapping[str, list[_Listed]], Mapping[str, list[_Listed]]]:
    """Listed headers by their compared form and by their letters: the CRM's names, names people add, other CRMs'."""
    tables = [PRESETS[preset].headers, ADDED, PRESETS["generic"].headers]
    others = [
        {name: listed for name, listed in other.headers.items() if name != "segment"} for other in PRESETS.values()
    ]
    by_form: dict[str, list[_Listed]] = {}
    by_letters: dict[str, list[_Listed]] = {}
    at = 0
    for number, headers in enumerate((*tables, *others)):
        for name, listed in headers.items():
            for place, header in enumerate(listed):
                entry = _Listed(at, min(number, len(tables)), place, name, header)
                by_form.setdefault(header_key(header), []).append(entry)
                by_letters.setdefault(bare_letters(header), []).append(entry)
                at += 1
    return by_form, by_letters


def _ranked(header: str, preset: Preset, words: tuple[str, ...]) -> Iterator[tuple[Rank, str]]:
    """Give every field a header may hold: by the names that tables list, then by its words."""
    by_form, by_letters = _index(preset.name)
    alike = by_form.get(header_key(header), [])
    letters = bare_letters(" ".join(words))
    spelled = by_letters.get(letters, []) if letters else []
    form = {entry.at for entry in alike}
    for entry in sorted({*alike, *spelled}, key=lambda entry: entry.at):
        if entry.at in form:
            yield (3 * entry.tier, entry.place, 0 if entry.header == header else 1), entry.field
        else:
            yield (3 * entry.tier + 1, entry.place, 2), entry.field
    for place, name in fields_of(words):
        yield (100, place, 0), name


def find_layout(table: Table, spec: Pipeline, known: Known, stages: Sequence[str] = ()) -> Layout:
    """Find the column of every field; `stages` are those of the scenario, for advice.

    Raises
    ------
    InputError
        If a stated column is not there, no stage column is found, or a used header occurs twice.
    """
    preset = detect_preset(table.headers) if spec.preset == "auto" else PRESETS[spec.preset]
    places: dict[str, list[int]] = {}
    for index, header in enumerate(table.headers):
        if header:
            places.setdefault(header_key(header), []).append(index)
    columns, problems = _stated(table, spec, places)
    found = candidates(table, spec, preset, known, set(columns.values()))
    not_held: dict[int, tuple[str, str, str]] = {}
    taken = set(columns.values())
    for one in sorted(found, key=lambda candidate: candidate.order):
        if one.field in columns or one.index in taken:
            continue
        if one.fit == Fit.NOT:
            if one.field in SAID and one.index not in not_held:
                example = clean(sample(table.column(one.index))[0])
                not_held[one.index] = (table.headers[one.index], one.field, example)
            continue
        if _is_duplicate(one, table, places):
            if one.field in DISPLAYED:
                continue
            indexes = places[header_key(table.headers[one.index])]
            problems.append(_duplicate(one.field, table.headers[one.index], indexes, table))
        columns[one.field] = one.index
        taken.add(one.index)
    if problems:
        raise InputError(problems)
    if "stage" not in columns:
        raise InputError(_no_stage(table, spec, stages))
    if "closed" in columns and "closed" not in spec.columns and _says_won(table.headers[columns["closed"]]):
        columns.setdefault("won_date", columns.pop("closed"))  # `Won time`: of won deals only
    entered = () if "stage_entered" in spec.columns else entered_columns(table, preset, known, set(columns.values()))
    instead = [] if "amount" in spec.columns else _in_own_currency(table, columns, found, known.currency)
    measures = {name: measure(header) for name, header in _amount_headers(table, columns)}
    _settle_currency(table, columns, found, measures, stated="currency" in spec.columns)
    ordered = {name: columns[name] for name in FIELDS if name in columns}
    measures, titled = apply_titles(
        table.titles, measures, own_currency="currency" in columns, stated_unit=spec.amount_unit is not None
    )
    said = [item for index, item in not_held.items() if index not in columns.values()]
    return Layout(preset, ordered, entered, measures, said, [*instead, *titled])


def _in_own_currency(
    table: Table, columns: dict[str, int], found: Sequence[Candidate], home: str | None
) -> list[Finding]:
    """Of amounts that stand in several currencies, each with a column of its own, take those of the scenario."""
    if home is None or "amount" not in columns:
        return []
    chosen = measure(table.headers[columns["amount"]])
    if chosen.currency is None or currency_code(chosen.currency, home) == home:
        return []
    taken = set(columns.values())
    for one in sorted(found, key=lambda candidate: candidate.order):
        other = measure(table.headers[one.index])
        same = other.currency is not None and currency_code(other.currency, home) == home
        if one.field == "amount" and one.index not in taken and one.fit == Fit.HOLDS and same:
            fields = {
                "header": table.headers[one.index], "other": table.headers[columns["amount"]], "currency": home,
            }  # fmt: skip
            if set(other.words) == set(chosen.words):
                columns["amount"] = one.index
                return [Finding("amount_in_own_currency", fields, key="pipeline.columns.amount")]
    return []


def _says_won(header: str) -> bool:
    said = LEXICON.read(_words(header)).set
    return "won" in said and not said & {"closed", "close"}


def _amount_headers(table: Table, columns: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(name, table.headers[columns[name]]) for name in ("amount", "amount_won") if name in columns]


def _stated(table: Table, spec: Pipeline, places: Mapping[str, Sequence[int]]) -> tuple[dict[str, int], list[Problem]]:
    columns: dict[str, int] = {}
    problems: list[Problem] = []
    for name, wanted in spec.columns.items():
        if wanted is None:
            continue
        indexes = places.get(header_key(wanted), ())
        exact = [index for index in indexes if table.headers[index] == wanted]
        if not indexes:
            problems.append(_missing(name, wanted, table))
        elif len(indexes) > 1 and len(exact) != 1:
            problems.append(_duplicate(name, table.headers[indexes[0]], indexes, table))
        else:
            columns[str(name)] = exact[0] if len(exact) == 1 else indexes[0]
    return columns, problems


def candidates(table: Table, spec: Pipeline, preset: Preset, known: Known, taken: set[int]) -> list[Candidate]:
    """Give every column that may hold a field which `spec.columns` does not state, but for those taken."""
    if len(table.headers) == 1 and any(mark in table.headers[0] for mark in DELIMITERS):
        return []  # a header row that was not cut
    split = [_words(header) for header in table.headers]
    prefix, suffix = shared_ends(split, PREFIX_SHARE, PREFIX_LEAST)
    found: list[Candidate] = []
    for index, header in enumerate(table.headers):
        if not header or index in taken:
            continue
        words = split[index]
        forms = {words, _without(words, prefix, suffix)}
        best: dict[str, Rank] = {}
        for form in forms:
            for rank, name in _ranked(header, preset, form):
                best[name] = min(rank, best.get(name, rank))
        column = table.column(index)
        for name, rank in best.items():
            if name not in spec.columns:
                found.append(Candidate(_fit(name, header, rank, column, known), rank, name, index))
    return found


def _fit(name: str, header: str, rank: Rank, column: Column, known: Known) -> Fit:
    if name == "id" and LEXICON.text(header).set <= {"deal", "nothing"}:  # `Opportunity`: an id, or a name?
        return Fit.HOLDS if len(column.used) == len(column) or not len(column) else Fit.NOT
    found = fit(name, column, known)
    if name == "status" and found == Fit.BLANK and "state" in LEXICON.text(header).said:
        return Fit.NOT  # a state of the country
    return found


def _without(words: tuple[str, ...], prefix: tuple[str, ...], suffix: tuple[str, ...]) -> tuple[str, ...]:
    if prefix and words[: len(prefix)] == prefix and len(words) > len(prefix):
        words = words[len(prefix) :]
    if suffix and words[-len(suffix) :] == suffix and len(words) > len(suffix):
        words = words[: -len(suffix)]
    return words


def _is_duplicate(one: Candidate, table: Table, places: Mapping[str, Sequence[int]]) -> bool:
    """Whether the header of a column stands over another one too, and its spelling does not tell them apart."""
    same = places[header_key(table.headers[one.index])]
    if len(same) == 1:
        return False
    spelled = [index for index in same if table.headers[index] == table.headers[one.index]]
    return one.rank[2] != 0 or len(spelled) != 1


def _settle_currency(
    table: Table, columns: dict[str, int], candidates: Sequence[Candidate], measures: Mapping[str, Measure],
    *, stated: bool,
) -> None:  # fmt: skip
    """Take the currency column that belongs to the amount: the one that is called after it, else a plain one."""
    if "amount" not in columns or stated:
        return
    amount = _subject(table.headers[columns["amount"]])
    taken = {index for name, index in columns.items() if name != "currency"}
    fitting = [
        index for index in range(len(table.headers))
        if index not in taken and "currency" in LEXICON.text(table.headers[index]).said
        and fit("currency", table.column(index), Known()) == Fit.HOLDS
    ]  # fmt: skip
    own = [index for index in fitting if _subject(table.headers[index]) == amount]
    converted = amount & {"home", "converted", "weighted"}
    if own:
        columns["currency"] = own[0]
    elif converted:
        columns.pop("currency", None)


def _subject(header: str) -> frozenset[str]:
    """What a header is about, apart from being a currency."""
    meaning = LEXICON.read(_words(header))
    return (meaning.set | set(meaning.unknown)) - {"currency", "code", "name", "id", "nothing", "deal", "is"}


def _missing(name: str, wanted: str, table: Table) -> Problem:
    near = nearest(wanted, [header for header in table.headers if header])
    hint = f": did you mean {near!r}?" if near else f". The headers are: {_list(table)}"
    return Problem(
        f"there is no column {wanted!r} (stated for {name!r}){hint}", "pipeline.columns", table.file, table.header_row
    )


def _duplicate(name: str, header: str, indexes: Sequence[int], table: Table) -> Problem:
    places = " and ".join(str(index + 1) for index in indexes)
    return Problem(
        f"the header {header!r} (read for {name!r}) stands over columns {places}: rename one of them",
        file=table.file, line=table.header_row)  # fmt: skip


def _no_stage(table: Table, spec: Pipeline, stages: Sequence[str]) -> Problem:
    hint = ""
    if len(table.headers) == 1 and table.delimiter is not None and spec.delimiter is not None:
        hint = f" (is {spec.delimiter!r} the right delimiter?)"
    return Problem(
        f"no column holds the stage of the deals{hint}. The headers are: {_list(table)}. Say which one it is "
        "under `pipeline`, for example\n  columns: {stage: " + _stage_column(table, spec, stages) + "}",
        file=table.file, line=table.header_row)  # fmt: skip


def _list(table: Table) -> str:
    return shorten(", ".join(repr(header) for header in table.headers if header), 400)


def _stage_column(table: Table, spec: Pipeline, stages: Sequence[str]) -> str:
    """Header of the column that holds mostly stages, in quotes, or a place to fill in.

    Of a history that is the stage which a deal moved to, not the one it came from.
    """
    listed = {key(name) for name in (*stages, *spec.stage_map)}
    best, most = "<your column>", (False, 0.0)
    for index, header in enumerate(table.headers):
        texts = [clean(cell) for cell in sample(table.column(index))] if header else []
        known = sum(key(text) in listed or outcome(text) in {"won", "lost"} for text in texts)
        share = known / len(texts) if texts else 0.0
        now = not LEXICON.text(header).set & {"previous", "exited"}
        if share > 0.5 and (now, share) > most:
            best, most = header, (now, share)
    return f'"{best}"'
