"""Options that several commands share, so that they are spelt and explained in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def model_option(function: F) -> F:
    """Add `-m/--model`."""
    return click.option("model_id", "-m", "--model", help="Model to use: its id or an alias", envvar="LLM_MODEL")(
        function
    )


def database_option(function: F) -> F:
    """Add `-d/--database`."""
    return click.option(
        "-d",
        "--database",
        type=click.Path(readable=True, dir_okay=False, allow_dash=False),
        help="Log database to use instead of the default one",
    )(function)


def model_options_option(function: F) -> F:
    """Add `-o/--option`."""
    return click.option(
        "options", "-o", "--option", type=(str, str), multiple=True, metavar="KEY VALUE",
        help="Option for the model; 'llm models --options' lists them",
    )(function)  # fmt: skip
