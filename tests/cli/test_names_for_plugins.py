"""What programs and plugins do with the names that they import from `llm.cli`, and with the commands that they run."""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from pydantic.json_schema import SkipJsonSchema

import llm
import llm.cli
from llm.store.database import open_log_database
from tests.cli.spies import SpyPlugin, ask, asked, run
from tests.registry.stand_ins import only_these_plugins, plugin

pytestmark = pytest.mark.usefixtures("spies")

SHOUT = 'call {"shout": {"text": "hello"}}'


def test_shared_options() -> None:
    """`tool_options` and `schema_option` give a plugin's own command these parameters, in this order."""

    @click.command()
    @llm.cli.tool_options
    @llm.cli.schema_option
    def own(**given: Any) -> None:
        click.echo(given)

    names = ["tools", "python_tools", "tools_debug", "tools_approve", "chain_limit", "schema_input"]
    assert [parameter.name for parameter in own.params] == names
    result = CliRunner().invoke(own, ["-T", "a", "--td", "--schema", "name"])
    assert "'tools': ('a',)" in result.output
    assert "'schema_input': 'name'" in result.output


PARAMETERS = {
    ("embed",): "collection id input model key store database content binary metadata format_",
    ("embed-multi",): "collection input_path format files encodings binary sql attach batch_size prefix prepend model "
    "key store database",
    ("similar",): "collection id input content binary number plain database prefix",
    ("plugins",): "all hooks",
    ("logs", "list"): "count database path model query latest fragments tools any_tools schema_input schema_multi "
    "current_conversation conversation_id id_gt id_gte response extract extract_last short usage truncate expand "
    "json_output data data_array data_key data_ids",
    ("openai", "endpoint"): "url prompt model_id system template headers use_responses force_chat list_models",
}


@pytest.mark.parametrize("path", PARAMETERS, ids=" ".join)
def test_names_of_parameters(path: tuple[str, ...]) -> None:
    """Parameters keep the names by which plugins hand them to a command that they invoke."""
    command: Any = llm.cli.cli
    for name in path:
        command = command.commands[name]
    assert set(PARAMETERS[path].split()) <= {parameter.name for parameter in command.params}


def test_shared_attachment_types(tmp_path: Path) -> None:
    """`AttachmentType` and `attachment_types_callback` resolve attachments for a plugin's own command."""

    @click.command()
    @click.option("-a", "attachments", type=llm.cli.AttachmentType(), multiple=True)
    @click.option("--at", type=(str, str), multiple=True, callback=llm.cli.attachment_types_callback)
    def own(attachments: list[llm.Attachment], at: list[llm.Attachment]) -> None:
        click.echo([(one.type, one.path) for one in [*attachments, *at]])

    path = tmp_path / "p"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    result = CliRunner().invoke(own, ["-a", str(path), "--at", str(path), "image/x"])
    assert result.output == f"[('image/png', {str(path)!r}), ('image/x', {str(path)!r})]\n"
    assert CliRunner().invoke(own, ["-a", str(tmp_path / "gone")]).exit_code == 2


