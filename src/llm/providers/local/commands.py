"""The command group `llm local`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llm.providers.local import DEFAULT_CONTEXT, DEFAULT_EMBEDDING_CONTEXT

if TYPE_CHECKING:
    from llm.providers.local.catalog import LocalModel

_COLUMNS = ["name", "aliases", "size", "file"]


@click.group("local", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def local_group(ctx: click.Context) -> None:
    """Manage models that run on this computer, without key or account.

    The embedded model is smollm2, a small one. Any other model in a GGUF file can be added.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@local_group.command("list")
def list_() -> None:
    """List the local models, with the size of their weights and where these are."""
    from llm.core.text import dicts_to_table_string
    from llm.providers.local import catalog

    for line in dicts_to_table_string(_COLUMNS, [_row(model) for model in [catalog.EMBEDDED, *catalog.added_models()]]):
        click.echo(line.rstrip())


@local_group.command("pull")
def pull() -> None:
    """Download the weights of the embedded model now.

    Otherwise its first use does. Once they are there, no network is needed.
    """
    from llm.providers.local import supply
    from llm.providers.local.catalog import EMBEDDED

    path = supply.ready(EMBEDDED)
    click.echo(f"{EMBEDDED.name} is ready: {path}", err=True)


@local_group.command("add")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--context",
    type=click.IntRange(min=1),
    help=f"Tokens that fit into one conversation [default: {DEFAULT_CONTEXT}] or, for an embedding model, into one "
    f"text [default: {DEFAULT_EMBEDDING_CONTEXT}]; more need more memory",
)
@click.option("--embedding", is_flag=True, help="The model makes embedding vectors")
def add(name: str, file: Path, context: int | None, embedding: bool) -> None:
    """Add the model in a GGUF file under a name of your choice.

    \b
        llm local add qwen ~/models/qwen3-4b-q4_k_m.gguf
        llm -m qwen 'Ten names for a cheese shop'
        llm local add nomic ~/models/nomic-embed-text-v1.5.gguf --embedding
        llm embed -m nomic -c 'A text'

    The file stays where it is. A name given again gets the new file.
    """  # noqa: D301 - Click knows the control character, not a backslash
    from llm.providers.local import catalog

    catalog.check_name(name)
    if name in (_names_of_other_embedding_models() if embedding else _names_of_others()):
        raise catalog.LocalModelError(f"{name!r} already stands for another model; choose another name")
    context = context or (DEFAULT_EMBEDDING_CONTEXT if embedding else DEFAULT_CONTEXT)
    model = catalog.add(name, file.expanduser(), context=context, embedding=embedding)
    click.echo(f"Added {name}: {model.file}", err=True)


@local_group.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Forget an added model, whose file stays, or delete the weights of smollm2."""
    from llm.providers.local import catalog, weights

    model = catalog.find(name)
    if model.published is None:
        catalog.forget(model)
        click.echo(f"Forgot {name}; its file is still there: {model.file}", err=True)
    elif weights.delete(weights.path_of(model)):
        click.echo(f"Deleted the weights of {model.name}; its next use downloads them again", err=True)
    else:
        click.echo(f"The weights of {model.name} have not been downloaded", err=True)


@local_group.command("path")
def path() -> None:
    """Show where the local models are kept."""
    from llm.providers.local.catalog import folder

    click.echo(str(folder()))


def _row(model: LocalModel) -> dict[str, str]:
    from llm.core.text import human_size
    from llm.providers.local import weights

    file = weights.path_of(model)
    try:
        size = human_size(file.stat().st_size)
    except OSError:
        size = "missing" if model.published is None else "not downloaded"
    return {"name": model.name, "aliases": ", ".join(model.aliases), "size": size, "file": str(file)}


def _names_of_others() -> set[str]:
    """Return ids and aliases of all models but the local ones."""
    import llm

    names: set[str] = set()
    for entry in llm.get_models_with_aliases():
        models = [model for model in (entry.model, entry.async_model) if model is not None]
        if not any(hasattr(model, "local_model") for model in models):
            names.update(entry.aliases, (model.model_id for model in models))
    return names


def _names_of_other_embedding_models() -> set[str]:
    import llm

    others = [entry for entry in llm.get_embedding_models_with_aliases() if not hasattr(entry.model, "local_model")]
    return {name for entry in others for name in (entry.model.model_id, *entry.aliases)}
