"""The hooks that plugins implement. An implementation may take any of its hook's parameters, or none."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    import click

    from llm.registry.models import ModelWithAliases

hookspec: HookspecMarker = HookspecMarker("llm")
hookimpl: HookimplMarker = HookimplMarker("llm")


@hookspec
def register_commands(cli: "click.Group") -> None:
    """Add commands to `cli`, the group `llm`, or change those it has. Runs when `llm.cli` is imported."""


@hookspec
def register_models(register: Callable[..., None], model_aliases: "list[ModelWithAliases]") -> None:
    """Offer models: call `register(model, async_model=None, aliases=None)` for each.

    `model_aliases` is the list of `ModelWithAliases` being built. An implementation marked `trylast=True` finds all
    models in it, and may change or replace its entries.
    """


@hookspec
def register_embedding_models(register: Callable[..., None]) -> None:
    """Offer embedding models: call `register(model, aliases=None)` for each.

    `async_model=` is a variant for async code, where a model has one.
    """


@hookspec
def register_template_loaders(register: Callable[..., None]) -> None:
    """Offer sources of templates: call `register(prefix, loader)`.

    For a template called `PREFIX:REST`, `loader(REST)` returns an `llm.Template` or raises `ValueError`.
    """


@hookspec
def register_fragment_loaders(register: Callable[..., None]) -> None:
    """Offer sources of fragments: call `register(prefix, loader)`.

    For a fragment called `PREFIX:REST`, `loader(REST)` returns an `llm.Fragment`, an `llm.Attachment`, or a list of
    them.
    """


@hookspec
def register_tools(register: Callable[..., None]) -> None:
    """Offer tools: call `register(tool, name=None)` with a function, an `llm.Tool` or a subclass of `llm.Toolbox`."""
