"""What commands are put together with: several options at once, and groups with a default subcommand.

By these `llm keys` means `llm keys list`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    _DefaultGroup = click.Group  # the package has no annotations
else:
    from click_default_group import DefaultGroup as _DefaultGroup

F = TypeVar("F", bound=Callable[..., Any])

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class DefaultGroup(_DefaultGroup):
    """A group that hands words which are no subcommand to its default one; help lists that one first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", dict(HELP_NAMES))
        super().__init__(*args, **kwargs)


def stacked(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return a decorator that adds the options in this order."""

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add
