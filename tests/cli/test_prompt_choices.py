"""Which model answers `llm prompt`, with which key, and how its errors are shown."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import llm
import llm.plugins
from llm.cli import cli
from tests.cli.spies import all_asked, ask, asked, given, run

pytestmark = pytest.mark.usefixtures("spies")


class Plain(llm.Model):
    """Takes no key, cannot stream, has no async variant; what it raises is up to the prompt."""

    model_id = "plain"

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        if prompt.prompt == "value":
            raise ValueError("bad value")
        if prompt.prompt == "odd":
            raise RuntimeError("odd thing")
        if prompt.prompt == "model":
            raise llm.ModelError("not today")
        yield f"plain {stream}"


class Tie(llm.Model):
    """Has an id that is as short as that of another."""

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield self.model_id


class Locked(llm.KeyModel):
    """Tells its key."""

    model_id = "locked"
    needs_key = "locked-key"
    key_env_var = "LOCKED_API_KEY"

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None = None
    ) -> Iterator[str]:  # fmt: skip
        yield str(key)


class PlainPlugin:
    """Registers them."""

    __name__ = "PlainPlugin"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Plain())
        register(Tie("tie-b"))
        register(Tie("tie-a"), aliases=["other"])
        register(Locked())


@pytest.fixture(autouse=True)
def _plain(spies: None) -> Iterator[None]:
    plugin = PlainPlugin()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


def test_order_of_sources(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-m beats LLM_MODEL, which beats a template's model, which beats that of the conversation, then the default."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("model: plain\n")
    (user_path / "default_model.txt").write_text("spy")
    assert run("x").stderr.startswith("Error: No key found")
    assert run("-t", "t", "x").stdout == "plain False\n"
    assert run("-c", "x").stdout == "plain False\n"
    assert run("-c", "-t", "t", "x").stdout == "plain False\n"
    monkeypatch.setenv("LLM_MODEL", "spy")
    assert run("-c", "-t", "t", "--key", "k", "x").stdout == "answer to x\n"
    assert run("-c", "-t", "t", "-m", "plain", "x").stdout == "plain False\n"


def test_empty_model_is_the_default(user_path: Path) -> None:
    """`-m ''` means the default model."""
    (user_path / "default_model.txt").write_text("plain")
    assert run("-m", "", "x").stdout == "plain False\n"


def test_no_async_variant() -> None:
    """--async with a model that only blocks is an error that names it and says so."""
    result = run("-m", "plain", "--async", "x")
    assert (result.exit_code, result.stderr) == (1, "Error: 'Unknown async model (sync model exists): plain'\n")


def test_keys(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--key names a stored key or is the key; then come the model's stored key and its variable; some need none."""
    (user_path / "keys.json").write_text('{"mine": "stored-mine"}')
    ask("--key", "mine", "x")
    assert given()[1] == "stored-mine"
    ask("--key", "literal", "x")
    assert given()[1] == "literal"
    (user_path / "keys.json").write_text('{"spy": "stored-spy"}')
    assert run("-m", "spy", "x").exit_code == 0
    assert given()[1] == "stored-spy"
    assert run("-m", "plain", "--key", "ignored", "x").exit_code == 0


