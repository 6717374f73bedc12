"""`llm chat` through pipes: what programs that drive it see, what goes to the model, and what is logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

import llm
from llm.cli import cli
from llm.cli.chatting.readers import ABOUT_FRAGMENTS, BANNER
from llm.parts import StreamEvent
from tests.cli.spies import all_asked, asked, forget, given, run

pytestmark = pytest.mark.usefixtures("spies")


def banner(model: str) -> str:
    """Return how a chat with a model begins."""
    return f"Chatting with {model}\n{BANNER}\n{ABOUT_FRAGMENTS}\n"


START = banner("spy")


class Stubborn(llm.Model):
    """Fails, is interrupted, or cannot go on, as the prompt says."""

    model_id = "stubborn"
    can_stream = True

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> Iterator[str | StreamEvent]:  # fmt: skip
        if not prompt.hide_reasoning:
            yield StreamEvent("reasoning", "hm")
        yield f"{len(prompt.messages)} "
        if "fail" in prompt.prompt:
            raise llm.ModelError("the provider hung up")
        if "bug" in prompt.prompt:
            raise ZeroDivisionError("a defect")
        if "stop" in prompt.prompt:
            raise KeyboardInterrupt
        yield prompt.prompt


class Single(Stubborn):
    """No conversations."""

    model_id = "single"
    supports_conversation = False


@pytest.fixture(autouse=True)
def _more_models(spies: None) -> Iterator[None]:
    class Plugin:
        __name__ = "Plugin"

        @llm.hookimpl
        def register_models(self, register: Any) -> None:
            register(Stubborn())
            register(Single())

    plugin = Plugin()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


def chat(*lines: str, words: tuple[str, ...] = (), model: str = "spy") -> Result:
    """Chat with these lines."""
    return run("chat", "-m", model, "--key", "k", *words, piped="".join(f"{line}\n" for line in lines))


def said(*lines: str, words: tuple[str, ...] = (), model: str = "spy") -> str:
    """Return what stands behind the banner of a chat that ends well."""
    result = chat(*lines, "quit", words=words, model=model)
    assert result.exit_code == 0, result.output
    return result.stdout.removeprefix(banner(model)).removesuffix("> quit\n")


def rows() -> list[dict[str, Any]]:
    """What is in the log, oldest first."""
    found: list[dict[str, Any]] = json.loads(run("logs", "list", "-n", "0", "--json").stdout)
    return found


def test_transcript() -> None:
    """The output is the banner, then per turn the question, the answer and a newline, and nothing else anywhere."""
    result = chat("one", "", "two", "quit")
    assert result.stdout == f"{START}> one\nanswer to one\n> \n> two\nanswer to two\n> quit\n"
    assert (result.stderr, result.exit_code) == ("", 0)


def test_banner() -> None:
    """Five lines: the model, how to end, and the words !multi with !end, !edit and !fragment."""
    lines = START.splitlines()
    assert lines[0] == "Chatting with spy"
    for line, words in zip(lines[1:], (("exit", "quit"), ("!multi", "!end"), ("!edit",), ("!fragment",)), strict=True):
        assert all(f"'{word}" in line for word in words)


@pytest.mark.parametrize("word", ["exit", "quit", " quit"])
def test_farewells(word: str) -> None:
    """`exit` and `quit` end the chat with success; in another case they are messages."""
    result = chat("EXIT", word)
    assert result.stdout == f"{START}> EXIT\nanswer to EXIT\n> {word}\n"
    assert result.exit_code == 0


def test_end_of_input() -> None:
    """The end of input at the question is `Aborted!` with exit code 1; what was said is logged."""
    result = chat("one")
    assert (result.stderr, result.exit_code) == ("Aborted!\n", 1)
    assert [row["prompt"] for row in rows()] == ["one"]


def test_ctrl_c_at_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the question is `Aborted!` with exit code 1."""

    def interrupted(*_: Any, **__: Any) -> str:
        raise click.Abort

    monkeypatch.setattr(click, "prompt", interrupted)
    result = chat("one")
    assert (result.stderr, result.exit_code) == ("Aborted!\n", 1)


