"""Conversations that were logged, ready for their next prompt."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from llm.features.conversations import (
    ConversationNotFoundError,
    DamagedConversationError,
    load_conversation,
    load_with_model,
)
from llm.features.tool_specs import conversation_tool_specs
from llm.store.database import Handle
from llm.store.logstore import LogStore
from tests.engine.faces import Face
from tests.engine.script import Settings
from tests.store.legacy import insert, legacy_response

OLD = "01a-old"
Registry = dict[str, Any]


@pytest.fixture
def models(face: Face, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of this face, with one model."""
    found = {"old-model": face.model(["new answer"], ["and more"], model_id="old-model", Options=Settings)}

    def find(name: str) -> Any:
        if name not in found:
            raise llm.UnknownModelError(f"Unknown model: {name}")
        return found[name]

    monkeypatch.setattr(llm, "get_async_model" if face.is_async else "get_model", find)
    monkeypatch.setattr(llm, "get_model" if face.is_async else "get_async_model", {}.__getitem__)
    return found


@pytest.fixture
def load(face: Face, conn: sqlite3.Connection, tmp_path: Path) -> Callable[..., Any]:
    """The function that loads a conversation in the manner of this face."""

    def loaded(conversation_id: str | None = OLD, **more: Any) -> Any:
        return load_conversation(conversation_id, async_=face.is_async, database=str(tmp_path / "logs.db"), **more)

    return loaded


@pytest.fixture
def legacy(conn: sqlite3.Connection) -> sqlite3.Connection:
    """A conversation in the older tables: a prompt that called a tool, the tool's result, and another prompt."""
    insert(conn, "conversations", id=OLD, name="Old one", model="old-model")
    legacy_response(conn, conversation_id=OLD, response_id="01a", system="be old", prompt="look", response="looking")
    legacy_response(conn, conversation_id=OLD, response_id="01b", prompt="", response="seen")
    legacy_response(
        conn,
        conversation_id=OLD,
        response_id="01c",
        prompt="thanks",
        response="welcome",
        options_json='{"temperature": 0.5}',
    )
    insert(conn, "tools", id=7, hash="h", name="look", description="Looks", input_schema="{}", plugin="eyes")
    insert(conn, "tools", id=8, hash="i", name="own", description="A function", input_schema="{}", plugin=None)
    insert(conn, "tool_responses", tool_id=7, response_id="01a")
    insert(conn, "tool_responses", tool_id=8, response_id="01a")
    insert(
        conn, "tool_calls", id=1, response_id="01a", tool_id=7, name="look", arguments='{"at": "it"}', tool_call_id="c"
    )
    insert(conn, "tool_results", id=1, response_id="01b", tool_id=7, name="look", output="it", tool_call_id="c")
    return conn


CHAIN = [
    system("be old"),
    user("look"),
    assistant("looking", ToolCallPart("look", {"at": "it"}, "c")),
    tool_message(ToolResultPart("look", "it", "c")),
    assistant("seen"),
    user("thanks"),
]


