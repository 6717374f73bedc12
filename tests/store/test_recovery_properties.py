from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.core.messages import assistant, user
from llm.core.parts import ReasoningPart, ToolCallPart
from llm.core.text import plain_text
from llm.core.usage import Usage
from llm.store.journaled import unlogged_turns
from llm.store.record_form import record_of, record_text
from llm.store.recovery import import_file, recover, recovery_file
from tests.damage import damaged, json_values
from tests.store.samples import chain, column, turn

lenient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
RECORD = turn(
    id="01turn",
    input=chain(user("hello")),
    output=(assistant(ReasoningPart("why"), "hi", ToolCallPart("f", {"a": 1}, "c1")),),
    options={"n": 1},
    usage=Usage(1, 2, {"x": 3}),
    schema={"type": "object"},
    response_json={"id": "r"},
).record
LINE = json.loads(record_text(RECORD))


@settings(lenient, max_examples=25)
@given(lines=st.lists(damaged(LINE).map(json.dumps) | st.text(max_size=20) | json_values.map(json.dumps), max_size=3))
def test_any_recovery_file(conn: sqlite3.Connection, log_path: Path, lines: list[str]) -> None:
    """Lines that are no turns stay in the file, the turn among them is logged, and none of them stops the others."""
    path = recovery_file(log_path)
    path.unlink(missing_ok=True)
    lines = [line.encode("utf-8", "replace").decode().replace("\n", " ").replace("\r", " ") for line in lines]
    path.write_text("\n".join([*lines, record_text(RECORD), ""]), encoding="utf-8")
    result = import_file(conn, path)
    assert column(conn, "SELECT id FROM turns WHERE id = '01turn'") == ["01turn"]
    assert result.written >= 1
    assert path.exists() == bool(result.unreadable)


@settings(max_examples=50)
@given(damaged(LINE))
def test_any_line(form: object) -> None:
    """A line is a record, or a ValueError."""
    with suppress(ValueError):
        record_of(json.dumps(form), lambda _: None)


headers = damaged(LINE).map(json.dumps) | st.text(max_size=20) | json_values.map(json.dumps)
CHUNK = [
    {"type": "text", "chunk": "hi"},
    {"type": "tool_call_args", "chunk": "{", "tool_call_id": "c1", "part_index": 1},
]


@settings(lenient, max_examples=25)
@given(header=headers, chunks=st.lists(damaged(CHUNK).map(json.dumps) | st.text(max_size=9), max_size=2))
def test_any_journal(conn: sqlite3.Connection, header: str, chunks: list[str]) -> None:
    """What a dead process left is turned into a turn or left alone, whatever is in it, and stops nothing else."""
    with conn:
        conn.execute("DELETE FROM llm_journal")
        conn.execute("DELETE FROM llm_journal_chunks")
        conn.execute("INSERT INTO llm_journal VALUES ('01dead', 'nobody', 0, ?)", (plain_text(header),))
        rows = [("01dead", number, plain_text(chunk)) for number, chunk in enumerate(chunks)]
        conn.executemany("INSERT INTO llm_journal_chunks VALUES (?, ?, ?)", rows)
    recover(conn, lambda _: [], now=1e12)
    with unlogged_turns(conn, lambda _: []):
        pass
