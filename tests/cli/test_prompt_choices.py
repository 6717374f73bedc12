"""Which model answers `llm prompt`, with which key, and how its errors are shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import llm
import llm.plugins
from tests.cli.spies import ask, asked, given, run

pytestmark = pytest.mark.usefixtures("spies")


class Plain(llm.Model):
    """Takes no key, cannot stream, has no async variant; what it raises is up to the prompt."""

    model_id = "plain"

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        if prompt.prompt == "value":
            raise ValueError("bad value")
        if prompt.prompt == "odd":
            raise RuntimeError("odd thing")
        yield f"plain {stream}"


class PlainPlugin:
    """Registers it."""

    __name__ = "PlainPlugin"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Plain())


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
    """LLM_RAISE_ERRORS lets unexpected exceptions through; a ValueError is reported all the same."""
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(run("-m", "plain", "odd").exception, RuntimeError)
    assert run("-m", "plain", "value").stderr == "Error: bad value\n"


def test_unknown_option_belongs_to_prompt() -> None:
    """An option that no command has is a usage error of `llm prompt`."""
    result = run("--nope")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: cli prompt ")


def test_values_that_are_no_strings() -> None:
    """Programs may hand over values of other types than text."""
    assert run("-m", "spy", "--key", "k", "-o", "n", 3, "hi").exit_code == 0
    assert asked().options.n == 3