def test_legacy_responses(load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """A conversation of the older tables has its responses in id order, each prompt with the whole chain before it."""
    conversation = load()
    assert (conversation.id, conversation.name, conversation.model) == (OLD, "Old one", models["old-model"])
    assert [response.id for response in conversation.responses] == ["01a", "01b", "01c"]
    assert [response.prompt.messages for response in conversation.responses] == [CHAIN[:2], CHAIN[:4], CHAIN]
    assert conversation.loaded_messages is None


def test_continued_legacy_conversation(
    face: Face, load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection
) -> None:
    """The model sees the legacy history; logging makes a thread of that id which holds the rebuilt chain."""
    response = face.done(load().prompt("now"))
    chain = [*CHAIN, assistant("welcome"), user("now")]
    assert response.prompt.messages == chain
    store = LogStore(Handle(legacy))
    response.log_to_db(Handle(legacy))
    assert store.thread_messages(OLD) == [*chain, assistant("new answer")]
    again = load(None)
    assert again.loaded_messages == store.thread_messages(OLD)
    assert len(again.responses) == 3
    assert face.done(again.prompt("more")).prompt.messages == [*chain, assistant("new answer"), user("more")]


def test_legacy_tools(load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """A legacy conversation brings the plugin tools of its first response, unless the prompt names tools."""
    conversation = load()
    first = conversation.responses[0].prompt.tools
    assert [tool.name for tool in first if tool.plugin] == ["look"]
    assert conversation_tool_specs(conversation, ["other"]) is None


def test_model_and_options_that_are_gone(
    load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection
) -> None:
    """A legacy response whose model or options are not known any more keeps its place in the history."""
    legacy.execute("UPDATE responses SET model = 'gone' WHERE id = '01a'")
    legacy.execute("UPDATE responses SET model = NULL WHERE id = '01b'")
    legacy.execute("""UPDATE responses SET options_json = '{"temperature": 99}' WHERE id = '01c'""")
    legacy.commit()
    responses = load().responses
    assert responses[-1].prompt.messages == CHAIN
    assert {response.model for response in responses} == {models["old-model"]}


def test_damaged_json(load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """Damaged JSON in legacy rows does not keep anybody from going on."""
    legacy.execute("UPDATE responses SET options_json = '{', response_json = '{', prompt_json = 'x'")
    legacy.execute("UPDATE tool_calls SET arguments = '[broken'")
    legacy.commit()
    [_, _, asked, *_] = load().responses[-1].prompt.messages
    assert asked == assistant("looking", ToolCallPart("look", {"_raw": "[broken"}, "c"))


def test_unknown_model(load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """A conversation whose model is not installed raises `UnknownModelError`; a model that is given answers instead."""
    model = models.pop("old-model")
    with pytest.raises(llm.UnknownModelError, match="old-model"):
        load()
    path = legacy.execute("PRAGMA database_list").fetchone()[2]
    given = load_with_model(OLD, model, async_=model._world == "async", database=path)
    assert given is not None
    assert given.model is model
    assert given.responses[-1].prompt.messages == CHAIN


def test_nothing_to_continue(load: Callable[..., Any], models: Registry) -> None:
    """Without an id and without conversations there is None; an unknown id is an error that names it."""
    assert load(None) is None
    with pytest.raises(ConversationNotFoundError, match="nowhere"):
        load("nowhere")


def test_thread_without_turns(load: Callable[..., Any], models: Registry, conn: sqlite3.Connection) -> None:
    """A thread without turns says nothing of a model, so it cannot be continued: an error that names it."""
    LogStore(Handle(conn)).create_thread(id="01empty")
    with pytest.raises(ConversationNotFoundError, match="01empty"):
        load("01empty")


def test_lost_tip(face: Face, load: Callable[..., Any], models: Registry, conn: sqlite3.Connection) -> None:
    """A conversation whose last message is gone does not silently begin anew."""
    conversation = models["old-model"].conversation()
    face.done(response := conversation.prompt("x"))
    response.log_to_db(Handle(conn))
    conn.execute("UPDATE messages SET hash = CAST(hash AS BLOB) WHERE role = 'assistant'")
    conn.commit()
    with pytest.raises(DamagedConversationError, match=f"llm logs show {conversation.id}"):
        load(conversation.id)


def test_names_of_both_generations(load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """Where a conversation is in both generations of tables, the older one says its name and model."""
    insert(legacy, "threads", id=OLD, name="Another name")
    insert(legacy, "turns", id="z", thread_id=OLD, model="unknown-model")
    conversation = load()
    assert (conversation.name, conversation.model) == ("Old one", models["old-model"])


def test_newest_use(face: Face, load: Callable[..., Any], models: Registry, legacy: sqlite3.Connection) -> None:
    """Without an id it is the conversation that was used last, not the one that was made last."""
    conversation = models["old-model"].conversation()
    face.done(response := conversation.prompt("x"))
    response.log_to_db(Handle(legacy))
    assert load(None).id == conversation.id
    legacy_response(legacy, "z-later", conversation_id=OLD)
    assert load(None).id == OLD


def test_newest_of_those_without_turns(load: Callable[..., Any], models: Registry, conn: sqlite3.Connection) -> None:
    """A conversation without a turn counts from when it was made."""
    for conversation_id in ("01c", "01a", "01b"):
        insert(conn, "conversations", id=conversation_id, name=conversation_id, model="old-model")
    assert load(None).id == "01c"


def test_continuing_adds_what_is_new(
    face: Face, load: Callable[..., Any], models: Registry, conn: sqlite3.Connection
) -> None:
    """A continued turn is logged in the same thread, and only its new messages are written."""
    conversation = models["old-model"].conversation()
    face.done(response := conversation.prompt("x", system="s"))
    response.log_to_db(Handle(conn))
    face.done(response := load(conversation.id).prompt("y"))
    response.log_to_db(Handle(conn))
    assert conn.execute("SELECT count(*), count(DISTINCT thread_id) FROM turns").fetchone() == (2, 1)
    assert [role for (role,) in conn.execute("SELECT role FROM messages ORDER BY rowid")] == [
        "system", "user", "assistant", "user", "assistant",
    ]  # fmt: skip


def test_stored_chain(face: Face, load: Callable[..., Any], models: Registry, conn: sqlite3.Connection) -> None:
    """A conversation of the newer tables has its exact chain in `loaded_messages` until a response of it completes."""
    conversation = models["old-model"].conversation()
    face.done(response := conversation.prompt("x", system="s"))
    response.log_to_db(Handle(conn))
    loaded = load(conversation.id)
    assert loaded.responses == []
    assert loaded.loaded_messages == [system("s"), user("x"), assistant("new answer")]
    face.done(loaded.prompt("y"))
    assert loaded.loaded_messages is None
    assert [found.prompt.prompt for found in loaded.responses] == ["y"]
