"""Running `llm logs` and reading what it prints."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from llm.cli.app import _prepare
from llm.cli.commands.logs import logs

_prepare(logs)  # as the program does when the command is looked up


def run(*arguments: str) -> Result:
    """Run `llm logs` with these arguments."""
    return CliRunner().invoke(logs, arguments)


def shown(*arguments: str) -> str:
    """Return what a command prints; it must succeed."""
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def prompts(*arguments: str) -> list[str]:
    """Return the prompts that a listing shows, in its order."""
    return [row["prompt"] for row in json.loads(shown(*arguments, "--json"))]
