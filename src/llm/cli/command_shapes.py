"""What a command consists of, to see whether a plugin has changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

_DEEP = (click.Command, click.Parameter)


def shape(value: object) -> object:
    """Return something that compares unequal when a command, a parameter or anything below has been changed.

    Commands, parameters and the collections in them are taken apart; everything else counts as itself.
    """
    if isinstance(value, _DEEP):
        return value, {name: shape(part) for name, part in vars(value).items() if not name.startswith("__")}
    if isinstance(value, (list, tuple)):
        return [shape(part) for part in value]
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return _Same(value)


def root_shape(group: click.Group) -> object:
    """Return the shape of a group without its commands."""
    return {name: shape(part) for name, part in vars(group).items() if name != "commands"}


def summary(command: click.Command) -> dict[str, Any]:
    """Return what the line of a command in a list of commands is made of."""
    own_text = type(command).get_short_help_str is not click.Command.get_short_help_str
    row = {
        "help": command.help,
        "short_help": command.get_short_help_str(limit=1000) if own_text else command.short_help,
        "hidden": bool(command.hidden),
        "deprecated": command.deprecated,
    }
    return {name: value for name, value in row.items() if value}


def stand_in(name: str, row: Mapping[str, Any]) -> click.Command:
    """Return a command that shows like the one that `row` is the summary of."""
    return click.Command(name, **row)


class _Same:
    """Equal to what holds the very same object; it keeps the object alive, so that no other one can take its place."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    __hash__ = None  # type: ignore[assignment]  # compared, never looked up
