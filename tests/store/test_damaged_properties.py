"""Databases whose rows are damaged: every listing goes on, and says what is missing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.core.errors import UserError
from llm.core.history import History
from llm.core.messages import assistant, tool_message, user
from llm.core.parts import ReasoningPart, ToolCallPart, ToolResultPart
from llm.core.usage import Usage
from llm.features.log_listing import LogListing, render
from llm.store.database import Handle, open_log_database
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows
from llm.store.logstore import LogStore
from tests.damage import json_values, nasty_texts
from tests.store.samples import chain, turn

COLUMNS = {
    "turns": "options_json response_json token_details datetime_utc duration_ms input_tokens model thread_id "
    "parent_message_hash tip_message_hash schema_id resolved_model",
    "messages": "role parent_hash provider_metadata",
    "parts": "type text tool_name payload position",
    "threads": "name",
    "schemas": "content",
    "turn_search": "prompt response",
}
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=9),
    nasty_texts.filter(lambda text: text.isprintable() or text.isascii()),
    json_values.map(json.dumps),
    st.sampled_from(["[" * 5000, '{"$": "0.0.text"}', '{"$": "9.9.text"}', "text", "tool_call", "user", "2026-99-99"]),
)
numbers = count()
SHAPES: list[dict[str, Any]] = [
    {}, {"json_output": True}, {"short": True, "usage": True}, {"response": True}, {"extract": True}, {"usage": True},
    {"data": True}, {"data_array": True, "data_ids": True}, {"truncate": True, "json_output": True}, {"expand": True},
    {"query": "hello"}, {"any_tools": True}, {"current": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with two conversations, tools, reasoning, a schema and a payload."""
    path: Path = tmp_path_factory.mktemp("log") / "logs.db"
    asked: History | None = chain(user("hello"), assistant(ToolCallPart("f", {"a": 1}, "c1")), tool_message(
        ToolResultPart("f", "out", "c1")))  # fmt: skip
    with closing(open_log_database(path)) as conn:
        store = LogStore(Handle(conn))
        store.log(turn("hello", "```\ncode\n```", thread_id="a", response_json={"content": "```\ncode\n```" * 9}))
        store.log(turn(thread_id="b", input=asked, output=(assistant(ReasoningPart("why"), '{"items": [{"a": 1}]}'),),
                       schema={"type": "object"}, options={"n": 1}, usage=Usage(1, 2, {"x": 3})))  # fmt: skip
    return path


PLACES = [(table, name) for table, names in COLUMNS.items() for name in names.split()]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damages=st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3), shape=st.sampled_from(SHAPES)
)
def test_every_listing_goes_on(
    tmp_path: Path, sample: Path, damages: list[tuple[tuple[str, str], Any]], shape: dict[str, Any]
) -> None:
    """Whatever stands in a column, each form of the log shows both turns, or an error for users."""
    path = tmp_path / f"{next(numbers)}.db"
    shutil.copy(sample, path)
    with closing(open_log_database(path)) as conn:
        for (table, column), value in damages:
            with conn, _tolerant(conn):
                conn.execute(f"UPDATE {table} SET {column} = ?", (value,))
        assert len(list(iter_rows(conn, LogFilters()))) == 2
        try:
            shown = "".join(render(conn, LogListing(count=0, **shape)))
        except UserError:
            return
        if shape.get("json_output"):
            assert len(json.loads(shown)) == 2


class _tolerant:  # noqa: N801
    """Constraints may refuse a damage: then the row stays sound."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def __enter__(self) -> None:
        self._conn.execute("PRAGMA foreign_keys = OFF")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, sqlite3.IntegrityError)
