from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from llm.cli.app import COMMANDS, RootGroup, build
from llm.cli.commands.completion import SHELLS
from llm.cli.completing import VALUES
from llm.features.completion import SOURCES
from llm.registry.keys import set_key
from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from llm.store.stored_fragments import set_fragment_alias
from tests.registry.sites import HOOK, Site, command, models
from tests.registry.stand_ins import FakeModel, model_plugin, only_these_plugins, plugin
from tests.store.samples import turn

MODELS = model_plugin("models", (FakeModel("red:1"), None, ["r"]), (FakeModel("blue"),))


def _add_commands(cli: click.Group) -> None:
    @cli.group("garden")
    @click.option("--size", type=click.Choice(["small", "large"]))
    @click.option("--wet", is_flag=True)
    def garden(size: str, wet: bool) -> None: ...

    @garden.command("dig")
    @click.argument("tool", shell_complete=lambda *_: ["spade", "fork"])
    @click.argument("rest", nargs=-1, type=click.Choice(["one", "two"]))
    @click.option("--model", shell_complete=lambda *_: ["mine"])
    @click.option("--secret", hidden=True)
    @click.option("-p", "--pair", nargs=2, type=click.Choice(["x", "y"]), multiple=True)
    @click.option("--fast/--slow", " /-S")
    @click.option("-v", count=True)
    @click.option("-q", is_flag=True)
    @click.option("-w", type=click.Choice(["warm"]))
    @click.option("--folder", type=click.Path(file_okay=False))
    def dig(**_: Any) -> None: ...

    @garden.command("rest", hidden=True)
    def rest() -> None: ...


@pytest.fixture
def root() -> Iterator[RootGroup]:
    """The command line with two models and the commands of one plugin."""
    with only_these_plugins() as register:
        register(MODELS, plugin("garden", register_commands=_add_commands))
        yield build()


def offered(root: RootGroup, *words: str, shell: str = "zsh") -> list[str]:
    """The words that are offered, those of a special kind as `(kind)`."""
    return [value or f"({kind})" for kind, value, _ in rows(root, *words, shell=shell)]


def rows(root: RootGroup, *words: str, shell: str = "zsh") -> list[list[str]]:
    result = CliRunner().invoke(root, ["completion", shell, "--", *words])
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.split("\t") for line in result.stdout.splitlines()]


@pytest.mark.parametrize("shell", SHELLS)
def test_script(root: RootGroup, shell: str) -> None:
    """For each of four shells a script is printed, which calls the command again."""
    result = CliRunner().invoke(root, ["completion", shell])
    assert result.exit_code == 0
    assert f"completion {shell}" in result.stdout
    assert result.stdout.endswith("\n")


def test_unknown_shell(root: RootGroup) -> None:
    """Another shell is a usage error that lists the four."""
    result = CliRunner().invoke(root, ["completion", "tcsh"])
    assert result.exit_code == 2
    assert all(shell in result.stderr for shell in SHELLS)


def test_commands_are_offered_first(root: RootGroup) -> None:
    """Where nothing is typed, `llm` offers its commands, those of plugins too, and not what its default one takes."""
    assert offered(root, "") == sorted([*COMMANDS, "garden"])
    assert offered(root, "emb") == ["embed", "embed-models", "embed-multi"]


def test_commands_are_described(root: RootGroup) -> None:
    """Each command comes with the line that the help text has for it."""
    assert ["value", "keys", "Store API keys and look them up."] in rows(root, "k")


def test_options_of_the_default_command(root: RootGroup) -> None:
    """`llm -` offers the options of `llm` and of the default command, each once."""
    found = offered(root, "-")
    assert {"--version", "--model", "-m", "--system", "--help"} <= set(found)
    assert len(found) == len(set(found))


def test_options_without_a_command(root: RootGroup) -> None:
    """After an option of the default command, its values and options go on, and no command is offered."""
    assert offered(root, "-m", "") == ["red:1", "r", "blue"]
    assert offered(root, "-m", "blue", "") == []
    assert "--system" in offered(root, "-m", "blue", "-")
    assert "--version" not in offered(root, "-m", "blue", "-")


def test_same_for_the_command_by_name(root: RootGroup) -> None:
    """`llm prompt -m` is completed like `llm -m`; aliases are described by what they stand for."""
    assert rows(root, "prompt", "-m", "") == rows(root, "-m", "")
    assert ["value", "r", "red:1"] in rows(root, "prompt", "-m", "")


