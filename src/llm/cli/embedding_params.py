"""Options and steps that the commands about embeddings share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import sqlite3

    from llm.engine.embedding_model import EmbeddingModel
    from llm.features.collections import Collection

database_option = click.option(
    "-d", "--database", type=click.Path(dir_okay=False, allow_dash=False), envvar="LLM_EMBEDDINGS_DB",
    help="Embeddings database to use instead of the default one",
)  # fmt: skip

model_option = click.option(
    "-m", "--model", envvar="LLM_EMBEDDING_MODEL", help="Embedding model: its ID or an alias"
)  # fmt: skip

store_option = click.option("--store", is_flag=True, help="Keep the content itself in the database too")


def database_path(database: str | None) -> Path:
    """Return the database that was chosen, or the one in the user directory."""
    import llm
    from llm.registry.paths import EMBEDDINGS_DATABASE_FILE

    return Path(database) if database else llm.user_dir() / EMBEDDINGS_DATABASE_FILE


def opened(path: Path, *, read_only: bool = False) -> AbstractContextManager[sqlite3.Connection]:
    """Open a database for the length of a `with` block; it is created unless `read_only`."""
    from llm.store.connection import open_connection

    return closing(open_connection(path, read_only=read_only))


def _read_input(path: str, *, binary: bool) -> str | bytes:
    """Return the content of a file, or of standard input for `-`: text in UTF-8, or with `binary` its bytes."""
    from llm.features.embedding_input import with_plain_line_ends
    from llm.features.standard_input import StandardInput

    try:
        content = StandardInput().content() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise click.ClickException(f"Cannot read {path}: {error.strerror}") from error
    if binary:
        return content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        name = "Standard input" if path == "-" else path
        raise click.ClickException(f"{name} is not UTF-8 text. To embed its bytes, use --binary") from error
    return text if path == "-" else with_plain_line_ends(text)


def content_to_embed(content: str | None, path: str | None, *, binary: bool) -> str | bytes:
    """Return the content that was given, or else that of a file or of standard input, which must not be empty."""
    found = content or _read_input(path or "-", binary=binary)
    if not found:
        raise click.ClickException("No content provided")
    return found


@contextmanager
def collection_to_fill(conn: sqlite3.Connection, name: str, model_id: str | None) -> Iterator[Collection]:
    """Give a collection, made if it is missing; one that was made goes if the block fails before it holds anything.

    An existing one keeps its model, whatever `model_id` says. Raises `UserError` or `UnknownModelError` if a new one
    would be without a model.
    """
    from llm.features.collections import Collection
    from llm.store.connection import Handle

    handle = Handle(conn)
    if Collection.exists(handle, name):
        yield Collection(name, handle)
        return
    collection = Collection(name, handle, model=chosen_model(model_id))
    try:
        yield collection
    except BaseException:
        from llm.features.embedding_items import discard_if_empty

        discard_if_empty(collection)
        raise


def chosen_model(model_id: str | None) -> EmbeddingModel:
    """Return the named embedding model or the default one; what the user did not ask for is said on standard error."""
    from llm.features.embedding_choice import choose_embedding_model

    choice = choose_embedding_model(model_id)
    if choice.notice:
        click.echo(choice.notice, err=True)
    return choice.model
