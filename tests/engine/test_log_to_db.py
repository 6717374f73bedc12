"""`log_to_db()`: what reaches the log, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlite_utils

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant, user
from llm.core.parts import ReasoningPart
from llm.logs import LogStore
from tests.engine.faces import AsyncFace, BlockingFace, Face

CALL = llm.ToolCall("add", {}, "i")


@pytest.fixture
def db() -> Iterator[Any]:
    database = sqlite_utils.Database(memory=True)
    yield database
    database.close()


def logged_messages(db: Any, response: Any) -> list[llm.Message]:
    """The whole chain of a logged turn."""
    messages: list[llm.Message] = LogStore(db).load_chain(db["turns"].get(response.id)["tip_message_hash"])
    return messages


def test_a_blocking_response_is_run_first(blocking: BlockingFace, db: Any) -> None:
    """log_to_db() on a response that was not run yet runs it first, so that the turn has its output."""
    response = blocking.model(["a"]).prompt("x")
    response.log_to_db(db)
    assert logged_messages(db, response) == [user("x"), assistant("a")]


def test_the_database_is_brought_up_to_date(face: Face, db: Any) -> None:
    """The database is migrated if needed; logging twice is idempotent; legacy tables are there but not written."""
    response = face.done(face.model(["a"]).prompt("x"))
    response.log_to_db(db)
    response.log_to_db(db)
    assert db["turns"].count == 1
    assert (db["responses"].count, db["conversations"].count) == (0, 0)


def test_turns_of_a_conversation(face: Face, db: Any) -> None:
    """The turns of a conversation are one thread with its id, and each turn's chain is complete."""
    conversation = face.model(["1"], ["2"]).conversation()
    for text in ("a", "b"):
        face.done(conversation.prompt(text)).log_to_db(db)
    assert [row["thread_id"] for row in db["turns"].rows] == [conversation.id] * 2
    assert LogStore(db).thread_messages(conversation.id) == [user("a"), assistant("1"), user("b"), assistant("2")]


def test_a_chain_logs_every_finished_round(face: Face, db: Any) -> None:
    """A chain logs every recorded round; one whose loop was left logs those that are complete."""
    tools = [llm.Tool("add", implementation=lambda: "1")]
    chain = face.model(["a", CALL], ["b"]).chain("x", tools=tools)
    face.text(chain)
    chain.log_to_db(db)
    assert [row["id"] for row in db["turns"].rows] == [response.id for response in chain._responses]
    left = face.model(["a", CALL], ["b"]).chain("x", tools=tools)
    for response in face.each(left.responses()):
        face.text(response)
        break
    left.log_to_db(db)
    assert db["turns"].count == 3


def test_the_separator_is_not_stored(face: Face, db: Any) -> None:
    """What a chain puts between the texts of its rounds is for display only."""
    chain = face.model(["a", CALL], ["b"]).chain("x", tools=[llm.Tool("add", implementation=lambda: "1")])
    assert face.text(chain) == "a b"
    chain.log_to_db(db)
    assert [row["text"] for row in db.query("SELECT text FROM parts WHERE type = 'text'")] == ["x", "a", "b"]


def test_both_faces_log_the_same(db: Any, blocking: BlockingFace, on_loop: AsyncFace) -> None:
    """An async response leaves what a blocking one leaves: text, reasoning, metadata, tool calls, usage and payload."""

    def fill(response: Any) -> None:
        response.response_json = {"raw": 1}
        response.set_usage(input=1, output=2, details={"x": 3})
        response.set_resolved_model("m-2")

    made: list[Any] = [
        StreamEvent("reasoning", "r", 0, provider_metadata={"p": {"signature": "s"}}),
        StreamEvent("text", "a", 1),
        fill,
        CALL,
    ]
    found = []
    for face in (blocking, on_loop):
        response = face.done(face.model(made, json_replacements={}).prompt("x", system="s"))
        response.log_to_db(db)
        [row] = db.query(
            "SELECT parent_message_hash, tip_message_hash, model, resolved_model, options_json, input_tokens,"
            " output_tokens, token_details, response_json FROM turns WHERE id = ?",
            [response.id],
        )
        found.append(row)
    assert found[0] == found[1]
    assert [part.to_dict()["type"] for part in logged_messages(db, response)[-1].parts] == [
        "reasoning", "text", "tool_call",
    ]  # fmt: skip


