"""`llm embed-multi`: embedding many texts or files into a collection."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from llm.cli.embedding_params import (
    collection_to_fill,
    database_option,
    database_path,
    model_option,
    opened,
    store_option,
)
from llm.cli.embedding_progress import with_progress
from llm.cli.errors import reporting_everything
from llm.cli.groups import HELP_NAMES
from llm.cli.params import key_option
from llm.core.errors import UserError

if TYPE_CHECKING:
    from llm.features.collections import Collection
    from llm.features.embedding_input import Entry, Source
    from llm.features.embedding_runs import Outcome

_DEFAULT_BATCH = 100
_DEFAULT_ENCODINGS = ("utf-8", "latin-1")
_MOST_AT_ONCE = 100
_MOST_NAMED = 20  #: items that failed and are named


def _encodings(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    from llm.features.embedding_input import is_text_encoding

    for name in names:
        if not is_text_encoding(name):
            raise click.BadParameter(f"Unknown encoding: {name}")
    return names


@click.command("embed-multi", context_settings=HELP_NAMES)
@click.argument("collection")
@click.argument("input_path", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "format", "--format", type=click.Choice(["json", "csv", "tsv", "nl"]),
    help="Format of the input, if it is not to be recognised; nl is one JSON object a line",
)  # fmt: skip
@click.option(
    "files", "--files", type=(str, str), multiple=True, metavar="DIR GLOB",
    help="Embed the files below DIR that match GLOB; repeatable",
)  # fmt: skip
@click.option(
    "encodings", "--encoding", multiple=True, callback=_encodings,
    help="Encoding to try for --files, repeatable; utf-8 and then latin-1 if not given",
)  # fmt: skip
@click.option("--binary", is_flag=True, help="Embed the bytes of --files instead of their text")
@click.option("--sql", help="Embed the rows of this query; the first column is the ID")
@click.option(
    "attach", "--attach", multiple=True, metavar="ALIAS FILE",
    type=(str, click.Path(exists=True, dir_okay=False, allow_dash=False)),
    help="Another database for --sql to use, under the name ALIAS; repeatable",
)  # fmt: skip
@click.option(
    "--batch-size", type=click.IntRange(min=0), help="Embed this many items at a time, if the model takes them"
)
@click.option(
    "--concurrency", type=click.IntRange(1, _MOST_AT_ONCE), default=1, show_default=True,
    help="Ask the model for this many batches at the same time, for models behind a network",
)  # fmt: skip
@click.option("--prefix", default="", help="Text to put in front of every ID")
@click.option("--prepend", default="", help="Text to put in front of every text")
@model_option
@key_option
@store_option
@database_option
@reporting_everything
def embed_multi(
    collection: str,
    input_path: str | None,
    format: str | None,
    files: tuple[tuple[str, str], ...],
    encodings: tuple[str, ...],
    binary: bool,
    sql: str | None,
    attach: tuple[tuple[str, str], ...],
    batch_size: int | None,
    concurrency: int,
    prefix: str,
    prepend: str,
    model: str | None,
    key: str | None,
    store: bool,
    database: str | None,
) -> None:
    """Embed many items into COLLECTION: rows of a file or query, or whole files.

    \b
        llm embed-multi notes --files ~/notes '**/*.md' --store
        llm embed-multi reviews reviews.csv
        llm embed-multi posts --attach blog blog.db --sql 'select id, title, body from blog.posts'

    The first column of a row is the ID, the others together are the text. INPUT_PATH may be - for standard input.
    What is stored unchanged is skipped, so a run that was interrupted goes on where it stopped. An item that the model
    refuses is left out and named at the end.
    """
    _check_usage(input_path, format, files, encodings, sql, binary=binary)
    path = database_path(database)
    from llm.features.embedding_runs import embed_all
    from llm.store.embeddings import prepare_to_fill

    with opened(path) as conn, _input_file(input_path) as file:
        prepare_to_fill(conn)
        if sql:
            source = _query(path, sql, dict(attach))
        elif file is not None and input_path is not None:
            source = _text(file, input_path, format)
        else:
            source = _files(files, encodings or _DEFAULT_ENCODINGS, binary=binary)
        with closing(source.entries):
            # Input that cannot be read at all shows itself here, before a collection is made.
            begin = list(islice(source.entries, 1))
            with collection_to_fill(conn, collection, model) as target:
                entries = _renamed(with_progress(source, begin), prefix, prepend)
                _report(
                    embed_all(
                        target, target.items(entries, store=store), key=key, concurrency=concurrency,
                        size=target.batch_size(batch_size or _DEFAULT_BATCH),
                    )
                )  # fmt: skip


def _check_usage(
    input_path: str | None,
    format: str | None,
    files: tuple[tuple[str, str], ...],
    encodings: tuple[str, ...],
    sql: str | None,
    *,
    binary: bool,
) -> None:
    if binary and not files:
        raise click.UsageError("--binary is for --files")
    if binary and encodings:
        raise click.UsageError("--encoding has no use with --binary")
    if not (input_path or sql or files):
        raise click.UsageError("Give a file to read, --sql or --files")
    if files and (input_path or sql or format):
        raise click.UsageError("--files cannot be used with an input file, --sql or --format")
    for directory, _ in files:
        if not Path(directory).is_dir():
            raise click.UsageError(f"Invalid directory: {directory}")


@contextmanager
def _input_file(path: str | None) -> Iterator[BinaryIO | None]:
    if path is None or path == "-":
        yield None if path is None else sys.stdin.buffer
        return
    with Path(path).open("rb") as file:
        yield file


def _text(file: BinaryIO, path: str, format: str | None) -> Source:
    from llm.features.embedding_input import text_source

    total = Path(path).stat().st_size if path != "-" else None
    return text_source(file, "Standard input" if path == "-" else path, format, total=total)


def _query(path: Path, sql: str, attached: dict[str, str]) -> Source:
    from llm.features.embedding_input import Source, entries_of_rows
    from llm.store.attached import query_rows

    return Source(entries_of_rows(query_rows(path, sql, attached)))


def _files(files: tuple[tuple[str, str], ...], encodings: tuple[str, ...], *, binary: bool) -> Source:
    from llm.features.embedding_input import file_source, text_of_file

    def text(path: Path) -> str | None:
        found = text_of_file(path, encodings)
        if found is None:
            click.echo(f"Could not decode text in file {path}", err=True)
        return found

    try:
        return file_source(files, Path.read_bytes if binary else text)
    except ValueError as error:
        raise click.UsageError(f"--files: {error}") from error


def _renamed(entries: Iterator[Entry], prefix: str, prepend: str) -> Iterator[tuple[str, str | bytes, None]]:
    for item_id, value in entries:
        yield prefix + item_id, prepend + value if prepend and isinstance(value, str) else value, None


def _report(outcome: Outcome) -> None:
    """Raise the error that names the items which could not be embedded, if there are any."""
    failures = outcome.failures
    if not failures:
        return
    lines = [
        f"  {failure.id!s}: {str(failure.error) or type(failure.error).__name__}" for failure in failures[:_MOST_NAMED]
    ]
    if len(failures) > _MOST_NAMED:
        lines.append(f"  and {len(failures) - _MOST_NAMED:,} more")
    count = f"{len(failures):,} item{'' if len(failures) == 1 else 's'} could not be embedded"
    raise UserError("\n".join([f"{count}; {outcome.embedded:,} were. To try again, run the same command", *lines]))
