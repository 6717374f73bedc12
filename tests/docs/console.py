"""Console blocks: the commands after `$ ` are run, and what they print is compared with what the page shows.

A very small shell: `llm`, `echo` and `cat`, joined by `|`, with `<` and `>`, and variables set in front. A block in
which no command shows any output promises success and no more.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from click.testing import CliRunner

from llm.cli import cli

PROMPT, CONTINUED = "$ ", "> "
CHANGES_THE_ENVIRONMENT = ("install", "uninstall")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)", re.DOTALL)


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
        yield 0, f"a console block without a line that begins with '{PROMPT}'"
    promises_output = any(command.shown for command in commands)
    for command in commands:
        try:
            problem = _problem(command, run(command.text), promises_output=promises_output)
        except (CannotRun, OSError) as error:
            problem = str(error)
        if problem:
            yield command.line, f"$ {command.text}\n{problem}"


def commands_of(text: str) -> Iterator[Command]:
    """Yield the commands of a block; one whose quotes are open, or that ends with a backslash, goes on."""
    command: Command | None = None
    for number, line in enumerate(text.splitlines()):
        if command is not None and not command.shown and _is_open(command.text):
            command.text += f"\n{line.removeprefix(CONTINUED)}"
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
    words = _words(text)
    variables: dict[str, str | None] = {}
    while words and (assignment := _ASSIGNMENT.fullmatch(words[0])):
        variables[assignment["name"]] = assignment["value"]
        words.pop(0)
    ran, noise = Ran("", ""), ""
    piped: str | None = None
    for stage in _split(words, "|"):
        ran = _run_stage(stage, piped, variables)
        ran.screen, noise = noise + ran.screen, noise + ran.screen.removeprefix(ran.stdout)
        piped = ran.stdout
    return ran


def _run_stage(words: list[str], piped: str | None, variables: dict[str, str | None]) -> Ran:
    words, source, target = _redirected(words)
    if source is not None:
        piped = Path(source).read_text(encoding="utf-8")
    program = PROGRAMS.get(words[0] if words else "")
    if program is None:
        raise CannotRun(f"examples run llm, echo and cat only: {shlex.join(words)}")
    ran = program(words[1:], piped, variables)
    if target is not None:
        Path(target).write_text(ran.stdout, encoding="utf-8")
        return Ran("", "", ran.exit_code)
    return ran


def _llm(words: list[str], piped: str | None, variables: dict[str, str | None]) -> Ran:
    if words and words[0] in CHANGES_THE_ENVIRONMENT:
        raise CannotRun(f"'llm {words[0]}' would change the environment of whoever runs the tests: mark the block")
    result = CliRunner().invoke(cli, words, input=piped, env=variables, prog_name="llm")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise CannotRun(f"unexpected {type(result.exception).__name__}: {result.exception}") from result.exception
    return Ran(result.stdout, result.output, result.exit_code)


def _echo(words: list[str], piped: str | None, variables: dict[str, str | None]) -> Ran:
    text = f"{' '.join(words)}\n"
    return Ran(text, text)


def _cat(words: list[str], piped: str | None, variables: dict[str, str | None]) -> Ran:
    text = "".join(Path(word).read_text(encoding="utf-8") for word in words)
    return Ran(text, text)


PROGRAMS: dict[str, Callable[[list[str], str | None, dict[str, str | None]], Ran]] = {
    "llm": _llm,
    "echo": _echo,
    "cat": _cat,
}


def _problem(command: Command, ran: Ran, *, promises_output: bool) -> str | None:
    shown = _tidy("\n".join(command.shown))
    fails = re.search(r"^(Error|Aborted!)", shown, re.MULTILINE) is not None
    if (ran.exit_code != 0) != fails:
        return f"exit code {ran.exit_code}, output:\n{ran.screen}"
    checker, printed = OutputChecker(), _tidy(ran.screen.replace(os.sep, "/"))  # pages show paths as Unix has them
    if promises_output and not checker.check_output(shown, printed, ELLIPSIS):
        return f"shown:\n{shown}\nprinted:\n{printed}"
    return None


def _tidy(text: str) -> str:
    """Leave out what no reader can see: spaces at the end of lines, blank lines at the end, tabs."""
    return "\n".join(line.rstrip() for line in text.expandtabs().rstrip().splitlines()) + "\n"


def _is_open(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text)
    except ValueError:
        return True
    return False


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text.replace("\\\n", ""), posix=True, punctuation_chars="|<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _split(words: list[str], separator: str) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word == separator:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _redirected(words: list[str]) -> tuple[list[str], str | None, str | None]:
    """Take `< FILE` and `> FILE` out of a command."""
    files: dict[str, str] = {}
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in {"<", ">"}:
            files[word] = next(rest)
        else:
            kept.append(word)
    return kept, files.get("<"), files.get(">")