def test_ids_are_there_from_the_start(face: Face, db: Any) -> None:
    """A response has its id, and a conversation that of its thread, when it is made, before anything runs; the id of a
    response is that of its turn."""
    conversation = face.model(["a"]).conversation()
    response = conversation.prompt("x")
    made = (response.id, conversation.id)
    assert all(len(found) == 26 and found == found.lower() for found in made)
    face.done(response).log_to_db(db)
    assert [(row["id"], row["thread_id"]) for row in db["turns"].rows] == [made]


def test_older_tables_are_not_written(face: Face, db: Any) -> None:
    """Whatever is logged, the tables of the older generation stay empty."""
    chain = face.model(["a", CALL], ["b"]).chain(
        "x",
        tools=[llm.Tool("add", implementation=lambda: "1")],
        fragments=["f"],
        system_fragments=["s"],
        attachments=[llm.Attachment(content=b"x", type="image/png")],
    )
    face.text(chain)
    chain.log_to_db(db)
    older = (
        "conversations", "responses", "prompt_attachments", "prompt_fragments", "system_fragments", "tool_responses",
        "tool_calls", "tool_results", "tool_results_attachments",
    )  # fmt: skip
    assert {table: db[table].count for table in older} == dict.fromkeys(older, 0)
    assert db["turns"].count == 2


def test_an_async_chain_inside_its_loop(on_loop: AsyncFace, db: Any) -> None:
    """An async chain can be logged while its event loop is running."""
    chain = on_loop.model(["a"]).chain("x")

    async def scenario() -> None:
        await chain.text()
        chain.log_to_db(db)

    on_loop.get(scenario())
    assert db["turns"].count == 1


def test_a_failed_response_is_not_logged(face: Face, db: Any) -> None:
    """A response that failed is not logged as complete: log_to_db() raises what the run raised."""
    response = face.model(["a", llm.ModelError("no")]).prompt("x")
    with pytest.raises(llm.ModelError):
        face.text(response)
    with pytest.raises(llm.ModelError):
        response.log_to_db(db)
    assert "turns" not in db.table_names() or db["turns"].count == 0


def test_contradicting_events(face: Face, db: Any) -> None:
    """A turn whose events contradict each other is logged with separate parts."""
    response = face.done(face.model([StreamEvent("text", "a", 0), StreamEvent("reasoning", "r", 0)]).prompt("x"))
    response.log_to_db(db)
    assert logged_messages(db, response) == [user("x"), assistant("a", ReasoningPart("r"))]


def test_handmade_and_rehydrated_responses(face: Face, db: Any) -> None:
    """Responses built by hand, fakes and those read from dictionaries can be logged."""
    model = face.model()
    made = face.response_class(llm.Prompt("x", model), model, False)
    made._done = True
    made._chunks = ["a"]
    made._stream_events = [StreamEvent("text", "a"), StreamEvent("reasoning", "r", 1)]
    fake = face.response_class.fake(model, "x", "s", "b")
    read = face.response_class.from_dict(fake.to_dict(), model=model)
    read.id = "another"
    for response in (made, fake, read):
        response.log_to_db(db)
    assert logged_messages(db, made) == [user("x"), assistant("a", ReasoningPart("r"))]
    assert logged_messages(db, fake) == logged_messages(db, read)


def test_the_class_method_is_used(face: Face, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`log_to_db` may be replaced on the class: a chain calls it as a method of each response."""
    seen: list[Any] = []
    monkeypatch.setattr(face.response_class, "log_to_db", lambda response, database: seen.append((response, database)))
    chain = face.model(["a"]).chain("x")
    face.text(chain)
    chain.log_to_db(db)
    assert seen == [(chain._responses[0], db)]


def test_recurring_fragments_of_payloads(face: Face, db: Any) -> None:
    """`json_replacements` is optional: what a model says recurs in its payloads is stored as a reference."""
    recurring = "A greeting that this provider puts into every payload"

    def fill(response: Any) -> None:
        response.response_json = {"hello": recurring}

    for attributes, stored in (({}, True), ({"json_replacements": {"greeting": recurring}}, False)):
        response = face.done(face.model([fill, "a"], **attributes).prompt("x"))
        response.log_to_db(db)
        assert (recurring in db["turns"].get(response.id)["response_json"]) is stored
