"""What `llm prompt` prints: code blocks, rows of the log, usage; and what it does when nobody reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.spies import ask, given, run

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


def test_continued_with_another_model() -> None:
    """-c with -m goes on with that model, also if the stored one is gone."""
    ask("hi")
    assert run("-c", "-m", "nope", "x").stderr == "Error: 'Unknown model: nope'\n"


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