def test_a_prompt_is_typed_freely(root: RootGroup) -> None:
    """The prompt itself is not completed, and what follows it is."""
    assert offered(root, "a prompt", "") == []
    assert offered(root, "a prompt", "-m", "b") == ["blue"]


def test_subcommands(root: RootGroup) -> None:
    """A group offers its subcommands, and what its default one takes; hidden ones are left out."""
    assert offered(root, "keys", "") == ["get", "list", "path", "remove", "set"]
    assert "llm_time" not in offered(root, "tools", "")  # its plugin is not loaded in this test
    assert offered(root, "garden", "") == ["dig"]
    assert offered(root, "models", "options", "s") == ["set", "show"]


def test_options_of_a_group(root: RootGroup) -> None:
    """Options of a group, and their values, come before the subcommand."""
    assert offered(root, "garden", "--s") == ["--size"]
    assert offered(root, "garden", "--size", "") == ["small", "large"]
    assert offered(root, "garden", "--size", "small", "--wet", "") == ["dig"]
    assert offered(root, "garden", "--size=small", "dig", "") == ["spade", "fork"]
    assert offered(root, "garden", "nothing", "") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["x", ""], ["one", "two"]),
        (["x", "one", "t"], ["two"]),
        (["--model", ""], ["mine"]),
        (["--model=m"], ["--model=mine"]),
        (["--pair", ""], ["x", "y"]),
        (["--pair", "x", ""], ["x", "y"]),
        (["--pair", "x", "y", ""], ["spade", "fork"]),
        (["-p", "x", "y", "-p", "x", ""], ["x", "y"]),
        (["-vqw", ""], ["warm"]),
        (["-vqwwarm", ""], ["spade", "fork"]),
        (["-w=warm", ""], ["spade", "fork"]),
        (["--nonsense", ""], ["spade", "fork"]),
        (["--", "-", ""], ["one", "two"]),
        (["--", "-"], []),
        (["-", "o"], ["one"]),
        (["--s"], ["--slow"]),
        (["--slow", "--"], ["--model", "--pair", "--folder", "--help"]),
        (["--folder", ""], ["(folders)"]),
        (["--folder=a"], ["(folders)"]),
    ],
)
def test_words_of_a_command(root: RootGroup, words: Sequence[str], expected: list[str]) -> None:
    """Flags, options with several values, short ones in one word and `--` are read as click reads them.

    Hidden options are not offered, nor is one a second time that can be given once.
    """
    assert offered(root, "garden", "dig", *words) == expected


def test_values_of_several_words(root: RootGroup) -> None:
    """Of an option with several values, the first is completed from the table: the type of a file is no file."""
    assert offered(root, "--at", "") == ["(files)"]
    assert offered(root, "--at", "a.png", "") == []
    assert offered(root, "--at", "a.png", "image/png", "-m", "b") == ["blue"]


def test_options_of_a_group_that_runs(root: RootGroup) -> None:
    """A group that does something by itself has its subcommands, and options with values."""
    assert offered(root, "plugins", "") == ["doctor", "restore"]
    assert "register_tools" in offered(root, "plugins", "--hook", "")
    assert "--times" in offered(root, "plugins", "--hook", "register_tools", "-")


def test_names_of_the_user(root: RootGroup, user_path: Path) -> None:
    """Keys, templates, fragments and conversations are offered where they are asked for."""
    set_key("service", "s3cret")
    (user_path / "templates").mkdir()
    (user_path / "templates" / "sum.yaml").write_text("not: [parsed")
    with closing(open_log_database(user_path / "logs.db")) as conn:
        LogStore(Handle(conn)).log(turn("Pelicans", "r", id="id1", thread_id="c1"))
        set_fragment_alias(conn, "style", "text")
    assert offered(root, "keys", "get", "") == ["service"]
    assert offered(root, "--key", "") == ["service"]
    assert offered(root, "templates", "show", "") == ["sum", "(files)"]
    assert offered(root, "templates", "edit", "") == ["sum"]
    assert offered(root, "logs", "-f", "st") == ["style", "(files)"]
    assert offered(root, "fragments", "remove", "") == ["style"]
    assert rows(root, "--cid", "") == [["value", "c1", "Pelicans"]]


