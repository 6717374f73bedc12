"""`from_row()`: responses rebuilt from the legacy tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
import sqlite_utils

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from llm.engine.legacy import from_row
from llm.migrations import migrate
from tests.engine.faces import Face
from tests.engine.script import Settings

ROW = {
    "id": "r1",
    "model": "m",
    "prompt": "hello",
    "system": "sys",
    "prompt_json": '{"asked": 1}',
    "options_json": '{"temperature": "0.5"}',
    "response": "answer",
    "response_json": '{"x": 1}',
    "duration_ms": 1001,
    "datetime_utc": "2024-01-02T03:04:05.678901",
    "input_tokens": 3,
    "output_tokens": 4,
    "token_details": '{"d": 1}',
    "schema_id": "s1",
    "resolved_model": "m-2",
}
PICTURE = llm.Attachment(type="image/png", content=b"png")
LINK = llm.Attachment(type="image/png", url="https://example.com/a.png")


@pytest.fixture
def db() -> Iterator[Any]:
    database = sqlite_utils.Database(memory=True)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def model(face: Face, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model that the rows name, registered in the registry of this face."""
    made = face.model(Options=Settings)
    monkeypatch.setattr(llm, "get_async_model" if face.is_async else "get_model", {"m": made}.__getitem__)
    return made


def fill(db: Any) -> Any:
    """Write one legacy response with everything that can stand beside it."""
    db["schemas"].insert({"id": "s1", "content": '{"type":"object"}'})
    db["responses"].insert(ROW)
    for name, attachment in (("a1", PICTURE), ("a2", LINK)):
        values = {"type": attachment.type, "path": None, "url": attachment.url, "content": attachment.content}
        db["attachments"].insert({"id": name, **values})
    db["prompt_attachments"].insert_all(
        [
            {"response_id": "r1", "attachment_id": "a1", "order": 1},
            {"response_id": "r1", "attachment_id": "a2", "order": 0},
        ]
    )
    for number, content in enumerate(["first", "second", "of the system"], 1):
        source = f"source {number}"
        db["fragments"].insert({"id": number, "hash": f"h{number}", "content": content, "source": source})
    db["prompt_fragments"].insert_all(
        [{"response_id": "r1", "fragment_id": 1, "order": 1}, {"response_id": "r1", "fragment_id": 2, "order": 0}]
    )
    db["system_fragments"].insert({"response_id": "r1", "fragment_id": 3, "order": 0})
    db["tools"].insert(
        {
            "id": 1,
            "hash": "h",
            "name": "add",
            "description": "Adds",
            "input_schema": '{"type": "object"}',
            "plugin": "p",
        }
    )
    db["tool_responses"].insert({"tool_id": 1, "response_id": "r1"})
    db["tool_calls"].insert_all(
        {
            "id": number,
            "response_id": "r1",
            "tool_id": 1,
            "name": "add",
            "arguments": arguments,
            "tool_call_id": call_id,
        }
        for number, (call_id, arguments) in enumerate([("z", '{"a": 1}'), ("b", "no JSON"), ("c", None)])
    )
    db["tool_results"].insert(
        {"id": 1, "response_id": "r1", "tool_id": 1, "name": "add", "output": "Error: x", "tool_call_id": "y",
         "exception": "ValueError: x"}
    )  # fmt: skip
    db["tool_results_attachments"].insert({"tool_result_id": 1, "attachment_id": "a1", "order": 0})
    return db["responses"].get("r1")


def test_the_prompt(face: Face, model: Any, db: Any) -> None:
    """The prompt has text, system, fragments and attachments by order, tools to look at, results and options."""
    response = face.response_class.from_row(db, fill(db))
    prompt = response.prompt
    assert (prompt._prompt, prompt._system, prompt.model) == ("hello", "sys", model)
    assert (prompt.fragments, prompt.system_fragments) == (["second", "first"], ["of the system"])
    assert [fragment.source for fragment in prompt.fragments] == ["source 2", "source 1"]
    assert (prompt.attachments, response.attachments) == ([LINK, PICTURE], [LINK, PICTURE])
    assert prompt.options.temperature == 0.5
    assert prompt.schema == {"type": "object"}
    assert prompt.tools == [llm.Tool("add", "Adds", {"type": "object"}, plugin="p")]
    assert prompt.messages == [
        system("of the system\n\nsys"),
        tool_message(ToolResultPart("add", "Error: x", "y", attachments=[PICTURE], exception="ValueError: x")),
        user("second\nfirst\nhello", LINK, PICTURE),
    ]


def test_the_output(face: Face, model: Any, db: Any) -> None:
    """It is finished: one message of the text and the calls by call id; payload, tokens, times, resolved model."""
    response = face.response_class.from_row(db, fill(db))
    assert type(response) is face.response_class
    assert (response.id, response._done, response.stream, response.conversation) == ("r1", True, False, None)
    calls = [
        llm.ToolCall("add", {"_raw": "no JSON"}, "b"),
        llm.ToolCall("add", {}, "c"),
        llm.ToolCall("add", {"a": 1}, "z"),
    ]
    assert face.get(response.tool_calls()) == calls
    assert face.text(response) == "answer"
    assert face.messages(response) == [
        assistant("answer", *(ToolCallPart(call.name, call.arguments, call.tool_call_id) for call in calls))
    ]
    assert (face.get(response.json()), response._prompt_json) == ({"x": 1}, {"asked": 1})
    assert face.get(response.usage()) == llm.Usage(3, 4, {"d": 1})
    assert face.get(response.duration_ms()) == 1001
    assert face.get(response.datetime_utc()) == "2024-01-02T03:04:05.678901+00:00"
    assert response.resolved_model == "m-2"
    assert response._stream_events == []
    assert face.events(response)[0] == StreamEvent("text", "answer", 0)


