"""``simfunnel store``: what is kept, and what becomes of it."""

from __future__ import annotations

import os

import click

from simfunnel.cli.language import note
from simfunnel.cli.options import PeriodLabel, json_options, output_options, quiet_option
from simfunnel.cli.store_options import before_option, open_store, parse_store_day, parse_time, store_options
from simfunnel.errors import InputError
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import day_told, plural


@click.group(epilog="Example:  simfunnel store list")
def command() -> None:
    """List, show, export, import, check or erase what is kept."""


@command.command("list", epilog="Example:  simfunnel store list --store simfunnel.db")
@store_options
@before_option
@output_options
def list_command(
    store: str | None, book: str | None, recorded_before: str | None, out: str | None, force: bool, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """List the snapshots: day, when recorded, rows, hash of the file."""
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.record.listing import list_store

    check_folder(out)
    found = list_store(open_store(store), book, recorded_before=parse_time(recorded_before))
    deliver(found, out=out, force=force, as_json=as_json, quiet=quiet)


@command.command("show", epilog="Example:  simfunnel store show 2027-01-11")
@click.argument("date")
@store_options
@before_option
@output_options
def show_command(
    date: str, store: str | None, book: str | None, recorded_before: str | None, out: str | None, force: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Show the newest snapshot at or before DATE: what had changed, what was forecast."""
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.record.listing import show_day

    check_folder(out)
    found = show_day(open_store(store), parse_store_day(date), book, recorded_before=parse_time(recorded_before))
    deliver(found, out=out, force=force, as_json=as_json, quiet=quiet)


@command.command("export", epilog="Example:  simfunnel store export 2027-01-11 -o pipeline.csv")
@click.argument("date")
@click.option("-o", "--output", type=click.Path(), required=True, metavar="FILE", help="The file to write.")
@click.option("--raw", is_flag=True, help="The file as it came, byte by byte.")
@click.option("--submissions", is_flag=True, help="In its place, what owners had said by DATE.")
@click.option("--force", is_flag=True, help="Replace a file that simfunnel did not write.")
@store_options
@before_option
@quiet_option
def export_command(
    date: str, output: str, raw: bool, submissions: bool, force: bool, store: str | None, book: str | None,
    recorded_before: str | None, quiet: bool,
) -> None:  # fmt: skip
    """Write the newest snapshot at or before DATE to a CSV file that reads to the same table."""
    from pathlib import Path

    from simfunnel.record.exporting import export, export_submissions, write_file

    if raw and submissions:
        raise InputError("--raw is the file of the pipeline: give it or --submissions, not both")
    opened, day, before = open_store(store), parse_store_day(date), parse_time(recorded_before)
    if submissions:
        data, count = export_submissions(opened, day, book=book, recorded_before=before)
        done = plural(count, "submission")
    else:
        data, one = export(opened, day, book=book, raw=raw, recorded_before=before)
        done = day_told(one.valid_day)
    write_file(Path(output), data, force=force)
    if not quiet:
        note(tell("{done} written to {output}", done=done, output=output))


@command.command("import", epilog="Example:  simfunnel store import exports/ --store simfunnel.db --book Europe")
@click.argument("source", type=click.Path())
@store_options
@click.option("--dates-from", type=click.Choice(["name", "column", "file"]), default="name", show_default=True,
              help="Of a folder: where the day of an export is found; file: its time.")  # fmt: skip
@click.option(
    "--file-date", metavar="FORMAT", help='How the day is written in names, such as "%m%d%Y" [default: found].'
)
@click.option("--evening", is_flag=True, help="The exports were made in the evening: keep each for the next day.")
@click.option("--correct", is_flag=True, help="Tell days anew that are kept with another file.")
@click.option("--no-raw", is_flag=True, help="Do not keep the files as they came, only their rows.")
@click.option("--time-zone", metavar="NAME", help="Where days begin, such as Europe/Berlin [default: UTC].")
@json_options
def import_command(
    source: str, store: str | None, book: str | None, dates_from: str, file_date: str | None, evening: bool,
    correct: bool, no_raw: bool, time_zone: str | None, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Bring the past in: dated exports, versions, logs of changes.

    SOURCE is a folder of dated exports (an interrupted import goes on where it was), a file with the day of the
    snapshot in a column, a dbt snapshot, a Fivetran history table, or a property or field history; or a YAML file
    with the key `history` that names its columns.
    """
    from simfunnel.cli.delivery import deliver
    from simfunnel.cli.progress import progress_bar
    from simfunnel.record.importing import import_history
    from simfunnel.record.place import USUAL, VARIABLE
    from simfunnel.store import Store

    opened = Store.open(store or os.environ.get(VARIABLE) or USUAL, make=True)
    with progress_bar(tell("Importing"), quiet=quiet or as_json, compiles=False) as progress:
        done = import_history(
            opened, source, book=book, dates_from=dates_from, evening=evening, correct=correct, raw=not no_raw,  # type: ignore[arg-type]
            progress=progress, file_date=file_date, time_zone=time_zone,
        )  # fmt: skip
    deliver(done, out=None, as_json=as_json, quiet=quiet)


@command.command("submissions", epilog="Example:  simfunnel store submissions commits.csv --day 2027-01-11")
@click.argument("file", type=click.Path())
@click.option("--day", metavar="DAY", help="Day on which it was said, where the file has no such column.")
@click.option("--period", type=PeriodLabel(), help="What it is said of, where the file has no such column.")
@click.option("--correct", is_flag=True, help="Tell anew what is kept with another amount.")
@store_options
@json_options
def submissions_command(
    file: str, day: str | None, period: str | None, correct: bool, store: str | None, book: str | None, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Keep what owners say will come: commits and best cases.

    FILE has a row for each owner, with the columns owner, day, period, and commit or best case or both: amounts of the
    whole period, what is won already included. `track` and `health` say how far each owner's commits can be believed.
    """
    from simfunnel.cli.delivery import deliver
    from simfunnel.cli.history_options import parse_day
    from simfunnel.record.submissions import keep_submissions

    done = keep_submissions(
        open_store(store), file, book=book, day=parse_day(day, "--day"), period=period, correct=correct
    )  # fmt: skip
    deliver(done, out=None, as_json=as_json, quiet=quiet)


@command.command("check", epilog="Example:  simfunnel store check")
@click.option("--store", metavar="PATH|URL", help="The store [default: SIMFUNNEL_STORE, else simfunnel.db].")
@output_options
def check_command(store: str | None, out: str | None, force: bool, as_json: bool, quiet: bool) -> None:
    """Check that every file and every snapshot is as it was kept; exit code 2 where something is not."""
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.record.listing import check_store

    check_folder(out)
    found = check_store(open_store(store))
    deliver(found, out=out, force=force, as_json=as_json, quiet=quiet)
    if not found.ok:
        raise click.exceptions.Exit(2)


@command.command("forget", epilog="Example:  simfunnel store forget 006Qy0000005694YAE")
@click.argument("name", metavar="DEAL|OWNER")
@click.option("--owner", "kind", flag_value="owner", help="NAME is an owner: all deals that were ever theirs go.")
@click.option("--deal", "kind", flag_value="deal", default="deal", help="NAME is the id of a deal (default).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_options
@json_options
def forget_command(
    name: str, kind: str, yes: bool, store: str | None, book: str | None, as_json: bool, quiet: bool
) -> None:  # fmt: skip
    """Erase a deal or an owner, with every file that held them; what stays is a tombstone.

    Nothing brings it back: files that showed the deal are erased whole, also what they said of others (the rows of the
    others stay). Copies of the store, and exports, are yours to erase.
    """
    from simfunnel.cli.delivery import deliver
    from simfunnel.record.listing import forget_in_store

    opened = open_store(store)
    if not yes:
        click.confirm(f"Erase this {kind} and every file that holds it, for good?", abort=True, err=True)
    done = forget_in_store(opened, name, kind, book)  # type: ignore[arg-type]
    deliver(done, out=None, as_json=as_json, quiet=quiet)
