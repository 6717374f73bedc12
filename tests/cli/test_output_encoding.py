"""What the command `llm` does about characters that the encoding of its output lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest

from tests.loopback import CHAT, Loopback, json_reply, sse_reply

TEXTS = ["caf\xe9 ", "\ud83d", "\ude00 end"]  # an emoji that a server has cut in two
REPLIES = {
    "whole": json_reply({"choices": [{"message": {"content": "".join(TEXTS)}}]}),
    "streamed": sse_reply(*[{"choices": [{"delta": {"content": text}}]} for text in TEXTS]),
}


@pytest.mark.parametrize(
    ("reply", "encoding", "shown"),
    [
        ("streamed", "utf-8", "café \U0001f600 end"),
        ("streamed", "latin-1", "café \\U0001f600 end"),
        ("whole", "utf-8", "café \U0001f600 end"),
        ("whole", "ascii", "caf\\xe9 \\U0001f600 end"),
    ],
)
def test_answers(reply: str, encoding: str, shown: str) -> None:
    """They are shown as escapes, and halves of emoji joined: no answer that was paid for ends in an error."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    with closing(Loopback()) as server:
        server.on(CHAT, REPLIES[reply])
        done = subprocess.run(
            [sys.executable, "-m", "llm", "openai", "endpoint", server.base_url, "-m", "m", "hi"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding).splitlines() == [shown]
