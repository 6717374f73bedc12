"""`llm -T` and `--functions`: offering tools, running them, showing and approving their calls."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from llm.cli import tool_hooks
from tests.cli.spies import all_asked, ask, asked, given, run

pytestmark = pytest.mark.usefixtures("spies")

CHILD = Path(__file__).with_name("chat_child.py")
BOTH = 'call {"first": {}, "later": {}}'
SHOUT = 'call {"shout": {"text": "hello"}}'


needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


def rows() -> list[dict[str, object]]:
    """What is in the log, oldest first."""
    found: list[dict[str, object]] = json.loads(run("logs", "list", "-n", "0", "--json").stdout)
    return found


def test_tool_loop() -> None:
    """Tools are called and their results reported until the model asks for none; texts are separated by a space."""
    assert ask("-T", "shout", SHOUT).stdout == "calling HELLO\n"
    assert [row["response"] for row in rows()] == ["calling", "HELLO"]


def test_async() -> None:
    """--async runs the same loop; usage is shown for each round."""
    result = ask("--async", "-u", "-T", "shout", SHOUT)
    assert result.stdout == "calling HELLO\n"
    assert result.stderr == "Token usage: 1 input, 1 output\nToken usage: 2 input, 1 output\n"
    assert len(rows()) == 2


def test_functions(tmp_path: Path) -> None:
    """--functions gives tools from code or a file; they come before those of -T."""
    (tmp_path / "f.py").write_text("def double(n: int) -> int:\n    return 2 * n\n")
    result = ask("--functions", f"{tmp_path}/f.py", "-T", "shout", 'call {"double": {"n": 4}}')
    assert result.stdout == "calling 8\n"
    assert [tool.name for tool in asked().tools] == ["double", "shout"]


def test_toolboxes() -> None:
    """A toolbox is made with its arguments, prepared before its tools are offered, and keeps its state."""
    assert ask("-T", 'Clock("CET")', 'call {"Clock_now": {}}').stdout == "calling noon in CET\n"
    assert ask("-T", "Late", 'call {"late": {}}').stdout == "calling it came\n"


def test_failing_tools() -> None:
    """What a tool raises, and a tool that does not exist, is told to the model; the run goes on."""
    result = ask("-T", "fail", 'call {"fail": {}, "nope": {}}')
    assert result.stdout == 'calling Error: broken tool; Error: tool "nope" does not exist\n'


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-T", "nope", "-T", "shout", "-T", "zip"), "nope, zip"),
        (("-T", "Clock(zone=)"), "Clock(zone=)"),
        (("-T", "Clock(space=1)"), "Clock(space=1)"),
        (("--functions", "def f(: pass"), "invalid syntax"),
        (("--functions", "1/0"), "ZeroDivisionError"),
        (("--functions", "gone.py"), "gone.py"),
    ],
)
def test_tools_that_cannot_be_offered(words: tuple[str, ...], told: str) -> None:
    """What cannot be offered is one line that names it, before a model is asked."""
    result = run("-m", "spy", "--key", "k", *words, "hi")
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stderr.startswith("Error: ")
    assert not all_asked()


def test_chain_limit() -> None:
    """The limit is an error only when another round would be needed, and rounds that were run are in the log."""
    result = run("-m", "spy", "--key", "k", "--cl", "1", "-T", "shout", SHOUT)
    assert result.exit_code == 1
    assert "Error: Chain limit of 1 exceeded" in result.stderr
    assert [row["response"] for row in rows()] == ["calling"]
    assert ask("--cl", "1", "-T", "shout", "hi").stdout == "answer to hi\n"
    assert ask("--cl", "2", "-T", "shout", SHOUT).stdout == "calling HELLO\n"
    assert ask("--cl", "0", "-T", "shout", SHOUT).stdout == "calling HELLO\n"


def test_a_paused_chain() -> None:
    """A tool that pauses the chain ends the prompt with an error; what was asked and what tools returned is in the log,
    so that `-c` calls the tool again and goes on."""
    code = "import llm\ndef first():\n  return '1'\ndef later():\n  "
    paused = run("-m", "spy", "--key", "k", "--functions", f"{code}raise llm.PauseChain('wait')", BOTH)
    assert (paused.exit_code, paused.stdout, paused.stderr) == (1, "calling", "Error: wait\n")
    assert [row["response"] for row in rows()] == ["calling"]
    assert run("-c", "", "--key", "k", "--functions", f"{code}return '2'").stdout == "2\n"
    assert [message.role for message in asked().messages] == ["user", "assistant", "tool", "tool"]
    assert [result.output for result in asked().tool_results] == ["2"]


def test_limits_that_are_none() -> None:
    """A limit of 0 is none; a negative one fails after the first response, before a tool is called."""
    code = "def more(n: int):\n  return n"
    assert ask("--cl", "0", "--functions", code, 'call {"more": {"n": 1}}').exit_code == 0
    result = run("-m", "spy", "--key", "k", "--cl", "-1", "-T", "fail", "--td", 'call {"fail": {}}')
    assert (result.exit_code, result.stdout) == (1, "calling")
    assert result.stderr == "Error: Chain limit of -1 exceeded.\n"


def test_all_rounds_are_asked_alike() -> None:
    """Options, system prompt, -R, tools and key of the first round count for all rounds."""
    ask("-s", "sys", "-R", "-o", "n", "3", "-T", "shout", SHOUT)
    first, second = all_asked()
    assert (second.system, second.hide_reasoning, second.options.n) == ("sys", True, 3)
    assert second.tools == first.tools
    assert given() == (True, "k")


def test_schema_on_every_round() -> None:
    """Every round of a chain has the schema."""
    ask("-T", "shout", "--schema", "a, b", SHOUT)
    assert [prompt.schema is None for prompt in all_asked()] == [False, False]


def test_debug() -> None:
    """--td shows each call and its output on stderr, JSON laid out, and what a tool raised."""
    result = ask("--td", "--functions", "def js():\n  return [1]", "-T", "fail", 'call {"js": {}, "fail": {}}')
    assert result.stderr == (
        "\nTool call: js({})\n  [\n    1\n  ]\n\n"
        "\nTool call: fail({})\n  Error: broken tool\n  Exception: broken tool\n"
    )  # fmt: skip


def test_debug_shows_attachments() -> None:
    """--td lists what a tool attached."""
    code = "import llm\ndef pic():\n  return llm.ToolOutput('here', [llm.Attachment(type='image/png', content=b'abc')])"
    stderr = ask("--td", "--functions", code, 'call {"pic": {}}').stderr
    assert stderr.startswith("\nTool call: pic({})\n  here\n  Attachments:\n    <Attachment: ")
    assert stderr.endswith('type="image/png" content=3 bytes>\n\n')


def test_debug_leaves_out_what_was_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """--td shows neither calls of unknown tools nor those that were cancelled."""
    monkeypatch.setattr(click, "confirm", lambda text, err: False)
    assert ask("--td", "-T", "shout", 'call {"nope": {}}').stderr == ""
    assert ask("--td", "--ta", "-T", "shout", SHOUT).stderr == "Tool call: shout({'text': 'hello'})\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((value, True) for value in ("1", "true", "t", "yes", "y", "on", "ON")),
        *((value, False) for value in ("0", "false", "f", "no", "n", "off", "")),
    ],
)
def test_debug_by_environment(value: str, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_TOOLS_DEBUG is the same as --td: any of the usual words for yes and no, and nothing means no."""
    monkeypatch.setenv("LLM_TOOLS_DEBUG", value)
    assert ("Tool call" in ask("-T", "shout", SHOUT).stderr) is shown


