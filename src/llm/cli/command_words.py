"""Reading an unfinished command line: which command it is about, and what the next word would be for it.

Nothing is run, converted or checked: words may be missing, and the user is still typing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import click


@dataclass(slots=True)
class Reading:
    """What is known after some words."""

    contexts: list[click.Context]  #: whose options may come next: that of the command last, before it its group's
    group: click.Context | None = None  #: the group of which a subcommand may come next
    awaiting: click.Parameter | None = None  #: the option whose value comes next
    value_number: int = 0  #: which of its values that is
    argument: click.Parameter | None = None  #: the argument that comes next, unless an option does
    options_ended: bool = False  #: by `--`
    used: set[str | None] = field(default_factory=set)  #: names of the options that were given

    @property
    def path(self) -> str:
        """The names of the command and of the groups that it is in, without that of the program."""
        return " ".join(self._names())

    def _names(self) -> Iterator[str]:
        names: list[str] = []
        context: click.Context | None = self.contexts[-1]
        while context is not None and context.parent is not None:
            names.append(context.info_name or "")
            context = context.parent
        return reversed(names)

    def option(self, name: str) -> click.Option | None:
        """Return the option that is spelt so."""
        for context in reversed(self.contexts):
            for parameter in context.command.get_params(context):
                if isinstance(parameter, click.Option) and name in (*parameter.opts, *parameter.secondary_opts):
                    return parameter
        return None


def read_words(root: click.Group, words: Sequence[str]) -> Reading:
    """Read the words that follow the name of the program."""
    context = _context(root, "llm", None)
    rest = list(words)
    while isinstance(context.command, click.Group):
        group = context
        taken = _subcommand_at(group, rest)
        if taken is None:
            return _read_default(group, rest)
        name = rest[taken]
        command = context.command.commands[name]
        context, rest = _context(command, name, group), rest[taken + 1 :]
    reading = Reading([context])
    _read(reading, rest)
    return reading


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    # Not `make_context`: that would parse. With `resilient_parsing` nothing acts on what it is given.
    return click.Context(command, info_name=name, parent=parent, resilient_parsing=True, **command.context_settings)


def _subcommand_at(group: click.Context, words: Sequence[str]) -> int | None:
    """Return where the name of a subcommand is: the first word that is no option of the group, or its value."""
    commands = cast("click.Group", group.command).commands
    reading = Reading([group])
    position = 0
    while position < len(words) and words[position].startswith("-"):
        if reading.option(words[position].partition("=")[0]) is None:
            return None
        position += 1 + _values_after(reading, words[position])
    return position if position < len(words) and words[position] in commands else None


def _read_default(group: click.Context, words: Sequence[str]) -> Reading:
    """Read words none of which is a subcommand: they go to the default one of the group, if it has one."""
    command = cast("click.Group", group.command)
    name = getattr(command, "default_cmd_name", None)
    default = command.commands.get(name) if name else None
    if default is None:
        reading = Reading([group])
        reading.group = None if _read(reading, words) else group
        return reading
    context = _context(default, str(name), group)
    reading = Reading([context]) if words else Reading([group, context], group=group)
    _read(reading, words)
    return reading


def _read(reading: Reading, words: Sequence[str]) -> int:
    """Note what the words of a command leave open; return how many of them are arguments."""
    arguments = 0
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "--" and not reading.options_ended:
            reading.options_ended = True
        elif reading.options_ended or not word.startswith("-") or word == "-":
            arguments += 1
        else:
            wanted = _values_after(reading, word)
            if position + wanted > len(words):
                reading.awaiting, reading.value_number = _last_option(reading, word), len(words) - position
                return arguments
            position += wanted
    reading.argument = _argument(reading.contexts[-1], arguments)
    return arguments


def _argument(context: click.Context, number: int) -> click.Parameter | None:
    """Return the argument that takes the word of this number."""
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Argument):
            if parameter.nargs < 0 or number < parameter.nargs:
                return parameter
            number -= parameter.nargs
    return None


def _values_after(reading: Reading, word: str) -> int:
    """Return how many words after an option are its values, and note that it was given."""
    option = _last_option(reading, word)
    if option is None or not _takes_value(option):
        return 0
    return option.nargs - (1 if _has_value(reading, word) else 0)


def _last_option(reading: Reading, word: str) -> click.Option | None:
    """Return the option that a word names; of several short ones in one word, that which may take a value."""
    name = word.partition("=")[0]
    option = reading.option(name)
    if option is None and not word.startswith("--"):
        for letter in word[1:]:
            option = reading.option(f"-{letter}")
            if option is None or _takes_value(option):
                break
            reading.used.add(option.name)
    if option is not None:
        reading.used.add(option.name)
    return option


def _takes_value(option: click.Option) -> bool:
    return not (option.is_flag or option.count)


def _has_value(reading: Reading, word: str) -> bool:
    """Tell whether the word of an option holds a value as well: `--model=x` and `-mx` do."""
    if word.startswith("--"):
        return "=" in word
    option = _last_option(reading, word)
    return option is not None and f"-{word[-1]}" not in option.opts
