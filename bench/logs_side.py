"""One side of the comparison of logs: runs under whichever `llm` its interpreter has, and uses the public API only.

    python logs_side.py append DATABASE CONVERSATION     seconds to load the conversation, and to log one turn more
    python logs_side.py write DATABASE TURNS             log this many turns; prints how many were logged
    python logs_side.py list DATABASE ROUNDS [OPTIONS]   seconds of `llm logs list` with these options, in the process

Seconds are CPU time, best of several: the machine may be busy with other things. A listing that fails has none: nan.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlite_utils
from click.testing import CliRunner

import llm
from llm.cli import cli, load_conversation

ROUNDS = 20


class Answering(llm.Model):
    """Answers at once."""

    can_stream = True

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def execute(self, *_: Any, **_named: Any) -> Iterator[str]:
        """Yield an answer of average length."""
        yield "An answer with some words in it. " * 12


class Plugin:
    """Registers the models."""

    @llm.hookimpl
    def register_models(self, register: Callable[..., None]) -> None:
        """Register them."""
        for number in range(20):
            register(Answering(f"model-{number}"))


def append(database: str, conversation_id: str) -> None:
    """Print the seconds to load a conversation and to log one more turn of it."""
    loads, logs = [], []
    db = sqlite_utils.Database(database)
    for number in range(ROUNDS):
        start = time.process_time()
        conversation = load_conversation(conversation_id, database=database)
        loads.append(time.process_time() - start)
        response = conversation.prompt(f"question {number}")
        response.text()
        _elsewhere(db)
        start = time.process_time()
        response.log_to_db(db)
        logs.append(time.process_time() - start)
    print(min(loads), min(logs))


def _elsewhere(db: sqlite_utils.Database) -> None:
    """Log a turn of another conversation: loading a long one leaves the processor's caches to itself."""
    response = llm.get_model("model-1").conversation().prompt("another question")
    response.text()
    response.log_to_db(db)


def write(database: str, turns: str) -> None:
    """Log turns, each as a command does; what fails is told and left out."""
    logged = 0
    model = Answering("model-0")
    for number in range(int(turns)):
        response = model.conversation().prompt(f"question {number}")
        response.text()
        try:
            db = sqlite_utils.Database(database)
            response.log_to_db(db)
            db.conn.close()
            logged += 1
        except Exception as error:  # noqa: BLE001 -- counted
            print(f"not logged: {error!r}", file=sys.stderr)
    print(logged)


def listing(database: str, rounds: str, *options: str) -> None:
    """Print the seconds of a listing."""
    seconds = []
    for _ in range(int(rounds)):
        start = time.process_time()
        done = CliRunner().invoke(cli, ["logs", "list", "-d", database, *options], catch_exceptions=False)
        seconds.append(float("nan") if done.exit_code else time.process_time() - start)
    print(min(seconds))


if __name__ == "__main__":
    from llm.plugins import load_plugins, pm

    load_plugins()
    pm.register(Plugin())
    {"append": append, "write": write, "list": listing}[sys.argv[1]](*sys.argv[2:])