def test_hooks_of_tool_calls(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`_approve_tool_call` and `_debug_tool_call` are hooks for any chain: one asks, the other shows."""
    names: Any = llm.cli
    answers = iter([True, False])
    monkeypatch.setattr(click, "confirm", lambda *_, **__: next(answers))
    for output in ("HELLO", "Cancelled: User cancelled tool call"):
        chain = llm.get_model("spy").chain(
            SHOUT, key="k", tools=[llm.get_tools()["shout"]],
            before_call=names._approve_tool_call, after_call=names._debug_tool_call,
        )  # fmt: skip
        assert chain.text() == f"calling {output}"
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("Tool call: shout({'text': 'hello'})") >= 2
    assert "  HELLO\n" in told.err


class TokenCount(Exception):
    """An answer in the form of an exception."""


class Counts(llm.Model):
    """Has an option that raises instead of answering, and one that nobody is to see."""

    model_id = "counts"

    class Options(llm.Options):
        """One of them hidden."""

        count_tokens: bool | None = None
        hidden: SkipJsonSchema[int | None] = None

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        if prompt.options.count_tokens:
            raise TokenCount(4)
        yield f"hidden: {prompt.options.hidden}"


@pytest.fixture
def _counts() -> Iterator[None]:
    one = plugin("counting", register_models=lambda register: register(Counts()))
    llm.pm.register(one, name="counting")
    yield
    llm.pm.unregister(name="counting")


@pytest.mark.usefixtures("_counts")
def test_exception_as_an_answer(
    user_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a plugin raises from `execute` reaches the wrapper; nothing is printed, and the log is there, empty."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    command = llm.cli.cli.commands["prompt"]
    with click.Context(command) as ctx, pytest.raises((click.ClickException, TokenCount)) as raised:
        ctx.invoke(command, prompt="x", model_id="counts", options=[("count_tokens", True)])
    found = raised.value if isinstance(raised.value, TokenCount) else raised.value.__context__
    assert isinstance(found, TokenCount)
    assert found.args == (4,)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    with sqlite3.connect(user_path / "logs.db") as conn:
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (0,)


@pytest.mark.usefixtures("_counts")
def test_hidden_option() -> None:
    """An option field with Pydantic's `SkipJsonSchema` is accepted and not listed."""
    listed = run("models", "--options", "-m", "counts").output
    assert "count_tokens: boolean" in listed
    assert "hidden" not in listed
    assert "hidden" not in run("models", "--options", "--json", "-m", "counts").output
    assert run("-m", "counts", "-o", "hidden", "5", "x").output == "hidden: 5\n"


def test_command_line_of_a_web_page(user_path: Path) -> None:
    """With `--cid --td --cl --system -T` the answer is on standard output, traces of tools on standard error.

    A conversation that has a row and no response yet can be continued. Nothing is coloured.
    """
    with closing(open_log_database(user_path / "logs.db")) as conn, conn:
        conn.execute("INSERT INTO conversations (id, name, model) VALUES ('c', 'web', 'spy')")
    words = ("--cid", "c", "--td", "--cl", "5", "--system", "be brief", "-T", "shout")
    result = ask(*words, SHOUT)
    assert result.stdout == "calling HELLO\n"
    assert result.stderr.startswith("\nTool call: shout({'text': 'hello'})\n  HELLO\n")
    assert "\x1b" not in result.output
    assert ask("--cid", "c", "again").stdout == "answer to again\n"
    assert len(asked().messages) > 2


@pytest.mark.parametrize("words", [["models", "--options"], ["models", "--json"], ["aliases"], ["tools"], ["plugins"]])
def test_keys_are_not_asked_for_by_listings(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced `llm.get_key` is called when a model that needs a key runs, not to register or list models."""

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody runs a model")

    monkeypatch.setattr(llm, "get_key", forbidden)
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")


def test_replaced_log_method_of_async_responses(monkeypatch: pytest.MonkeyPatch, user_path: Path) -> None:
    """`llm.AsyncResponse.log_to_db` may be replaced as that of `llm.Response` may; it logs what --async answers."""
    seen: list[Any] = []
    original = llm.AsyncResponse.log_to_db

    def replaced(self: llm.AsyncResponse, db: Any) -> None:
        seen.append(type(db).__name__)
        original(self, db)

    monkeypatch.setattr(llm.AsyncResponse, "log_to_db", replaced)
    assert ask("--async", "hi").stdout == "answer to hi\n"
    assert seen == ["Database"]
    assert run("logs", "--json").stdout.count('"response": "answer to hi"') == 1


def test_commands_of_plugins_ask_for_no_models() -> None:
    """A plugin's own command runs no `register_models`, whose plugin may print or ask a server."""

    def register_models(register: Any) -> None:
        raise AssertionError("no model is wanted")

    def register_commands(cli: click.Group) -> None:
        cli.command("visit")(lambda: click.echo("hello"))

    with only_these_plugins() as register:
        register(plugin("guest", register_models=register_models, register_commands=register_commands))
        result = CliRunner().invoke(llm.cli.app.build(), ["visit"])
    assert (result.stdout, result.stderr) == ("hello\n", "")


def test_plugins_have_names() -> None:
    """`pm.get_plugins()` holds modules, or objects that carry a `__name__`, once plugins are loaded."""
    names = {one.__name__ for one in llm.pm.get_plugins()}
    assert {SpyPlugin.__name__, "llm.default_plugins.openai_models", "llm.default_plugins.default_tools"} <= names
