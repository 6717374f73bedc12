"""What `llm chat` is started with: models, templates, tools, and what it does not take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import llm.plugins
from tests.cli.spies import all_asked, ask, asked, run

pytestmark = pytest.mark.usefixtures("scripted_models")

SHOUT = 'call {"shout": {"text": "a"}}'


@pytest.fixture
def templates(user_path: Path) -> Path:
    """The folder of templates."""
    folder = user_path / "templates"
    folder.mkdir()
    return folder


def chat(*words: str, lines: str = "hi\n") -> Result:
    """Chat with these lines, which are followed by `quit`."""
    return run("chat", *words, piped=f"{lines}quit\n")


def test_order_of_models(templates: Path, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-m beats LLM_MODEL, which beats a template's model, which beats the conversation's, which beats the default."""
    (templates / "t.yaml").write_text("model: nope\n")
    (user_path / "default_model.txt").write_text("echo")
    ask("hi")
    assert chat().stdout.startswith("Chatting with echo\n")
    assert chat("-c").stdout.startswith("Chatting with echo\n")
    assert chat("-c", "--cid", first_conversation(), "--key", "k").stdout.startswith("Chatting with spy\n")
    assert chat("-c", "-t", "t").stderr == "Error: 'Unknown model: nope'\n"
    monkeypatch.setenv("LLM_MODEL", "e")
    assert chat("-t", "t").stdout.startswith("Chatting with echo\n")
    assert chat("-t", "t", "-m", "s", "--key", "k").stdout.startswith("Chatting with spy\n")


def first_conversation() -> str:
    """Return the id of the oldest conversation."""
    found: str = json.loads(run("logs", "-n", "0", "--json").stdout)[0]["conversation_id"]
    return found


def test_nothing_to_continue() -> None:
    """-c without any conversation begins one."""
    assert chat("-c", "-m", "spy", "--key", "k").exit_code == 0
    assert len(asked().messages) == 1


def test_what_templates_bring(templates: Path) -> None:
    """Prompt, system prompt, defaults, model, tools and functions of the last -t count, and nothing else of it."""
    (templates / "not.yaml").write_text("not this one\n")
    (templates / "all.yaml").write_text(
        "prompt: 'Say $what'\nsystem: 'Be $how'\ndefaults: {what: it, how: brief}\nmodel: spy\ntools: [shout]\n"
        "functions: |\n  def own():\n    return 1\n"
        "fragments: [gone]\nsystem_fragments: [gone]\nattachments: [gone.png]\noptions: {n: 1}\nextract: true\n"
        "schema_object: {type: object}\nattachment_types: [{type: text/plain, value: gone}]\n"
    )
    result = chat("-t", "not", "-t", "all", "-p", "how", "loud", "--key", "k")
    assert (result.stderr, result.exit_code) == ("", 0)
    prompt = asked()
    assert (prompt.prompt, prompt.system) == ("Say it\nhi", "Be loud")
    assert [tool.name for tool in prompt.tools] == ["own", "shout"]
    assert (prompt.options.n, prompt.schema, prompt.attachments) == (None, None, [])


def test_functions_of_foreign_templates() -> None:
    """Functions of a template from a plugin do not run."""
    assert chat("-t", "remote:x", "-m", "spy", "--key", "k").exit_code == 0
    assert (asked().prompt, asked().tools) == ("far: hi", [])


def test_functions() -> None:
    """--functions gives tools, also beside those of a continued conversation; -T takes the place of these alone."""
    code = ("--functions", "def own():\n  return 'mine'")
    words = ("-m", "spy", "--key", "k")
    assert "calling mine\n" in chat(*words, *code, lines='call {"own": {}}\n').stdout
    ask("-T", "shout", "hi")
    chat(*words, "-c", *code)
    assert [tool.name for tool in asked().tools] == ["own", "shout"]


def test_every_turn_is_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn goes through the conversation's `chain`, also without tools, and then there is no limit."""
    limits = []
    original = llm.Conversation.chain

    def chain(self: Any, *arguments: Any, **named: Any) -> Any:
        limits.append(named["chain_limit"])
        return original(self, *arguments, **named)

    monkeypatch.setattr(llm.Conversation, "chain", chain)
    chat("-m", "spy", "--key", "k", "--cl", "3")
    chat("-m", "spy", "--key", "k", "--cl", "3", "-T", "shout")
    assert limits == [0, 3]


@pytest.mark.parametrize(("answer", "result"), [("y", "A"), ("", "Cancelled: User cancelled tool call")])
def test_approval(answer: str, result: str) -> None:
    """--ta shows the call on stderr and asks on stdout, with no as the default; the answer is the next line."""
    shown = chat("-m", "spy", "--key", "k", "-T", "shout", "--ta", lines=f"{SHOUT}\n{answer}\n")
    assert shown.stderr == "Tool call: shout({'text': 'a'})\n"
    assert f"Approve tool call? [y/N]: {answer}\n {result}\n> quit\n" in shown.stdout


def test_system_fragments_are_logged_once() -> None:
    """Fragments of the start are stored with the first turn only."""
    chat("-m", "spy", "--key", "k", "--sf", "twice:x", "-f", "twice:y", lines="one\ntwo\n")
    first, second = json.loads(run("logs", "-n", "0", "--json").stdout)
    assert [len(first[key]) for key in ("system_fragments", "prompt_fragments")] == [2, 2]
    assert [len(second[key]) for key in ("system_fragments", "prompt_fragments")] == [0, 0]


@pytest.mark.parametrize("option", ["-f", "--sf"])
def test_standard_input_is_no_fragment(option: str) -> None:
    """`-`, which would eat the chat, is no fragment at the start either: an error says so."""
    result = chat("-m", "spy", "--key", "k", option, "-")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert "'-' is no fragment in a chat" in result.stderr
    assert not all_asked()


def test_system_fragments_are_text() -> None:
    """A loader that returns an attachment is refused for --sf."""
    result = chat("-m", "spy", "--key", "k", "--sf", "pic:x")
    assert (result.exit_code, "pic:x" in result.stderr) == (1, True)


def test_invalid_stored_options(user_path: Path) -> None:
    """Stored options that are no good are reported at the start with their file; -o takes their place."""
    (user_path / "model_options.json").write_text('{"spy": {"n": "many"}}')
    result = chat("-m", "spy", "--key", "k")
    assert (result.exit_code, result.stderr.startswith("Error: ")) == (1, True)
    assert str(user_path / "model_options.json") in result.stderr
    assert "n\n  Input should be a valid integer" in result.stderr
    assert chat("-m", "spy", "--key", "k", "-o", "n", "1").stderr == ""


@pytest.mark.parametrize(
    "words",
    [("words",), ("-q", "x"), ("-a", __file__), ("--schema", "a,"), ("-x",), ("--xl",), ("-u",), ("--json",),
     ("--async",), ("--options",), ("--save", "x")],
)  # fmt: skip
def test_what_it_does_not_take(words: tuple[str, ...]) -> None:
    """There is no argument, and there are no options of `llm prompt` that are about one answer: a usage error."""
    result = chat("-m", "spy", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: cli chat ")
