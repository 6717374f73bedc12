"""Groups with a default subcommand, so that `llm keys` means `llm keys list`."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _DefaultGroup = click.Group  # the package has no annotations
else:
    from click_default_group import DefaultGroup as _DefaultGroup

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class DefaultGroup(_DefaultGroup):
    """A group that hands words which are no subcommand to its default one; help lists that one first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", dict(HELP_NAMES))
        super().__init__(*args, **kwargs)