def test_debug_by_environment_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of LLM_TOOLS_DEBUG that is neither yes nor no is a usage error."""
    monkeypatch.setenv("LLM_TOOLS_DEBUG", "what")
    assert run("-m", "spy", "hi").exit_code == 2


@pytest.mark.parametrize(("answer", "result"), [(True, "HELLO"), (False, "Cancelled: User cancelled tool call")])
def test_approval(answer: bool, result: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--ta shows each call and asks; after a no the model is told that the call was cancelled."""
    monkeypatch.setattr(click, "confirm", lambda text, err: answer and not err and text == tool_hooks.QUESTION)
    shown = ask("--ta", "-T", "shout", SHOUT)
    assert shown.stdout == f"calling {result}\n"
    assert shown.stderr == "Tool call: shout({'text': 'hello'})\n"


def test_approval_of_unknown_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """--ta also asks about calls of tools that do not exist."""
    asked_about: list[str] = []

    def confirm(text: str, err: bool) -> bool:
        asked_about.append(text)
        return True

    monkeypatch.setattr(click, "confirm", confirm)
    shown = ask("--ta", "-T", "shout", 'call {"nope": {}}')
    assert shown.stderr == "Tool call: nope({})\n"
    assert asked_about == [tool_hooks.QUESTION]


@needs_terminals
def test_approval_without_anybody_to_ask() -> None:
    """Where standard input is used up and there is no terminal, calls are refused, and the model is told why."""
    words = [sys.executable, str(CHILD), "-m", "talker", "--ta", "-T", "llm_version", "call llm_version"]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=True,
        start_new_session=True,  # which has no terminal
    )  # fmt: skip
    assert f"Cancelled: {tool_hooks.NOBODY_TO_ASK}" in done.stdout


@needs_terminals
@pytest.mark.parametrize(("typed", "result"), [("y\r", "THE RESULT"), ("\r", "Cancelled: User cancelled tool call")])
def test_approval_at_the_terminal(typed: str, result: str) -> None:
    """Where standard input is used up the question goes to the controlling terminal, which answers it."""
    from tests.ptys import running

    code = "def shout(): return 'the result'.upper()"
    with running(CHILD, "-m", "talker", "--ta", "--functions", code, "call shout", STDIN_USED_UP="1") as session:
        session.expect("Approve tool call? [y/N]:\nApprove tool call? [y/N]:")
        session.keys(typed)
        session.expect(result)
        assert session.expect_end() == 0


def test_restored_tools() -> None:
    """-c brings the tools of the first turn back, configured as they were, unless tools are named."""
    ask("-T", 'Clock("CET")', "-T", "shout", "--functions", "def mine():\n  return 1", "hi")
    assert ask("-c", 'call {"Clock_now": {}}').stdout == "calling noon in CET\n"
    assert [tool.name for tool in asked().tools] == ["Clock_now", "shout"]
    ask("-c", "--functions", "def other():\n  return 1", "hi")
    assert [tool.name for tool in asked().tools] == ["other", "Clock_now", "shout"]
    ask("-c", "-T", "fail", "hi")
    assert [tool.name for tool in asked().tools] == ["fail"]


def test_model_without_tools() -> None:
    """A model that takes no tools is an error that says so."""
    result = run("-m", "gpt-3.5-turbo-instruct", "--key", "k", "-T", "shout", "hi")
    assert result.exit_code == 1
    assert "does not support tools" in result.stderr


def test_debugging_shows_what_is_nested_without_end() -> None:
    """--td lays JSON out; what is nested deeper than it can be read is shown as it came, and the run goes on."""
    code = "def deep():\n  return '[' * 100_000"
    result = ask("--td", "--functions", code, 'call {"deep": {}}')
    assert result.exit_code == 0
    assert "[" * 100_000 in result.stderr
