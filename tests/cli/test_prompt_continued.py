"""What a continued conversation brings along in `llm prompt`, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import llm.plugins
from tests.cli.spies import SpyPlugin, ask, asked, fail, run

pytestmark = pytest.mark.usefixtures("scripted_models")


def rows(*words: str) -> list[dict[str, Any]]:
    """What is in the log, oldest first."""
    found: list[dict[str, Any]] = json.loads(run("logs", "list", "-n", "0", "--json", *words).stdout)
    return found


def test_what_is_not_applied_again(tmp_path: Path) -> None:
    """Options, schema, fragments and attachments of earlier turns are not given to the next one again."""
    (tmp_path / "x").write_text("x")
    ask("-o", "n", "3", "--schema", "a, b", "-f", "twice:f", "--at", f"{tmp_path}/x", "text/plain", "first")
    ask("-c", "second")
    prompt = asked()
    assert (prompt.prompt, prompt.options.n, prompt.schema, prompt.attachments) == ("second", None, None, [])
    assert rows()[1]["prompt_fragments"] == []
    assert [len(message.parts) for message in prompt.messages] == [2, 1, 1]


def test_another_model() -> None:
    """-m switches the model: it sees what was said, and its turn is part of the same conversation."""
    ask("one")
    assert run("-c", "-m", "echo", "two").stdout == "two [3]\n"
    first, second = rows()
    assert (first["model"], second["model"]) == ("spy", "echo")
    assert first["conversation_id"] == second["conversation_id"]


def test_each_prompt_has_a_conversation() -> None:
    """A single prompt is a conversation of its own."""
    ask("one")
    ask("two")
    first, second = (row["conversation_id"] for row in rows())
    assert first
    assert second
    assert first != second


def test_conversation_of_another_database(tmp_path: Path) -> None:
    """With -d, -c and --cid continue a conversation of that database."""
    other = str(tmp_path / "other.db")
    ask("-d", other, "one")
    ask("here")
    ask("-d", other, "-c", "two")
    assert len(asked().messages) == 3
    first, second = rows("-d", other)
    ask("-d", other, "--cid", first["conversation_id"], "three")
    assert len(asked().messages) == 5
    assert second["conversation_id"] == first["conversation_id"]
    assert len(rows()) == 1


def test_cid_wins_over_c() -> None:
    """With both, --cid decides which conversation is continued."""
    ask("one")
    first = rows()[0]["conversation_id"]
    ask("two")
    ask("-c", "--cid", first, "three")
    assert [message.parts[0].text for message in asked().messages] == ["one", "answer to one", "three"]


def test_stored_tool_is_gone() -> None:
    """If a tool of the conversation is not installed any more, the error names it; -T takes its place."""
    ask("-T", "shout", "hi")

    class Fewer(SpyPlugin):
        __name__ = "Fewer"

        @llm.hookimpl
        def register_tools(self, register: Any) -> None:
            register(fail)

    manager = llm.plugins.pm
    (before,) = [plugin for plugin in manager.get_plugins() if type(plugin) is SpyPlugin]
    manager.unregister(before)
    fewer = Fewer()
    manager.register(fewer)
    try:
        result = run("-c", "--key", "k", "more")
        assert (result.exit_code, "shout" in result.stderr) == (1, True)
        assert run("-c", "--key", "k", "-T", "fail", "more").exit_code == 0
    finally:
        manager.unregister(fewer)
        manager.register(before)


def test_template_tools_take_the_place_of_stored_ones(user_path: Path) -> None:
    """A tool of a template, like -T, keeps the tools of the conversation away."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("tools: [fail]\n")
    ask("-T", "shout", "hi")
    ask("-c", "-t", "t", "more")
    assert [tool.name for tool in asked().tools] == ["fail"]


def test_async() -> None:
    """--async continues a conversation with everything that was said, whichever variant of the model said it."""
    ask("one")
    ask("--async", "-c", "two")
    ask("-c", "three")
    assert len(asked().messages) == 5
