"""The command `llm` with models for tests on a terminal: `python chat_child.py chat -m talker`.

With `STDIN_USED_UP` in the environment, standard input is at its end, and the terminal is there all the same.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["LLM_LOAD_PLUGINS"] = ""

import llm
import llm.plugins
from llm.cli import cli


class Talker(llm.Model):
    """Answers as the first word of a message says; otherwise tells what arrived."""

    model_id = "talker"
    can_stream = True
    supports_tools = True
    attachment_types = {"text/plain"}  # noqa: RUF012

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        word, _, rest = prompt.prompt.partition(" ")
        if word == "endless":
            for number in itertools.count():
                yield f"line {number}\n"
                time.sleep(0.01)
        elif word == "wait":  # in the middle of a block, until a file is there
            yield "before\n\nsome **bold** text, and a good deal more of it, so that it fills a line well"
            while not Path(rest).exists():
                time.sleep(0.01)
            yield " end\n\nafter **all**\n"
        elif word == "say":
            yield rest.encode().decode("unicode_escape").encode("latin-1").decode("utf-8")
        elif word == "call" and not prompt.tool_results:
            response.add_tool_call(llm.ToolCall(rest, {}))
        elif prompt.tool_results:
            yield "; ".join(result.output for result in prompt.tool_results)
        elif word == "fail":
            yield "part"
            raise llm.ModelError("the provider hung up")
        else:
            system = f" system={prompt.system}" if prompt.system else ""
            attached = f" attached={len(prompt.attachments)}" if prompt.attachments else ""
            yield (
                f"{self.model_id} got {prompt.prompt.count(chr(10)) + 1} lines, {len(prompt.prompt)} characters, "
                f"{len(prompt.messages)} messages{system}{attached}"
            )


class Other(Talker):
    """Another model."""

    model_id = "other"


class Plugin:
    """Registers the models."""

    __name__ = "Plugin"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Talker())
        register(Other())


if __name__ == "__main__":
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal is this process's own, so that Ctrl-C reaches it
    if os.environ.get("STDIN_USED_UP"):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    llm.plugins.load_plugins()
    llm.plugins.pm.register(Plugin())
    sys.argv[0] = "llm"
    cli()
