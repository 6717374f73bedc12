"""Every command explains itself, and the page of help texts is up to date."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from llm.cli import cli
from tests.docs.make_help import PAGE, all_commands, help_page

COMMANDS = {context.command_path: context.command for context in all_commands()}
PATHS = pytest.mark.parametrize("path", COMMANDS)


@PATHS
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_answered(path: str, option: str) -> None:
    """`--help`, and `-h` for short, shows the usage and ends well."""
    result = CliRunner().invoke(cli, [*path.split()[1:], option], prog_name="llm")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: {path} ")


@PATHS
def test_commands_have_a_help_text(path: str) -> None:
    """Each command says what it does, and so does each of its options, hidden ones too."""
    assert COMMANDS[path].help
    options = [parameter for parameter in COMMANDS[path].params if isinstance(parameter, click.Option)]
    assert [option.opts for option in options if not option.help] == []


@PATHS
def test_help_looks_alike(path: str) -> None:
    """The first line of a help text, which lists of commands show, is a sentence; what an option does is none."""
    first = (COMMANDS[path].help or "").strip().partition("\n\n")[0]
    assert first[0].isupper()
    assert first.endswith(".")
    options = [parameter for parameter in COMMANDS[path].params if isinstance(parameter, click.Option)]
    assert [option.opts for option in options if option.name != "version" and (option.help or "").endswith(".")] == []


def test_page_is_up_to_date() -> None:
    """docs/help.md is what the commands say now."""
    assert PAGE.read_text(encoding="utf-8") == help_page(), "refresh it with: python -m tests.docs.make_help"