def test_words_of_terminals_are_text() -> None:
    """Without a terminal, lines that begin with a slash are messages."""
    assert said("/help") == "> /help\nanswer to /help\n"


def test_history() -> None:
    """Each message is sent with everything before it; all turns are one conversation, named after the first."""
    said("one", "two", "three")
    assert [len(prompt.messages) for prompt in all_asked()] == [1, 3, 5]
    assert {row["conversation_id"] for row in rows()} == {rows()[0]["conversation_id"]}
    assert rows()[-1]["conversation_name"] == "one"


def test_collected_message() -> None:
    """Between !multi and !end there is no question; blank lines, quit and !multi are text; then the message is sent."""
    out = said("!multi", "one", "", "  quit", "!multi", "!end")
    assert out == "> !multi\none\n\n  quit\n!multi\n!end\nanswer to one\n\n  quit\n!multi\n"


def test_end_token() -> None:
    """Words behind !multi make the end token, for this message alone."""
    said("!multi a b", "one", "!end", "!end a b", "!multi", "two", "!end")
    assert [prompt.prompt for prompt in all_asked()] == ["one\n!end", "two"]


def test_system_and_fragments_come_first(tmp_path: Path) -> None:
    """-s, --sf, -f and attachments of loaders go with the first message only."""
    (tmp_path / "f").write_text("fragment")
    words = ("-s", "be brief", "--sf", str(tmp_path / "f"), "-f", str(tmp_path / "f"), "-f", "pic:x")
    said("one", "two", words=words)
    first, second = all_asked()
    assert (first.prompt, first.system, len(first.attachments)) == ("fragment\none", "fragment\n\nbe brief", 1)
    assert (second.prompt, second.system or "", second.attachments) == ("two", "", [])
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("first", ["!multi\n!fragment nope\none\n!end", "!fragment nope\none", "!edit\none"])
def test_first_fragments_wait_for_a_message(first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-f goes with the first message that is sent, whatever was entered before."""
    monkeypatch.setattr(click, "edit", lambda *_, **__: None)
    (tmp_path / "f").write_text("fragment")
    result = chat(first, "quit", words=("-f", str(tmp_path / "f")))
    assert [prompt.prompt for prompt in all_asked()] == ["fragment\none"]
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1


def test_fragments_of_a_message(tmp_path: Path) -> None:
    """!fragment sends fragments and attachments at once, with no text; within !multi they go with the message."""
    (tmp_path / "f").write_text("fragment")
    said(f"!fragment {tmp_path}/f twice:x", "!multi", "one", "!fragment pic:x", "!end", "two")
    first, second, third = all_asked()
    assert first.prompt == "fragment\nx\nx"
    assert (second.prompt, len(second.attachments)) == ("one", 1)
    assert (third.prompt, third.attachments) == ("two", [])


@pytest.mark.parametrize("name", ["nope", "-"])
def test_unknown_fragments(name: str) -> None:
    """An unknown fragment, or `-`, which would eat the chat, is reported on stderr and nothing is sent."""
    result = chat(f"!fragment {name}", "one", "quit")
    assert result.stderr.startswith("Error: ")
    assert f"'{name}'" in result.stderr
    assert [prompt.prompt for prompt in all_asked()] == ["one"]


def test_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    """!edit sends the text of the editor, stripped; unsaved or failing, there is a notice and the next question."""
    results: Iterator[Any] = iter([" edited\n", None, click.ClickException("no editor")])

    def edit(*_: Any, **__: Any) -> Any:
        found = next(results)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(click, "edit", edit)
    result = chat("!edit", "!edit", "!edit", "quit")
    assert result.stdout == f"{START}> !edit\nanswer to edited\n> !edit\n> !edit\n> quit\n"
    assert result.stderr.splitlines()[1:] == ["Error: no editor"]


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


@pytest.mark.parametrize("line", ["fail", "bug"])
def test_failed_turns(line: str) -> None:
    """An error of a turn is one line on stderr; the turn is logged as failed and forgotten, and the chat goes on."""
    result = chat("one", line, "two", "quit", words=("-R",), model="stubborn")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout.endswith(f"> {line}\n3 \n> two\n3 two\n> quit\n")
    assert result.exit_code == 0
    assert [row.get("state") for row in rows()] == [None, "failed", None]


def test_defects_raise_if_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With LLM_RAISE_ERRORS an unexpected error is raised as it is."""
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(chat("bug", model="stubborn").exception, ZeroDivisionError)
    assert chat("fail", "quit", model="stubborn").exit_code == 0


def test_ctrl_c_during_an_answer() -> None:
    """Without a terminal, Ctrl-C ends the chat as it ends any command; what had come is logged."""
    result = chat("stop", "two", words=("-R",), model="stubborn")
    assert result.stderr.strip() == "Aborted!"
    assert result.exit_code == run("-m", "stubborn", "stop").exit_code != 0
    assert [(row["response"], row["state"]) for row in rows()] == [("1 ", "interrupted")] * 2


def test_logging_can_be_off() -> None:
    """`logs off` is respected, as are -n and --log, which contradict each other."""
    said("one", words=("-n",))
    run("logs", "off")
    said("two")
    said("three", words=("--log",))
    assert [row["prompt"] for row in rows()] == ["three"]
    both = chat("one", words=("-n", "--log"))
    assert both.exit_code == 1
    assert "--no-log" in both.stderr


def test_other_database(tmp_path: Path, user_path: Path) -> None:
    """-d names the log, from which -c continues too."""
    path = str(tmp_path / "other.db")
    said("one", words=("-d", path))
    said("two", words=("-d", path, "-c"))
    assert len(asked().messages) == 3
    assert not (user_path / "logs.db").exists()


def test_continue() -> None:
    """-c and --cid go on with a conversation, its model and its tools; -T takes the place of these."""
    said("one", words=("-T", "shout"))
    conversation = rows()[0]["conversation_id"]
    run("chat", "-c", "--key", "k", piped="two\nquit\n")
    assert (len(asked().messages), [tool.name for tool in asked().tools]) == (3, ["shout"])
    said("three", words=("--cid", conversation, "-T", "fail"))
    assert (len(asked().messages), [tool.name for tool in asked().tools]) == (5, ["fail"])
    assert {row["conversation_id"] for row in rows()} == {conversation}


def test_tools_of_templates_come_before_restored_ones(user_path: Path) -> None:
    """A template's tools are put in front of those of the continued conversation."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("tools: [fail]\nfunctions: |\n  def own() -> str:\n    return ''\n")
    said("one", words=("-T", "shout"))
    said("two", words=("-c", "-t", "t"))
    assert [tool.name for tool in asked().tools] == ["own", "fail", "shout"]


def test_another_system_prompt_when_continuing() -> None:
    """A new -s on a continued conversation reaches the model as a system message before the new message."""
    said("one", words=("-s", "old"))
    said("two", words=("-c", "-s", "new"))
    assert [message.role for message in asked().messages] == ["system", "user", "assistant", "system", "user"]


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


def test_bad_options_are_errors_of_the_turn() -> None:
    """Options the model does not take are reported per option, and the chat goes on."""
    result = chat("one", "quit", words=("-o", "nope", "1"))
    assert result.stderr == "Error: nope\n  Extra inputs are not permitted\n"
    assert result.exit_code == 0


def test_parameters() -> None:
    """Plugins copy and invoke the command: its parameters have these names, and new ones stand behind them."""
    names = [parameter.name for parameter in cli.commands["chat"].params]
    assert names == [
        "system", "model_id", "_continue", "conversation_id", "fragments", "system_fragments", "template", "param",
        "options", "database", "no_stream", "hide_reasoning", "key", "tools", "python_tools", "tools_debug",
        "tools_approve", "chain_limit", "no_log", "log", "render",
    ]  # fmt: skip


def test_render_changes_no_pipe() -> None:
    """--render leaves output that is no terminal as it is."""
    assert said("**one**", words=("--render",)) == "> **one**\nanswer to **one**\n"
