"""What `llm prompt` prints: code blocks, rows of the log, usage; and what it does when nobody reads."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import llm
from llm.cli import cli
from tests.cli.spies import ask, asked, given, run

pytestmark = pytest.mark.usefixtures("spies")

BLOCKS = "x\n```\none\n```\ny\n```py\ntwo\n```\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [(("-x",), "one\n\n"), (("--xl",), "two\n\n"), (("-x", "--xl"), "two\n\n"), (("-x", "plain"), "answer to plain\n")],
)
def test_extraction(words: tuple[str, ...], shown: str) -> None:
    """-x shows the first code block, --xl the last and wins, and the whole text where there is none; all is logged."""
    text = BLOCKS if len(words) == 1 or words[1].startswith("-") else words[-1]
    options = [word for word in words if word.startswith("-")]
    assert ask(*options, text).stdout == shown
    assert given()[0] is False
    (row,) = json.loads(run("logs", "--json").stdout)
    assert row["response"] == f"answer to {text}"


@pytest.mark.parametrize("words", [(), ("-n",), ("--async",)])
def test_json(words: tuple[str, ...], user_path: Path) -> None:
    """--json prints the entries of the log, one a round, instead of the text, also when nothing is logged."""
    result = ask("--json", "--functions", "def f():\n  return 1", *words, 'call {"f": {}}')
    rows = json.loads(result.stdout)
    assert [row["response"] for row in rows] == ["calling", "1"]
    assert (result.stdout.rstrip() == run("logs", "--json").stdout.rstrip()) is (words != ("-n",))
    assert given()[0] is False


def test_json_with_logging_off() -> None:
    """--json works with logging off, and writes nothing."""
    run("logs", "off")
    assert json.loads(ask("--json", "hi").stdout)[0]["response"] == "answer to hi"
    assert json.loads(run("logs", "--json").stdout) == []


def test_usage_comes_after_the_answer_and_is_logged_with_it() -> None:
    """-u shows usage per round, after the turn has been logged."""
    assert ask("-u", "hi").stderr == "Token usage: 1 input, 1 output\n"
    assert json.loads(run("logs", "--json").stdout)[0]["input_tokens"] == 1


def test_empty_prompt() -> None:
    """A prompt of nothing is allowed."""
    assert ask("").stdout == "answer to \n"


def test_code_blocks_are_not_taken_out_of_json() -> None:
    """With --json, -x and --xl change nothing."""
    (row,) = json.loads(ask("--json", "-x", "--xl", BLOCKS).stdout)
    assert row["response"] == f"answer to {BLOCKS}"


def test_hidden_reasoning_is_not_asked_for() -> None:
    """-R tells the model that reasoning is not wanted."""
    ask("hi")
    assert asked().hide_reasoning is False
    ask("-R", "hi")
    assert asked().hide_reasoning is True


CALLS = 'call {"shout": {"text": "x"}, "fail": {}}'
YELLOW, GREEN, RED = "\x1b[33m\x1b[1m", "\x1b[32m\x1b[1m", "\x1b[31m\x1b[1m"


@pytest.mark.parametrize("forced", [True, False])
def test_colours(forced: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Token counts and tool calls are yellow, outputs green, exceptions red, if Click's context says so.

    Where nobody says so, output that is no terminal has no colours.
    """
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    words = ["-m", "spy", "--key", "k", "-u", "--td", "-T", "shout", "-T", "fail", CALLS]
    cli.main(words, standalone_mode=False, color=True if forced else None)
    captured = capsys.readouterr()
    assert captured.out == "calling X; Error: broken tool\n"
    coloured = (
        f"{YELLOW}Token usage: 1 input",
        f"{YELLOW}Tool call: shout",
        f"{GREEN}  X",
        f"{RED}  Exception: broken",
    )
    assert [text in captured.err for text in coloured] == [forced] * 4
    assert ("\x1b" in captured.err) is forced


SLOW = """
import signal, time, llm
from llm.cli import cli

signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background leaves it ignored

class Slow(llm.Model):
    model_id = "slow"
    can_stream = True
    def execute(self, prompt, stream, response, conversation=None):
        yield "first "
        time.sleep(60)

class Plugin:
    @llm.hookimpl
    def register_models(self, register):
        register(Slow())

llm.plugins.pm.register(Plugin())
cli()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c(user_path: Path) -> None:
    """Ctrl-C while the model answers ends with exit code 130 and one word, and what came is in the log."""
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, "-m", "slow", "hi"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.read(6) == "first "
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    assert (child.returncode, stderr) == (130, "\nAborted!\n")
    (row,) = json.loads(run("logs", "--json").stdout)
    assert (row["response"], row["state"]) == ("first ", "interrupted")


ENDLESS = SLOW.replace('yield "first "', 'yield "first "; yield from ["word "] * 1_000_000').replace(
    "time.sleep(60)", "pass"
)


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_nobody_reads_the_output_any_more(user_path: Path) -> None:
    """When whoever reads the output goes away, as `head` does, the command ends without a word; what came is logged."""
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, "-m", "slow", "hi"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.read(6) == "first "
    child.stdout.close()
    assert (child.stderr.read(), child.wait(timeout=60)) == ("", 0)
    child.stderr.close()
    (row,) = json.loads(run("logs", "--json").stdout)
    assert row["state"] == "interrupted"
    assert row["response"].startswith("first word ")


PIPED = SLOW.replace('yield "first "', "yield str(len(prompt.prompt))").replace("time.sleep(60)", "pass")


def test_much_text_is_piped_into_two_commands(user_path: Path, tmp_path: Path) -> None:
    """Megabytes on standard input arrive and are logged whole, also in two commands that run at the same time."""
    text = "0123456789abcde\n" * 200_000
    (tmp_path / "much").write_text(text)
    command = [sys.executable, "-c", PIPED, "-m", "slow", "and this"]
    with (tmp_path / "much").open() as one, (tmp_path / "much").open() as two:
        children = [
            subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for source in (one, two)
        ]
        results = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert results == [(f"{len(text) + 9}\n", "", 0)] * 2
    rows = json.loads(run("logs", "-n", "0", "--json").stdout)
    assert [row["prompt"] == f"{text} and this" for row in rows] == [True, True]


@pytest.mark.parametrize("words", [(), ("--async",)])
def test_logged_before_usage_is_shown(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is in the log before its usage is shown, so that no trouble with that loses it."""

    def broken(self: object) -> str:
        raise RuntimeError("cannot count")

    for kind in (llm.Response, llm.AsyncResponse):
        monkeypatch.setattr(kind, "token_usage", broken)
    result = run("-m", "spy", "--key", "k", "-u", *words, "hi")
    assert (result.stdout, result.stderr) == ("answer to hi\n", "Error: cannot count\n")
    assert json.loads(run("logs", "--json").stdout)[0]["response"] == "answer to hi"
