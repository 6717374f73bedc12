"""Groups of commands run by themselves, with errors shown as the whole program shows them."""

from __future__ import annotations

import click

from llm.cli.errors import reporting_errors


def reporting(group: click.Group) -> click.Group:
    """Return the group, its commands reporting the errors that users can act on."""
    for command in group.commands.values():
        if command.callback is not None and not hasattr(command.callback, "__wrapped__"):
            command.callback = reporting_errors(command.callback)
    return group
