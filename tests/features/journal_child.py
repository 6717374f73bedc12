"""A program that is killed while it shows an answer: `python -m tests.features.journal_child DATABASE MODE`.

In mode `stream` its model says each line of standard input; what
was shown goes to standard output, a line a chunk. In mode `many` it answers twenty prompts.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import llm
from llm.features.journaling import journaled, recover_turns
from llm.store.database import open_log_database

TURNS = 20


class Echo(llm.Model):
    """Says what it reads."""

    model_id = "echo"
    can_stream = True

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        for line in sys.stdin:
            yield line.removesuffix("\n") + " "


class Counter(llm.Model):
    """Counts to three."""

    model_id = "counter"
    can_stream = True

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield from ("one ", "two ", "three")


def stream(path: str) -> None:
    with closing(open_log_database(path)) as conn:
        answer = Echo().conversation().prompt("question")
        print("ready", flush=True)
        with journaled(conn, path, answer, warn=sys.stderr.write):
            for chunk in answer:
                print(chunk, flush=True)


def many(path: str) -> None:
    with closing(open_log_database(path)) as conn:
        for number in range(TURNS):
            recover_turns(conn)
            answer = Counter().conversation().prompt(f"{number}")
            with journaled(conn, path, answer, warn=sys.stderr.write):
                answer.text()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where whoever started this ignores it
    {"stream": stream, "many": many}[sys.argv[2]](sys.argv[1])
