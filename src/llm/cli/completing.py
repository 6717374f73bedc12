"""Which words could come next on a command line: subcommands, options, and values of these.

Click's own completion takes the default command of a group for what the user means as soon as nothing is typed. Here
`llm <TAB>` offers commands, and options of the default command come with those of its group. What a value can be is
asked of Click's types, of completion that plugins give their parameters, and of the table in this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from llm.cli.command_words import Reading, read_words
from llm.features.completion import FILES, FOLDERS, SPECIAL, Candidate, candidates_of

ANY = ""  #: whatever the command

#: path of a command, and an argument or a long option of it -> where its values come from
VALUES: Mapping[tuple[str, str], str] = {
    (ANY, "--attachment"): "files",
    (ANY, "--attachment-type"): "files",
    (ANY, "--conversation"): "conversations",
    (ANY, "--fragment"): "fragments",
    (ANY, "--functions"): "files",
    (ANY, "--key"): "keys",
    (ANY, "--model"): "models",
    (ANY, "--save"): "stored templates",
    (ANY, "--schema"): "schemas",
    (ANY, "--schema-multi"): "schemas",
    (ANY, "--system-fragment"): "fragments",
    (ANY, "--template"): "templates",
    (ANY, "--tool"): "tools",
    ("aliases remove", "alias"): "aliases",
    ("aliases set", "model_id"): "models",
    ("collections delete", "collection"): "collections",
    ("embed", "--model"): "embedding models",
    ("embed", "collection"): "collections",
    ("embed-models default", "model"): "embedding models",
    ("embed-multi", "--model"): "embedding models",
    ("embed-multi", "collection"): "collections",
    ("fragments remove", "alias"): "fragment aliases",
    ("fragments set", "alias"): "fragment aliases",
    ("fragments set", "fragment"): "fragments",
    ("fragments show", "alias_or_hash"): "fragments",
    ("keys get", "name"): "keys",
    ("keys remove", "name"): "keys",
    ("keys set", "name"): "keys",
    ("models default", "model"): "models",
    ("models options clear", "model"): "models",
    ("models options set", "model"): "models",
    ("models options show", "model"): "models",
    ("plugins", "--hook"): "hooks",
    ("schemas show", "schema_id"): "schema ids",
    ("similar", "collection"): "collections",
    ("templates edit", "name"): "stored templates",
    ("templates show", "name"): "templates",
    ("tools list", "tool_defs"): "tools",
    ("uninstall", "packages"): "plugins",
}
_CLICKS_KINDS = {"file": FILES, "dir": FOLDERS}


def candidates(root: click.Group, words: Sequence[str]) -> Iterator[Candidate]:
    """Yield what the last of `words`, which follow the name of the program, could become."""
    *before, current = words
    given: set[str] = set()
    for candidate in _all(read_words(root, before), current):
        if candidate.value in given or not (candidate.kind in SPECIAL or candidate.value.startswith(current)):
            continue
        given.add(candidate.value)
        yield candidate


def _all(reading: Reading, current: str) -> Iterator[Candidate]:
    if reading.awaiting is not None:
        yield from _values(reading, reading.awaiting, current)
    elif not current.startswith("-") or reading.options_ended:
        yield from _subcommands(reading, current)
        if reading.argument is not None:
            yield from _values(reading, reading.argument, current)
    elif "=" in current:
        yield from _attached_values(reading, current)
    else:
        yield from _options(reading)


def _subcommands(reading: Reading, current: str) -> Iterator[Candidate]:
    """Yield the subcommands of the group that the words have led to, if no word of a subcommand has been typed."""
    if reading.group is not None:
        for item in reading.group.command.shell_complete(reading.group, current):
            yield Candidate(str(item.value), item.help or "")


def _options(reading: Reading) -> Iterator[Candidate]:
    for context in reading.contexts:
        for parameter in context.command.get_params(context):
            if not isinstance(parameter, click.Option) or parameter.hidden:
                continue
            if parameter.name in reading.used and not (parameter.multiple or parameter.count):
                continue
            for name in (*parameter.opts, *parameter.secondary_opts):
                yield Candidate(name, parameter.help or "")


def _attached_values(reading: Reading, current: str) -> Iterator[Candidate]:
    name, _, value = current.partition("=")
    parameter = reading.option(name)
    if parameter is not None:
        for candidate in _values(reading, parameter, value):
            special = candidate.kind in SPECIAL
            yield candidate if special else Candidate(f"{name}={candidate.value}", candidate.help, candidate.kind)


def _values(reading: Reading, parameter: click.Parameter, current: str) -> Iterator[Candidate]:
    context = reading.contexts[-1]
    offered = parameter.shell_complete(context, current)
    for item in offered:
        yield _CLICKS_KINDS.get(item.type) or Candidate(str(item.value), item.help or "")
    source = _source(reading.path, parameter)
    if source and not offered and reading.value_number == 0:
        yield from candidates_of(source)


def _source(path: str, parameter: click.Parameter) -> str | None:
    names = [parameter.name or ""] if isinstance(parameter, click.Argument) else parameter.opts
    rows = ((place, name) for place in (path, ANY) for name in names)
    return next((VALUES[row] for row in rows if row in VALUES), None)
