"""One side of the comparison: runs under whichever `llm` its interpreter has, and uses nothing but the public API.

python side.py write DATABASE       log one of everything
python side.py continue DATABASE    load the newest conversation, as `llm -c` does, and log one more turn
python side.py read DATABASE        print what the store reads back, as JSON
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import sqlite_utils

import llm
from llm.cli import load_conversation
from llm.logs import LogStore, log_row_extras, merged_log_rows
from llm.parts import StreamEvent

LONG = "The same sentence again and again, until it is long enough to be worth a reference. "
Script = list[Any]  # events and functions of the response


class Scripted(llm.Model):
    """A model that does what `script` says, one entry a call."""

    model_id = "interop-model"
    can_stream = True
    supports_tools = True
    supports_schema = True
    attachment_types = {"image/png", "text/plain"}  # noqa: RUF012 -- an attribute of the base class
    json_replacements: ClassVar[dict[str, Any]] = {"greeting": "A greeting that this provider puts into every payload"}
    script: ClassVar[list[Script]] = []

    class Options(llm.Options):
        """Two options."""

        temperature: float | None = None
        loud: bool | None = None

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None
    ) -> Iterator[str | StreamEvent]:
        """Yield the events of the next entry."""
        for step in self.script.pop(0):
            if callable(step):
                step(response)
            else:
                yield step


class Plugin:
    """Registers the model."""

    @llm.hookimpl
    def register_models(self, register: Callable[..., None]) -> None:
        """Register it."""
        register(Scripted())


class Box(llm.Toolbox):
    """A toolbox with a configuration."""

    plugin = "interop"

    def __init__(self, root: str, depth: int = 2) -> None:
        self.root = root

    def look(self, name: str) -> str:
        """Look something up. The description is long enough that a payload will refer to it by its name."""
        return f"{self.root}/{name}: {LONG}"


def show(color: str) -> Any:
    """Show a picture."""
    return llm.ToolOutput(output=color, attachments=[llm.Attachment(type="image/png", content=color.encode())])


def fail() -> str:
    """Fail."""
    raise ValueError("no luck")


def event(kind: str, chunk: str, **more: Any) -> StreamEvent:
    """Return an event."""
    return StreamEvent(type=kind, chunk=chunk, **more)


def finishing(**payload: Any) -> Callable[[Any], None]:
    """Return a step that sets usage, resolved model and payload."""

    def finish(response: Any) -> None:
        response.set_usage(input=10, output=5, details={"cached": {"n": 3}})
        response.set_resolved_model("interop-model-1")
        response.response_json = {"hello": Scripted.json_replacements["greeting"], **payload}

    return finish


def calling(*calls: tuple[str, dict[str, Any], str]) -> Callable[[Any], None]:
    """Return a step that asks for tool calls."""

    def ask(response: Any) -> None:
        for name, arguments, call_id in calls:
            response.add_tool_call(llm.ToolCall(name, arguments, call_id))

    return ask


def write(database: Path) -> None:
    """Log one of everything: each entry below is a conversation."""
    db = sqlite_utils.Database(database)
    folder = database.parent
    model = llm.get_model("interop-model")
    _text_reasoning_and_server_tools(model, db, folder)
    _tools(model, db)
    _messages_given(model, db)
    _conversation(model, db)
    db.conn.close()


def _text_reasoning_and_server_tools(model: Any, db: Any, folder: Path) -> None:
    model.script = [
        [
            event("reasoning", "", redacted=True, provider_metadata={"p": {"blob": "B" * 80}}),
            event("reasoning", LONG),
            event("tool_call_name", "web", tool_call_id="s1", server_executed=True),
            event("tool_call_args", json.dumps({"z": LONG, "a": [1.5, None, "é"]}), tool_call_id="s1",
                  server_executed=True),
            event("tool_result", LONG * 2, tool_call_id="s1", server_executed=True, tool_name="web"),
            event("text", LONG),
            finishing(text=LONG * 2, encrypted="B" * 80, marker={"$": "not a reference"},
                      arguments=json.dumps({"z": LONG, "a": [1.5, None, "é"]})),
        ]
    ]  # fmt: skip
    (folder / "note.txt").write_text("a text file\n")
    response = model.prompt(
        "Who?",
        system="Be brief.",
        fragments=[llm.Fragment("first fragment", "/f1"), llm.Fragment("second\n", "https://example.com/f2"), "third"],
        system_fragments=[llm.Fragment("about you", "s")],
        attachments=[
            llm.Attachment(type="image/png", content=b"abc"),
            llm.Attachment(path=str(folder / "note.txt")),
            llm.Attachment(type="image/png", url="https://example.com/a.png"),
            llm.Attachment(type="image/png", content=b"abc"),
        ],
        schema={"type": "object", "properties": {"name": {"type": "string"}, "née": {"type": "integer"}}},
        temperature=0.5,
        loud=True,
    )
    response.text()
    response.log_to_db(db)


def _tools(model: Any, db: Any) -> None:
    box = Box("/data")
    model.script = [
        [
            event("text", "Let me see."),
            calling(("Box_look", {"name": "x"}, "c1"), ("show", {"color": "red"}, "c2"), ("fail", {}, "c3")),
            finishing(tools=[tool.description for tool in box.tools()]),
        ],
        [event("text", "Done."), finishing(n=1)],
    ]
    chain = model.chain("Use the tools", tools=[box, show, fail], fragments=["shared by the rounds"])
    chain.text()
    chain.log_to_db(db)


def _messages_given(model: Any, db: Any) -> None:
    model.script = [[event("text", "ok"), finishing()]]
    history = [
        llm.system("Old rules."),
        llm.user("first", "in two parts"),
        llm.assistant("answer", provider_metadata={"p": {"id": "r1"}}),
        llm.user("more about second\n and third"),
        llm.assistant(),
    ]
    response = model.prompt("Again", messages=history, fragments=["third", "third", ""])
    response.text()
    response.log_to_db(db)


def _conversation(model: Any, db: Any) -> None:
    conversation = model.conversation()
    for number in range(3):
        model.script = [[event("text", f"answer {number}"), finishing(n=number)]]
        response = conversation.prompt(
            f"question {number}\nwith a second line", system="Count." if not number else None
        )
        response.text()
        response.log_to_db(db)


def go_on(database: Path) -> None:
    """Continue the newest conversation by one turn."""
    conversation: Any = load_conversation(None, database=str(database))
    conversation.model.script = [[event("text", "continued"), finishing(again=True)]]
    response = conversation.prompt("and on")
    response.text()
    db = sqlite_utils.Database(database)
    response.log_to_db(db)
    db.conn.close()


def read(database: Path) -> None:
    """Print everything the store can say."""
    db = sqlite_utils.Database(database)
    store = LogStore(db)
    rows = merged_log_rows(store)
    found = {
        "verify": store.verify(),
        "threads": [
            [message.to_dict() for message in store.thread_messages(thread)]
            for (thread,) in db.execute("SELECT id FROM threads ORDER BY id").fetchall()
        ],
        "payloads": [store.turn_response_json(row["id"]) for row in rows],
        "rows": [_public(row) for row in rows],
        "extras": [log_row_extras(store, row) for row in rows],
        "found": [row["id"] for row in merged_log_rows(store, query="question")],
        "tree": list(db.execute("SELECT * FROM message_tree")),
        "conversation": _loaded(database),
    }
    print(json.dumps(found, default=str))
    db.conn.close()


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith("_")}


def _loaded(database: Path) -> dict[str, Any]:
    conversation: Any = load_conversation(None, database=str(database))
    return {
        "id": conversation.id,
        "name": conversation.name,
        "model": conversation.model.model_id,
        "messages": [message.to_dict() for message in conversation.loaded_messages],
        "tools": conversation.loaded_tools,
    }


if __name__ == "__main__":
    os.environ["LLM_LOAD_PLUGINS"] = ""
    llm.pm.register(Plugin(), name="interop")
    {"write": write, "continue": go_on, "read": read}[sys.argv[1]](Path(sys.argv[2]))
