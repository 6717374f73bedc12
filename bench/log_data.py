"""Log databases of any size for the benchmarks, written without the program: a hundred thousand turns in seconds.

    python -m bench.log_data PATH TURNS [TURNS IN A CONVERSATION]

The tables are made by this program; both programs read the same file.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from llm.core.canonical import message_hash
from llm.core.messages import Message, assistant, tool_message, user
from llm.core.parts import TextPart, ToolCallPart, ToolResultPart
from llm.store.database import open_log_database, writing

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
MODELS = tuple(f"model-{number}" for number in range(20))
WORDS = tuple("pelican whale river stone letter window garden python answer question light music".split())  # noqa: SIM905
TOOL_EVERY, SCHEMA_EVERY = 50, 40
_SCHEMA_ID = "9a8ed2c9b17203f6d8905147234475b5"


class Writer:
    """Writes turns into the tables of the newer generation, in large transactions."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._random = random.Random(1)
        self._number = 0

    def conversation(self, turns: int) -> None:
        """Write one conversation."""
        thread, parent = self._id("c"), None
        for _ in range(turns):
            parent = self._turn(thread, parent)
        name, when = f"conversation {thread}", str(START)
        self._insert("threads", thread, name, parent, None, when)

    def _turn(self, thread: str, parent: str | None) -> str:
        self._number += 1
        turn, words = self._id("t"), self._text()
        asked, answered = f"Question {self._number} httpx-retries {words[:200]}", f"Answer {self._number}: {words}"
        if self._number % TOOL_EVERY == 0:
            call = ToolCallPart("search", {"query": asked[:40]}, f"call-{self._number}")
            parent = self._message(user(asked), parent)
            parent = self._message(assistant("", call), parent)
            result = ToolResultPart("search", f"found {words[:80]}", f"call-{self._number}")
            parent = self._message(tool_message(result), parent)
        else:
            parent = self._message(user(asked), parent)
        tip = self._message(assistant(answered), parent)
        self._insert(
            "turns", turn, thread, parent, tip, self._random.choice(MODELS), None, '{"temperature": 0.5}',
            _SCHEMA_ID if self._number % SCHEMA_EVERY == 0 else None, 100, 200, '{"cached": {"n": 3}}', 1234,
            (START + timedelta(seconds=self._number)).isoformat(timespec="microseconds"),
            json.dumps({"id": turn, "choices": [{"message": {"content": {"$": "0.0.text"}, "role": "assistant"}}]}),
        )  # fmt: skip
        self._insert("turn_search", self._number, turn, asked, answered)
        return tip

    def _message(self, message: Message, parent: str | None) -> str:
        found = message_hash(message, parent)
        self._insert("messages", found, parent, message.role, None)
        for position, part in enumerate(message.parts):
            form: dict[str, Any] = dict(part.to_dict())
            kind = form.pop("type")
            text = form.pop("text") if isinstance(part, TextPart) else None
            payload = json.dumps(form) if form else None
            self._insert("parts", None, found, position, kind, form.get("name"), text, payload)
        return found

    def _insert(self, table: str, *values: object) -> None:
        self._conn.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)

    def _text(self) -> str:
        return " ".join(self._random.choices(WORDS, k=60))

    def _id(self, kind: str) -> str:
        return f"01{kind}{self._number:023d}"


def fill(path: Path, turns: int, in_a_conversation: int = 5) -> None:
    """Make the database `path` with this many turns."""
    with closing(open_log_database(path)) as conn:
        writer = Writer(conn)
        for number in _batches(turns, 20_000):
            with writing(conn):
                for size in _batches(number, in_a_conversation):
                    writer.conversation(size)
        with writing(conn):
            conn.execute("INSERT INTO schemas VALUES (?, ?)", (_SCHEMA_ID, '{"schema":"one"}'))


def _batches(total: int, size: int) -> Iterator[int]:
    while total > 0:
        yield min(size, total)
        total -= size


if __name__ == "__main__":
    fill(Path(sys.argv[1]), *(int(number) for number in sys.argv[2:]))
