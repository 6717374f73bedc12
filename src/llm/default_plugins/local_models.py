"""The plugin that registers the models that run inside this process, and the commands that manage them."""

from typing import TYPE_CHECKING, Any

from llm.registry.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def register_models(register: "Callable[..., None]") -> None:
    """Register the embedded model and the user's GGUF files."""
    from llm.providers.local import chat

    chat.register_models(register)


@hookimpl
def register_embedding_models(register: "Callable[..., None]") -> None:
    """Register the embedded embedding model, where the package that holds it is installed."""
    from llm.providers.local import embeddings

    embeddings.register_embedding_models(register)


@hookimpl
def register_commands(cli: Any) -> None:
    """Add the group `llm local`."""
    from llm.providers.local.commands import local_group

    cli.add_command(local_group)
