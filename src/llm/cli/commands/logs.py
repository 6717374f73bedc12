"""`llm logs`: showing what was logged, switching logging on and off, and copying the log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llm.cli.groups import DefaultGroup, stacked
from llm.cli.log_database import database_option, existing_log, log_to_read, path_option

if TYPE_CHECKING:
    from llm.core.errors import UserError

_WRITTEN_AT_ONCE = 32_768

# What to list; what else than that is listed of each entry; how it is written. In the order of the help page.
_list_options = stacked(
    click.option("-n", "--count", type=int, help="Show this many of the newest entries (default 3); 0 shows all"),
    database_option,
    path_option,
    click.option("model", "-m", "--model", help="Only entries of this model, by ID or alias"),
    click.option("-q", "--query", help="Only entries that match this search, best match first"),
    click.option("-l", "--latest", is_flag=True, help="With --query: newest first"),
    click.option("fragments", "-f", "--fragment", multiple=True, help="Only prompts that used all of these fragments"),
    click.option("tools", "-T", "--tool", multiple=True, help="Only prompts with results of all of these tools"),
    click.option("any_tools", "--tools", is_flag=True, help="Only prompts with results of any tool"),
    click.option("schema_input", "--schema", help="Only prompts with this schema: JSON, DSL, file or ID"),
    click.option("schema_multi", "--schema-multi", help="Like --schema, for a list of such objects"),
    click.option(
        "current_conversation", "-c", "--current", is_flag=True, help="Only the current conversation, all of it"
    ),
    click.option("conversation_id", "--cid", "--conversation", help="Only this conversation, all of it"),
    click.option("--id-gt", help="Only entries with an ID greater than this"),
    click.option("--id-gte", help="Only entries with this ID or a greater one"),
    click.option("-r", "--response", is_flag=True, help="Only the text of the last response"),
    click.option("-x", "--extract", is_flag=True, help="Only the first fenced code block"),
    click.option(
        "--xl", "--extract-last", "extract_last", is_flag=True, help="The last block of the first entry with one"
    ),
    click.option("-s", "--short", is_flag=True, help="Short form: a YAML list with truncated prompts"),
    click.option("-u", "--usage", is_flag=True, help="Include token usage"),
    click.option("-t", "--truncate", is_flag=True, help="Truncate long prompts and responses"),
    click.option("-e", "--expand", is_flag=True, help="Show the content of fragments"),
    click.option("json_output", "--json", is_flag=True, help="Everything as a JSON array"),
    click.option("--data", is_flag=True, help="Data of structured responses, one JSON object a line, newest first"),
    click.option("--data-array", is_flag=True, help="The same as a JSON array"),
    click.option("--data-key", help="Take the data from the list under this key"),
    click.option("--data-ids", is_flag=True, help="Add the IDs of response and conversation to the data"),
)


@click.group("logs", cls=DefaultGroup, default="list", default_if_no_args=True)
def logs() -> None:
    """Show and manage the log of prompts and responses."""


@click.command("list")
@_list_options
def logs_list(path: str | None, database: str | None, current_conversation: bool, **options: Any) -> None:
    """Show logged prompts and their responses, the newest at the end."""
    from llm.core.errors import UserError
    from llm.features.log_listing import LogListing, render

    listing = LogListing(current=bool(current_conversation), **options)
    given = path or database
    if not given:
        _recover_killed()
    with log_to_read(given) as conn:
        try:
            pieces = render(conn, listing)
        except UserError as error:
            raise _as_usage_error(error)  # noqa: B904 -- mostly the error itself
        _print(pieces, is_json=listing.json_output)


@click.command("show")
@click.argument("id_", metavar="ID")
@database_option
@click.option("json_output", "--json", is_flag=True, help="As a JSON array")
def logs_show(id_: str, database: str | None, json_output: bool) -> None:
    """Show one turn, or a whole conversation, with everything that was logged of it.

    Nothing is cut: fragments are shown with their content, and token usage is included.
    """
    from llm.features.log_entry import render_entry

    if not database:
        _recover_killed()
    with log_to_read(database) as conn:
        _print(render_entry(conn, id_, json_output=json_output), is_json=json_output)


@click.command("path")
def logs_path() -> None:
    """Show where the log database is."""
    from llm.features.log_files import logs_db_path

    click.echo(logs_db_path())


@click.command("status")
def logs_status() -> None:
    """Show whether prompts are logged, and how much has been."""
    from llm.core.text import human_size
    from llm.features.log_files import logs_db_path, logs_on
    from llm.store.readonly import open_to_read
    from llm.store.statistics import log_statistics

    click.echo("Logging is ON for all prompts" if logs_on() else "Logging is OFF")
    path = logs_db_path()
    if not path.exists():
        click.echo(f"No log database found at {path}")
        return
    with open_to_read(path, own=True) as conn:
        counts = log_statistics(conn)
    click.echo(f"Found log database at {path}")
    click.echo(f"Number of threads logged:\t{counts.threads}")
    click.echo(f"Number of turns logged:\t\t{counts.turns}")
    if counts.legacy_conversations or counts.legacy_responses:
        click.echo(f"Number of legacy conversations:\t{counts.legacy_conversations}")
        click.echo(f"Number of legacy responses:\t{counts.legacy_responses}")
    click.echo(f"Database file size: \t\t{human_size(path.stat().st_size)}")


@click.command("backup")
@click.argument("path", type=click.Path(dir_okay=True, writable=True))
def logs_backup(path: str) -> None:
    """Copy the log database to the new file PATH."""
    from llm.core.text import human_size
    from llm.store.backup import back_up

    size = back_up(existing_log(), path)
    click.echo(f"Backed up {human_size(size)} to {path}")


@click.command("recover")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "-d", "--database", type=click.Path(readable=True, exists=True, dir_okay=False),
    help="Log database to complete instead of the default one",
)  # fmt: skip
def logs_recover(path: str | None, database: str | None) -> None:
    """Put answers into the log that could not be logged when they were given.

    That is what killed processes have left, and the answers in the recovery file PATH: by default the one beside the
    database, which is where they go when the database cannot be written to.
    """
    from llm.features.journaling import recover_log
    from llm.features.log_files import logs_db_path
    from llm.store.recovery import recovery_file

    target = Path(database) if database else logs_db_path()
    if not (path or database or recovery_file(target).exists()):
        existing_log()  # or there is nothing to complete
    result = recover_log(target, path)
    click.echo(f"Turns put into the log: {result.written}")
    if result.unreadable:
        raise click.ClickException(f"Lines of the recovery file that cannot be read: {result.unreadable}")


@click.command("on")
def logs_turn_on() -> None:
    """Log all prompts."""
    from llm.features.log_files import set_logs_on

    set_logs_on(True)


@click.command("off")
def logs_turn_off() -> None:
    """Log prompts only where --log is given."""
    from llm.features.log_files import set_logs_on

    set_logs_on(False)


for _command in (logs_list, logs_show, logs_path, logs_status, logs_backup, logs_recover, logs_turn_on, logs_turn_off):
    logs.add_command(_command)


def _as_usage_error(error: UserError) -> Exception:
    """Return what to raise: a schema that cannot be understood is a bad value of an option."""
    from llm.features.schemas import InvalidSchemaError

    if isinstance(error, InvalidSchemaError):
        return click.BadParameter(str(error), ctx=click.get_current_context(silent=True))
    return error


def _recover_killed() -> None:
    """Complete the user's own log with what killed processes have left, so that it is listed."""
    from contextlib import closing

    from llm.core.errors import LogStoreError
    from llm.features.log_files import logs_db_path
    from llm.store.database import open_connection
    from llm.store.orphans import has_orphans

    path = logs_db_path()
    try:
        with closing(open_connection(path, read_only=True)) as conn:
            left = has_orphans(conn)
    except LogStoreError:  # whoever reads it next reports that
        return
    if left:
        from llm.features.journaling import recover_turns

        with closing(open_connection(path)) as conn:
            recover_turns(conn)


def _print(pieces: Iterable[str], *, is_json: bool) -> None:
    """Print text from models and tools: a terminal obeys control characters, so it is not given any."""
    from llm.core.text import escape_controls

    to_terminal = sys.stdout.isatty()
    for text in _joined(pieces):
        # JSON holds no codes of colours, so nobody needs to look for them in all of a large log.
        click.echo(escape_controls(text) if to_terminal else text, nl=False, color=is_json or None)


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    """Yield larger pieces, as each takes a call of the system; also what comes before an error."""
    waiting: list[str] = []
    size = 0
    try:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _WRITTEN_AT_ONCE:
                yield "".join(waiting)
                waiting.clear()
                size = 0
    except Exception:
        yield "".join(waiting)
        raise
    yield "".join(waiting)
