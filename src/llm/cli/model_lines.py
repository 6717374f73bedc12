"""Showing models as text: a list of them, or the one that a prompt would go to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llm.engine.worlds import AnyModel
    from llm.registry.models import ModelWithAliases


def echo_models(entries: Iterable[ModelWithAliases], *, async_: bool, options: bool) -> None:
    """Show the models of these entries of the registry, with their options and features if `options`."""
    from shutil import get_terminal_size

    from llm.features.model_listing import ModelLines

    lines = ModelLines(options=options, async_=async_, width=get_terminal_size().columns)
    for entry in entries:
        click.echo("\n".join(lines.of(entry)))


def echo_model_options(model: AnyModel, *, async_: bool) -> None:
    """Show one model with its options and features."""
    from llm.registry.finding import all_models
    from llm.registry.lookup import model_id_of
    from llm.registry.models import ModelWithAliases

    entries = [entry for entry in all_models() if model_id_of(entry) == model.model_id]
    unlisted = ModelWithAliases(model, None, [])  # type: ignore[arg-type]  # it is shown, whichever it is
    echo_models(entries[-1:] or [unlisted], async_=async_, options=True)
