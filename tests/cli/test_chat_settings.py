"""What `llm chat` is told at its start: a template, a model with its options, tools, and what cannot work at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm.cli import cli
from tests.cli.chats import banner, chat, said
from tests.cli.spies import all_asked, asked, forget, given, run

pytestmark = pytest.mark.usefixtures("chat_models")


@pytest.mark.usefixtures("user_path")
def test_template(user_path: Path) -> None:
    """The template is applied to every message, its system prompt on every turn; its options are not used."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text(
        "prompt: 'Say $what: $input'\nsystem: sys\noptions: {n: 5}\nmodel: spy\ndefaults: {what: it}\n"
    )
    run("chat", "-t", "t", "-p", "what", "this", "--key", "k", piped="one\ntwo\nquit\n")
    first, second = all_asked()
    assert [first.prompt, second.prompt] == ["Say this: one", "Say this: two"]
    assert [first.system, second.system] == ["sys", "sys"]
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]
    assert second.options.n is None


@pytest.mark.usefixtures("user_path")
def test_own_system_covers_the_first_turn(user_path: Path) -> None:
    """-s takes the place of the template's system prompt on the first turn."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("system: sys\n")
    said("one", "two", words=("-t", "t", "-s", "mine"))
    assert [prompt.system for prompt in all_asked()] == ["mine", "sys"]


def test_missing_variables(user_path: Path) -> None:
    """A variable without a value is an error of the turn, after which the chat goes on."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("prompt: '$what'\n")
    result = chat("one", "quit", words=("-t", "t"))
    assert result.stderr == "Error: Missing variables: what\n"
    assert result.exit_code == 0


def test_model_of_the_environment(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_MODEL names the model where -m does not, in place of the default one."""
    (user_path / "default_model.txt").write_text("single")
    monkeypatch.setenv("LLM_MODEL", "s")
    assert run("chat", "--key", "k", piped="quit\n").stdout.startswith("Chatting with spy\n")
    assert run("chat", "-m", "stubborn", piped="quit\n").stdout.startswith("Chatting with stubborn\n")


def test_options() -> None:
    """-o and stored options are merged per key and sent with each message, also to a model that an alias names."""
    run("models", "options", "set", "spy", "n", "7")
    run("models", "options", "set", "spy", "system", "stored")
    for name in ("spy", "s"):
        assert run("chat", "-m", name, "--key", "k", "-o", "n", "8", piped="one\nquit\n").exit_code == 0
        assert (asked().options.n, asked().options.system) == (8, "stored")
        forget()


def test_bad_options_end_the_start() -> None:
    """Options the model does not take are reported per option, before the banner; nothing is read."""
    result = chat("one", "quit", words=("-o", "nope", "1"))
    assert result.stderr == "Error: nope\n  Extra inputs are not permitted\n"
    assert (result.stdout, result.exit_code) == ("", 1)


def test_key_and_streaming() -> None:
    """--key reaches the model on every turn, and --no-stream turns streaming off."""
    said("one", words=("--no-stream",))
    assert given() == (False, "k")
    said("one")
    assert given() == (True, "k")


@pytest.mark.parametrize("words", [(), ("--no-stream",)])
def test_reasoning(words: tuple[str, ...]) -> None:
    """Reasoning goes to stderr, also without streaming, and not at all with -R."""
    result = chat("one", "quit", words=words, model="stubborn")
    assert (result.stdout, result.stderr) == (f"{banner('stubborn')}> one\n1 one\n> quit\n", "hm\n")
    assert chat("one", "quit", words=(*words, "-R"), model="stubborn").stderr == ""


def test_render_changes_no_pipe() -> None:
    """--render leaves output that is no terminal as it is."""
    assert said("**one**", words=("--render",)) == "> **one**\nanswer to **one**\n"


def test_tools() -> None:
    """Tools are offered on every turn; their calls are made, and the texts of the rounds stand side by side."""
    out = said('call {"shout": {"text": "hi"}}', "two", words=("-T", "shout"))
    assert out == '> call {"shout": {"text": "hi"}}\ncalling HI\n> two\nanswer to two\n'
    assert [tool.name for tool in asked().tools] == ["shout"]


def test_toolboxes_live_for_the_session() -> None:
    """An instance of a toolbox serves all turns."""
    said("one", "two", words=("-T", "Clock"))
    first, second = (prompt.tools[0].implementation.__self__ for prompt in all_asked())
    assert first is second


def test_tools_debug() -> None:
    """--td shows the calls on stderr."""
    result = chat('call {"shout": {"text": "hi"}}', "quit", words=("-T", "shout", "--td"))
    assert "Tool call: shout({'text': 'hi'})\n  HI\n" in result.stderr


@pytest.mark.parametrize(("value", "shown"), [("on", True), ("F", False), ("", False)])
def test_tools_debug_by_environment(value: str, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_TOOLS_DEBUG is the same as --td; a value that is neither yes nor no is a usage error."""
    monkeypatch.setenv("LLM_TOOLS_DEBUG", value)
    result = chat('call {"shout": {"text": "a"}}', "quit", words=("-T", "shout"))
    assert result.stderr == ("\nTool call: shout({'text': 'a'})\n  A\n\n" if shown else "")
    monkeypatch.setenv("LLM_TOOLS_DEBUG", "what")
    assert chat("quit").exit_code == 2


def test_chain_limit() -> None:
    """A turn that exceeds --cl is reported, forgotten, and the chat goes on."""
    result = chat('call {"shout": {"text": "hi"}}', "two", "quit", words=("-T", "shout", "--cl", "1"))
    assert "Error: Chain limit of 1 exceeded" in result.stderr
    assert len(asked().messages) == 1
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-m", "nope"), "Error: 'Unknown model: nope'\n"),
        (("-m", "single"), "Error: single does not support conversations\n"),
        (("-m", "spy", "-T", "nope"), "Error: Tool(s) nope not found"),
        (("-m", "spy", "-f", "nope"), "Error: Fragment 'nope' not found\n"),
        (("-m", "spy", "-t", "nope"), "Error: Invalid template: nope"),
        (("-m", "spy", "--cid", "nope"), "Error: No conversation found with id=nope"),
    ],
)
def test_errors_at_the_start(words: tuple[str, ...], message: str) -> None:
    """What cannot work at all ends the command before the banner, with exit code 1."""
    result = run("chat", *words, piped="one\nquit\n")
    assert result.stderr.startswith(message)
    assert (result.stdout, result.exit_code) == ("", 1)


def test_parameters() -> None:
    """Plugins copy and invoke the command: its parameters have these names, and new ones stand behind them."""
    names = [parameter.name for parameter in cli.commands["chat"].params]
    assert names == [
        "system", "model_id", "_continue", "conversation_id", "fragments", "system_fragments", "template", "param",
        "options", "database", "no_stream", "hide_reasoning", "key", "tools", "python_tools", "tools_debug",
        "tools_approve", "chain_limit", "no_log", "log", "render",
    ]  # fmt: skip
