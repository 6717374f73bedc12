"""Writes docs/help.md, the help texts of all commands: `python -m tests.docs.make_help`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "help.md"
WIDTH = 78  # what click uses on a terminal of 80 columns
INTRODUCTION = """\
<!-- Written by `python -m tests.docs.make_help`: do not edit. -->

# Command reference

What `llm COMMAND --help` prints, for each command. `-h` is short for `--help`. In the lists of commands, `*` marks the
one that is meant if none is named: `llm 'hi'` is `llm prompt 'hi'`, and `llm keys` is `llm keys list`. How to use the
commands is told in [using llm from the command line](usage.md).
"""


def walk(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """Yield a context for the command and then for each of its subcommands, in the order of the help text."""
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, **(command.context_settings or {})
    )
    yield context
    if isinstance(command, click.Group):
        for subname in command.list_commands(context):
            found = command.get_command(context, subname)
            if found is not None and not found.hidden:
                yield from walk(found, subname, context)


def all_commands() -> list[click.Context]:
    """Return a context for `llm` and each of its commands."""
    from llm.cli.app import build

    return list(walk(build(), "llm"))


def help_page() -> str:
    """Return the page as it should be."""
    sections = [
        f"{_level(context)} {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```\n"
        for context in all_commands()
    ]
    return "\n".join([INTRODUCTION, *sections])


def _level(context: click.Context) -> str:
    """Subcommands stand below their group."""
    return "###" if context.parent is not None and context.parent.parent is not None else "##"


if __name__ == "__main__":
    os.environ["LLM_LOAD_PLUGINS"] = ""  # before llm is imported: installed plugins have no place on the page
    PAGE.write_text(help_page(), encoding="utf-8")
    print(f"Wrote {PAGE}")