def test_each_row_of_the_table(root: RootGroup) -> None:
    """The table of values names parameters and sources that there are."""
    context = click.Context(root)
    parameters: dict[str, list[click.Parameter]] = {}

    def collect(command: click.Command, path: str) -> None:
        parameters[path] = command.params
        for name, subcommand in getattr(command, "commands", {}).items():
            collect(subcommand, f"{path} {name}".strip())

    for name in root.list_commands(context):
        collect(root.commands[name], name)
    assert set(VALUES.values()) <= set(SOURCES)
    for path, name in VALUES:
        if path:
            assert any(name in (found.name, *found.opts) for found in parameters[path]), (path, name)


def test_names_that_no_shell_can_show(root: RootGroup, user_path: Path) -> None:
    """A name with control characters is not offered, and none gets into a description."""
    names = {"c0": "a\x1b]0;x\x07", "c1": "b\nc\td", "c\n9": "e"}
    with closing(open_log_database(user_path / "logs.db")) as conn:
        conn.executemany("INSERT INTO conversations (id, name) VALUES (?, ?)", names.items())
        conn.commit()
    assert rows(root, "--cid", "") == [["value", "c1", "b c d"], ["value", "c0", "a ]0;x"]]


def test_what_fails_is_not_shown(root: RootGroup, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is typing sees no error of a damaged file; with `LLM_RAISE_ERRORS` it is raised."""
    (user_path / "keys.json").write_text("[")
    assert offered(root, "keys", "get", "") == []
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    result = CliRunner().invoke(root, ["completion", "zsh", "--", "keys", "get", ""])
    assert result.exit_code == 1


def test_nothing_is_created(root: RootGroup, user_path: Path) -> None:
    """Completing makes no database and no folder."""
    for words in (["--cid", ""], ["embed", ""], ["templates", "show", ""], ["schemas", "show", ""], ["logs", "-f", ""]):
        offered(root, *words)
    assert list(user_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [("'red", ["red:1"]), ('"red:', ["red:1"]), ("r\\ed", ["red:1"]), ("re'd:'1", ["red:1"]), ("'x", [])],
)
def test_quotes(root: RootGroup, word: str, expected: list[str]) -> None:
    """bash and fish hand over what is typed, with quotes that may be open: these are no part of the word."""
    assert offered(root, "it's", "-m", word, shell="bash") == expected


def test_words_of_powershell(root: RootGroup) -> None:
    """PowerShell drops arguments that are empty, so it gives the last word in an option."""
    result = CliRunner().invoke(root, ["completion", "powershell", "--word=", "--", "-m"])
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["red:1", "r", "blue"]


def _fail(register: Any) -> None:
    raise RuntimeError("no server")


def test_faulty_plugin() -> None:
    """A plugin that fails while models are listed costs its own; what is said of it is not among the candidates."""
    with only_these_plugins() as register:
        register(MODELS, plugin("faulty", register_models=_fail))
        result = CliRunner().invoke(build(), ["completion", "zsh", "--", "-m", "b"])
    assert result.stdout == "value\tblue\t\n"


PLUGIN = (
    models("far,f")
    + command("visit")
    + f"{HOOK}def register_tools(register):\n    for _ in range(2): register(lambda: 1, name='look')\n"
    + f"{HOOK}def register_fragment_loaders(register):\n    register('page', lambda rest: rest)\n"
)


def test_what_is_known_of_plugins(tmp_path: Path) -> None:
    """Names are taken from what is known of installed plugins: once they were seen, none is imported for them."""
    site = Site(tmp_path)
    site.install("far", PLUGIN)
    expected = {
        ("-m", "f"): ["far", "f"],
        ("tools", "lo"): ["look", "look_1"],
        ("fragments", "show", "pa"): ["page:", ""],
        ("vis",): ["visit"],
    }
    for seen in (False, True):
        for words, names in expected.items():
            ran = site.llm("completion", "zsh", "--", *words)
            assert [line.split("\t")[1] for line in ran.out.splitlines()] == names
            assert not seen or ran.imported == []


def test_aliases_of_the_user(tmp_path: Path) -> None:
    """The user's aliases are offered for models of plugins that are not loaded, unless there is no such model."""
    site = Site(tmp_path)
    site.install("far", PLUGIN)
    site.llm("aliases", "set", "mine", "far")
    site.llm("aliases", "set", "missing", "gone")
    for _ in range(2):
        assert site.llm("completion", "zsh", "--", "-m", "mi").out == "value\tmine\tfar\n"
