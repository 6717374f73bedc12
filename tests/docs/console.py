"""Console blocks: the commands after `$ ` are run, and what they print is compared with what the page shows.

A very small shell: `llm`, `echo` and `cat`, joined by `|`, with `<` and `>`, and variables set in front. A block in
which no command shows any output promises success and no more.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from click.testing import CliRunner

from llm.cli import cli

PROMPT = "$ "
_ASSIGNMENT = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)", re.DOTALL)
_CHANGES_THE_ENVIRONMENT = ("install", "uninstall")


class CannotRun(Exception):
    """The little shell does not know this command."""


@dataclass(slots=True)
class Command:
    """A command line and the output that the page shows below it."""

    line: int  #: in the block, from 0
    text: str
    shown: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Ran:
    """What came of a command: `stdout` goes into a pipe, `screen` is what a terminal shows."""

    stdout: str
    screen: str
    exit_code: int = 0


def problems_of(text: str) -> Iterator[tuple[int, str]]:
    """Run the commands of a block; yield for each that is not as shown its line in the block and what is wrong."""
    commands = list(commands_of(text))
    if not commands:
        yield 0, "a console block without a line that begins with '$ '"
    promises_output = any(command.shown for command in commands)
    for command in commands:
        try:
            ran = run(command.text)
        except (CannotRun, OSError) as error:
            yield command.line, str(error)
            continue
        if problem := _problem(command, ran, promises_output=promises_output):
            yield command.line, f"$ {command.text}\n{problem}"


def commands_of(text: str) -> Iterator[Command]:
    """Yield the commands of a block; one whose quotes are open, or that ends with a backslash, goes on."""
    command: Command | None = None
    for number, line in enumerate(text.splitlines()):
        if command is not None and not command.shown and _is_open(command.text):
            command.text += f"\n{line.removeprefix('> ')}"
        elif line.startswith(PROMPT):
            if command is not None:
                yield command
            command = Command(number, line.removeprefix(PROMPT))
        elif command is not None:
            command.shown.append(line)
    if command is not None:
        yield command


def run(text: str) -> Ran:
    """Run a pipeline."""
    variables: dict[str, str] = {}
    words = _words(text)
    while words and (assignment := _ASSIGNMENT.fullmatch(words[0])):
        variables[assignment["name"]] = assignment["value"]
        words = words[1:]
    ran, screen = Ran("", ""), ""
    piped: str | None = None
    for stage in _stages(words):
        ran = _run_stage(stage, piped, variables)
        piped = ran.stdout
        screen += ran.screen if stage is _LAST else ""
    return ran


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text.replace("\\\n", ""), posix=True, punctuation_chars="|<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)