@pytest.mark.parametrize("duration", [0, 1, 29, 57, 570, 1001, 4_035, 128_999])
def test_durations(face: Face, model: Any, db: Any, duration: int) -> None:
    """The duration comes back to the millisecond."""
    response = face.response_class.from_row(db, {**ROW, "duration_ms": duration})
    assert face.get(response.duration_ms()) == duration


def test_missing_columns_and_nulls(face: Face, model: Any, db: Any) -> None:
    """Columns that are missing or NULL are fine, and so is JSON that is damaged."""
    rows: list[dict[str, Any]] = [
        {"id": "r2", "model": "m"},
        {**dict.fromkeys(ROW), "id": "r2", "model": "m"},
        {
            **dict.fromkeys(ROW),
            "id": "r2",
            "model": "m",
            "response_json": "{",
            "token_details": "",
            "datetime_utc": "never",
        },
    ]
    for row in rows:
        response = face.response_class.from_row(db, row)
        assert (face.text(response), face.messages(response), response.prompt.messages) == ("", [], [])
        assert (face.get(response.usage()), face.get(response.json())) == (llm.Usage(), None)
        assert (face.get(response.duration_ms()), face.get(response.datetime_utc())) == (0, "")


def test_rows_of_any_kind(face: Face, model: Any, db: Any) -> None:
    """A row may be a `sqlite3.Row`."""
    fill(db)
    db.conn.row_factory = sqlite3.Row
    row = db.conn.execute("SELECT * FROM responses").fetchone()
    response = face.response_class.from_row(db, row)
    assert (face.text(response), response.prompt.fragments) == ("answer", ["second", "first"])


def test_options_are_validated(face: Face, model: Any, db: Any) -> None:
    """The options are `model.Options(**stored)`, validators included: a plugin may drop old options in one."""

    class Forgiving(Settings):
        @pydantic.model_validator(mode="before")
        @classmethod
        def drop_old(cls, values: dict[str, Any]) -> dict[str, Any]:
            values.pop("old", None)
            return values

    row = {**ROW, "options_json": '{"old": 1, "temperature": 1}'}
    with pytest.raises(pydantic.ValidationError):
        face.response_class.from_row(db, row)
    model.Options = Forgiving
    assert face.response_class.from_row(db, row).prompt.options.temperature == 1.0


def test_what_the_model_supports_today_does_not_matter(face: Face, model: Any, db: Any) -> None:
    """A response that was given once can be read back, whatever the model supports today."""
    model.supports_tools = model.supports_schema = model.supports_conversation = False
    response = face.response_class.from_row(db, fill(db))
    assert face.text(response) == "answer"
    again = face.response_class.from_dict(response.to_dict(), model=model)
    assert face.text(again) == "answer"


def test_the_async_registry(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Response.from_row(db, row, _async=True)` takes the model from the async registry."""
    from tests.engine.script import AsyncScriptedModel

    model = AsyncScriptedModel()
    monkeypatch.setattr(llm, "get_async_model", {"m": model}.__getitem__)
    response = llm.Response.from_row(db, {"id": "r1", "model": "m", "response": "a"}, _async=True)
    found: tuple[object, ...] = (type(response), response.model, response.text())
    assert found == (llm.Response, model, "a")


def test_another_model(face: Face, db: Any) -> None:
    """With a model given, the one that the row names need not be installed; a plain connection will do."""
    model = face.model()
    response = from_row(face.response_class, db.conn, {"id": "r1", "model": "gone"}, find="get_model", model=model)
    assert response.model is model


def test_as_history(face: Face, model: Any, db: Any) -> None:
    """Rebuilt responses are history of a conversation like fakes: each knows its own turn."""
    conversation = face.conversation_class(model)
    conversation.responses = [
        face.response_class.from_row(db, {"id": name, "model": "m", "prompt": name, "response": name.upper()})
        for name in ("a", "b")
    ]
    assert conversation.prompt("c").prompt.messages == [
        user("a"), assistant("A"), user("b"), assistant("B"), user("c"),
    ]  # fmt: skip


def test_rows_of_a_conversation(face: Face, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`conversation._continue_rows(db, rows)` makes linked responses: each one's chain goes back to the first row."""

    def unknown(model_id: str) -> Any:
        raise llm.UnknownModelError(model_id)

    monkeypatch.setattr(llm, "get_async_model" if face.is_async else "get_model", unknown)
    model = face.model()
    conversation = model.conversation()
    rows = [
        {"id": "r1", "model": model.model_id, "prompt": "a", "system": "be kind", "response": "1"},
        {"id": "r2", "model": model.model_id, "prompt": "b", "system": None, "response": "2"},
        {"id": "r3", "model": "not installed", "prompt": "c", "system": "be brief", "response": "3"},
    ]
    conversation._continue_rows(db, rows)
    first, second, third = conversation.responses
    chain = [system("be kind"), user("a"), assistant("1"), user("b"), assistant("2"), system("be brief"), user("c")]
    assert [one.prompt.messages for one in (first, second, third)] == [chain[:2], chain[:4], chain]
    assert (third.model, third.conversation, type(third)) == (model, conversation, face.response_class)
    assert conversation.prompt("d").prompt.messages == [*chain, assistant("3"), user("d")]
