"""What all groups of commands have in common."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import llm.cli
from llm._version import __version__
from llm.cli.app import build
from llm.store.database import open_log_database
from tests.docs.make_help import all_commands
from tests.registry.stand_ins import only_these_plugins, plugin

#: group -> its default command, then the others that 0.36 has
GROUPS = {
    "keys": "list get path set",
    "logs": "list backup off on path status",
    "models": "list default options",
    "models options": "list clear set show",
    "templates": "list edit loaders path show",
    "schemas": "list dsl show",
    "tools": "list",
    "aliases": "list path remove set",
    "fragments": "list loaders remove set show",
    "embed-models": "list default",
    "collections": "list delete path",
    "": "prompt chat embed embed-multi similar plugins install uninstall keys logs models templates schemas tools "
    "aliases fragments embed-models collections openai",
}
SUBGROUPS = [path for path in GROUPS if path]


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), words)


def group_at(path: str) -> click.Group:
    found: click.Command = build()
    for name in path.split():
        assert isinstance(found, click.Group)
        found = found.commands[name]
    assert isinstance(found, click.Group)
    return found


@pytest.mark.parametrize("path", GROUPS)
def test_groups(path: str) -> None:
    """Each group has the subcommands of 0.36, and help lists the default one first, with `*` after its name."""
    default, *others = GROUPS[path].split()
    assert {default, *others} <= set(group_at(path).commands)
    listed = run(*path.split(), "--help").output.partition("Commands:\n")[2].split("\n")
    assert listed[0].split()[0] == f"{default}*"


@pytest.mark.parametrize("path", SUBGROUPS)
def test_default_command(path: str) -> None:
    """Without words, and with an option first, a group runs its default subcommand; `--help` is that of the group."""
    words, default = path.split(), GROUPS[path].split()[0]
    assert run(*words).output == run(*words, default).output
    assert run(*words, "--zzz").stderr == run(*words, default, "--zzz").stderr
    assert f"{path} [OPTIONS] COMMAND" in run(*words, "--help").output
    assert f"{path} {default} [OPTIONS]" in run(*words, default, "--help").output


@pytest.mark.parametrize("path", [path for path in SUBGROUPS if path != "tools"])
def test_words_that_are_no_subcommand(path: str) -> None:
    """If the first word is no subcommand all words go to the default one: `llm keys zzz` misuses `llm keys list`."""
    result = run(*path.split(), "zzz")
    assert result.exit_code == 2
    assert f"{path} {GROUPS[path].split()[0]}" in result.stderr
    assert "zzz" in result.stderr


def test_openai_has_no_default() -> None:
    """`llm openai` alone prints its help and exits with 2; it has `endpoint` and `models`."""
    result = run("openai")
    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert {"endpoint", "models"} <= set(group_at("openai").commands)


def test_help_of_every_command() -> None:
    """`-h` and `--help` print the same on each command and group, and exit with 0."""
    for context in all_commands():
        words = context.command_path.split()[1:]
        short, long = run(*words, "-h"), run(*words, "--help")
        assert (short.exit_code, long.exit_code) == (0, 0), words
        assert short.output == long.output
        assert long.output.startswith("Usage: ")


@pytest.fixture
def plugin_command() -> Iterator[None]:
    """A plugin with a command and a group that know nothing of `-h`."""

    def register_commands(cli: click.Group) -> None:
        @cli.command("visit")
        def visit() -> None: ...

        @cli.group("garden")
        def garden() -> None: ...

        @garden.command("dig")
        def dig() -> None: ...

    with only_these_plugins() as register:
        register(plugin("garden", register_commands=register_commands))
        yield


@pytest.mark.usefixtures("plugin_command")
@pytest.mark.parametrize("words", ["visit", "garden", "garden dig"])
def test_help_of_plugin_commands(words: str) -> None:
    """`-h` works on the commands of plugins too."""
    result = run(*words.split(), "-h")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_version() -> None:
    """`--version` prints the program, which is `cli` under click's runner, and the version."""
    assert run("--version").output == f"cli, version {__version__}\n"
    assert tuple(map(int, __version__.split(".")[:2])) >= (0, 36)


def test_version_comes_first() -> None:
    """`--version` is known as the first argument only; behind others it is an unknown option of `llm prompt`."""
    result = run("hi", "--version")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: cli prompt ")


def test_module() -> None:
    """`python -m llm` runs the same command line, with `llm` in its usage."""
    ran = subprocess.run([sys.executable, "-m", "llm", "keys", "--help"], capture_output=True, text=True, check=True)
    assert run("keys", "--help").output.splitlines()[2:] == ran.stdout.splitlines()[2:]
    assert ran.stdout.splitlines()[0].split()[-4:] == ["keys", "[OPTIONS]", "COMMAND", "[ARGS]..."]


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["keys"], 0),
        (["keys", "get", "nope"], 1),
        (["models", "default", "nope"], 1),
        (["keys", "get"], 2),
        (["keys", "get", "a", "b"], 2),
        (["keys", "--nope"], 2),
        (["schemas", "-d", "missing.db"], 2),
        (["fragments", "set", "a b", "c"], 2),
    ],
)
def test_exit_codes(words: list[str], exit_code: int) -> None:
    """0 for success; 1 for what cannot be done, as `Error: ...` on standard error; 2 for what is typed wrongly."""
    result = run(*words)
    assert result.exit_code == exit_code
    if exit_code:
        assert result.stdout == ""
        assert "Error: " in result.stderr
        assert result.stderr.startswith("Error: " if exit_code == 1 else "Usage: ")


def test_json_is_ascii(user_path: Path) -> None:
    """JSON output escapes what is not ASCII, as Python does by default."""
    run("aliases", "set", "é", "gpt-4o")
    run("fragments", "set", "a", "-")
    with closing(open_log_database(user_path / "logs.db")) as conn:
        conn.execute("INSERT INTO schemas (id, content) VALUES ('s', '{\"é\": 1}')")
        conn.execute("INSERT INTO turns (id, schema_id, datetime_utc) VALUES ('t', 's', '2026')")
        conn.execute("UPDATE fragments SET content = 'é'")
        conn.commit()
    listings = ("aliases --json", "models --json -m gpt-4o", "fragments --json", "schemas --json", "schemas --nl")
    for words in (*listings, "schemas show s", "schemas dsl é"):
        output = run(*words.split()).output
        assert output.isascii(), words
        assert "\\u00e9" in output, words


def test_reload() -> None:
    """Reloading `llm.cli` builds the commands anew, with those of the plugins that are registered by then.

    The module stays the same, and a group taken before goes on working.
    """
    module, before = llm.cli, llm.cli.cli
    guest = plugin("guest", register_commands=lambda cli: cli.command("visit")(lambda: click.echo("hello")))
    llm.pm.register(guest, name="guest")
    try:
        assert importlib.reload(llm.cli) is module
        reloaded = llm.cli.cli
    finally:
        llm.pm.unregister(name="guest")
    assert reloaded is not before
    assert CliRunner().invoke(reloaded, ["visit"]).output == "hello\n"
    assert importlib.reload(llm.cli) is module
    assert "visit" not in llm.cli.cli.commands
    assert CliRunner().invoke(before, ["keys"]).output == "No keys found\n"
