"""The command line with the embedded model, as somebody without a key uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import llm.plugins
from llm.cli import cli, template_dir

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("real")]

SHORT = ("-m", "smollm2", "-o", "max_tokens", "12", "-o", "seed", "1")


def run(*words: str, piped: str | None = None) -> Result:
    """Run `llm`, which has to succeed."""
    llm.plugins.load_plugins()
    result = CliRunner().invoke(cli, list(words), input=piped)
    assert result.exit_code == 0, result.output
    return result


def rows() -> list[dict[str, object]]:
    """The turns of the latest conversation, oldest first."""
    found: list[dict[str, object]] = json.loads(run("logs", "list", "-c", "-n", "0", "--json").stdout)
    return found


def test_prompt_and_continuation() -> None:
    """A prompt is answered and logged, and -c continues the conversation."""
    assert run(*SHORT, "Say hello").stdout.strip()
    run("-c", *SHORT[2:], "Say it again")
    first, second = rows()
    assert first["conversation_id"] == second["conversation_id"]
    assert second["input_tokens"] > first["input_tokens"]  # type: ignore[operator]


def test_chat_of_three_turns() -> None:
    """Three messages of a chat are one conversation, in which each sees those before it."""
    run("chat", *SHORT, piped="My name is Ada\nSay hello\nSay goodbye\nquit\n")
    tokens = [row["input_tokens"] for row in rows()]
    assert len(tokens) == 3
    assert tokens == sorted(tokens)  # type: ignore[type-var]


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_schema(seed: str) -> None:
    """What comes out with --schema is JSON of that schema."""
    result = run("-m", "smollm2", "-o", "seed", seed, "--schema", "alive bool, age int", "Invent a dog")
    found = json.loads(result.stdout)
    assert isinstance(found["alive"], bool)
    assert isinstance(found["age"], int)


def test_template_with_fragments(tmp_path: Path) -> None:
    """A template with a fragment and options of its own answers about what is piped in."""
    (tmp_path / "facts.txt").write_text("Pelicans fish in groups.")
    (template_dir() / "about.yaml").write_text(
        f"model: smollm2\noptions: {{max_tokens: 8}}\nfragments: [{tmp_path}/facts.txt]\nprompt: 'Tell me of $input'\n"
    )
    run("-t", "about", piped="pelicans")
    (row,) = rows()
    assert row["prompt"] == "Pelicans fish in groups.\nTell me of pelicans"
    assert row["options_json"] == {"max_tokens": 8}
    assert [found["content"] for found in row["prompt_fragments"]] == ["Pelicans fish in groups."]  # type: ignore[attr-defined]