def test_key_from_the_environment(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's stored key beats its environment variable; with neither, the error names both."""
    result = run("-m", "locked", "x")
    assert result.exit_code == 1
    assert "locked-key" in result.stderr
    assert "LOCKED_API_KEY" in result.stderr
    monkeypatch.setenv("LOCKED_API_KEY", "from-environment")
    assert run("-m", "locked", "x").stdout == "from-environment\n"
    (user_path / "keys.json").write_text('{"locked-key": "stored"}')
    assert run("-m", "locked", "x").stdout == "stored\n"


def test_query(user_path: Path) -> None:
    """-q beats the models of templates and conversations; of ids that are equally short the first registered counts.

    Each term may match the id, an alias or the displayed name, in any case.
    """
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("model: nope\n")
    ask("hi")
    assert run("-q", "PLAIN", "-t", "t", "-c", "x").stdout == "plain False\n"
    assert run("-q", "tie", "x").stdout == "tie-b\n"
    assert run("-q", "Tie: tie", "-q", "OTHER", "x").stdout == "tie-a\n"


def test_stored_model_is_gone(user_path: Path) -> None:
    """-c needs the stored model only when no other is named; the error names it."""
    ask("hi")
    with sqlite3.connect(user_path / "logs.db") as conn:
        conn.execute("UPDATE turns SET model = 'gone'")
    assert "gone" in run("-c", "x").stderr
    assert run("-c", "-m", "plain", "x").exit_code == 0


@pytest.mark.parametrize(("prompt", "message"), [("value", "bad value"), ("odd", "odd thing")])
def test_errors_of_models(prompt: str, message: str, user_path: Path) -> None:
    """What a model raises is one line; a call that gave nothing leaves no row."""
    result = run("-m", "plain", prompt)
    assert (result.exit_code, result.stderr) == (1, f"Error: {message}\n")
    assert json.loads(run("logs", "--json").stdout) == []


def test_tracebacks_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_RAISE_ERRORS lets through what models raise; a ValueError and misuse are reported all the same."""
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(run("-m", "plain", "model").exception, llm.ModelError)
    assert run("-m", "nothing", "x").stderr == "Error: 'Unknown model: nothing'\n"
    assert run("-m", "plain", "x", "-f", "nothing").stderr == "Error: Fragment 'nothing' not found\n"
    assert isinstance(run("-m", "plain", "odd").exception, RuntimeError)
    assert run("-m", "plain", "value").stderr == "Error: bad value\n"


def test_tracebacks_for_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sys._called_from_test`, if true, acts like LLM_RAISE_ERRORS."""
    monkeypatch.setattr(sys, "_called_from_test", True, raising=False)
    assert isinstance(run("-m", "plain", "odd").exception, RuntimeError)
    monkeypatch.setattr(sys, "_called_from_test", False)
    assert run("-m", "plain", "odd").stderr == "Error: odd thing\n"


@pytest.mark.parametrize(
    ("model", "prompt", "kind"), [("nope", "x", llm.UnknownModelError), ("plain", "odd", RuntimeError)]
)
def test_original_of_an_error(
    model: str, prompt: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """The error that leaves the callback was raised while the original was handled, which is its context."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(click.ClickException) as raised:
        cli.main(["-m", model, prompt], standalone_mode=False)
    assert type(raised.value.__context__) is kind


@pytest.mark.parametrize(
    ("words", "what"), [(("--schema", "a,"), "schemas"), (("--at", __file__, "text/plain"), "attachments"),
                        (("-T", "shout"), "tools")],
)  # fmt: skip
def test_what_a_model_does_not_take(words: tuple[str, ...], what: str) -> None:
    """A schema, an attachment or a tool for a model that takes none is an error that says so."""
    result = run("-m", "plain", *words, "x")
    assert result.exit_code == 1
    assert f"does not support {what}" in result.stderr


def test_unknown_option_belongs_to_prompt() -> None:
    """An option that no command has is a usage error of `llm prompt`."""
    result = run("--nope")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: cli prompt ")


def test_words_without_quotes() -> None:
    """Words too many are a usage error that speaks of quotes; other usage errors do not."""
    result = run("Five", "names", "for", "a", "pelican")
    assert result.exit_code == 2
    assert "(names for a pelican). A prompt of several words goes in quotes; 'llm --help' lists" in result.stderr
    assert "quotes" not in run("-m").stderr + run("--nope", "a", "b").stderr


def test_values_that_are_no_strings() -> None:
    """Programs may hand over values of other types than text."""
    assert run("-m", "spy", "--key", "k", "-o", "n", 3, "hi").exit_code == 0
    assert asked().options.n == 3


@pytest.mark.parametrize(
    ("words", "prompt"),
    [(("-m", "spy", "logs"), "logs"), (("prompt", "logs", "-m", "spy"), "logs"), (("-m", "spy", "--", "-x"), "-x"),
     (("hello", "-m", "spy"), "hello")],
)  # fmt: skip
def test_words_that_are_prompts(words: tuple[str, ...], prompt: str, user_path: Path) -> None:
    """The name of a command behind an option or behind `prompt`, and anything behind `--`, is a prompt."""
    (user_path / "keys.json").write_text('{"spy": "k"}')
    assert run(*words).stdout == f"answer to {prompt}\n"


def test_no_words(user_path: Path) -> None:
    """Without any argument the piped text is the prompt."""
    (user_path / "default_model.txt").write_text("plain")
    assert run(piped="hi").stdout == "plain False\n"


def test_database_that_is_a_folder(tmp_path: Path) -> None:
    """-d with a folder is a usage error that names it, and no model is asked."""
    result = run("-m", "spy", "--key", "k", "-d", tmp_path, "hi")
    assert (result.exit_code, str(tmp_path) in result.stderr) == (2, True)
    assert not all_asked()


def test_last_one_counts(user_path: Path) -> None:
    """Of several values of -s, -m, -d, --schema and --key the last counts."""
    words = ("-m", "nope", "-s", "one", "--schema", "a, b", "--key", "one", "-d", "no/such/place")
    again = ("-m", "spy", "-s", "two", "--schema", "c, d", "--key", "two", "-d", user_path / "other.db")
    assert run(*words, *again, "hi").exit_code == 0
    assert (asked().system, list(asked().schema["properties"]), given()[1]) == ("two", ["c", "d"], "two")
    assert (user_path / "other.db").exists()
