"""Records of turns as JSON, for keeping a turn outside the tables of the log until it can be written there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from llm.core.events import StreamEvent
from llm.core.fragments import Fragment
from llm.core.history import History, extend
from llm.core.messages import Message
from llm.core.records import OfferedTool, ToolInstance, TurnRecord
from llm.core.server_tools import ServerSideTool
from llm.core.tools import Tool
from llm.core.usage import Usage
from llm.store.plain import json_text, plain_message, plain_value

# Fields whose JSON form is their value.
_SIMPLE = (
    "id", "thread_id", "name_source", "model", "resolved_model", "options", "schema", "duration_ms", "datetime_utc",
    "state", "error",
)  # fmt: skip
_EVENT_FIELDS = (
    "type", "part_index", "tool_call_id", "server_executed", "tool_name", "redacted", "provider_metadata",
    "message_index",
)  # fmt: skip
_event_identity = attrgetter(*_EVENT_FIELDS)


def record_text(record: TurnRecord, *, is_stored: Callable[[str], bool] | None = None) -> str:
    """Return a record as one line of JSON.

    `is_stored` tells of a hash whether the database has that message, which is then referred to instead of repeated.
    Raises `RecursionError` for options that contain themselves.
    """
    parent, messages = _input_form(record.input, is_stored)
    form = {name: getattr(record, name) for name in _SIMPLE}
    form.update(
        parent=parent,
        response_json=_payload(record.response_json),
        input=messages,
        output=[_message_form(message) for message in record.output],
        results=[_message_form(message) for message in record.results],
        usage=[record.usage.input, record.usage.output, record.usage.details],
        tools=[[_tool_form(offered.tool), _instance_form(offered.instance)] for offered in record.tools],
        fragments=[[fragment, getattr(fragment, "source", None)] for fragment in record.fragments],
        system_fragments=[[fragment, getattr(fragment, "source", None)] for fragment in record.system_fragments],
        instantiations={call_id: _instance_form(instance) for call_id, instance in record.instantiations.items()},
    )
    return json.dumps(plain_value(form))


def record_of(text: str, load: Callable[[str], History | None]) -> TurnRecord:
    """Return the record that `record_text` made a text of; `load` returns the stored history that ends with a hash.

    Raises `ValueError` if the text is damaged.
    """
    try:
        form = json.loads(text)
        parent = load(form["parent"]) if form["parent"] else None
        return TurnRecord(
            **{name: form[name] for name in (*_SIMPLE, "response_json")},
            input=extend(parent, _messages(form["input"])),
            output=tuple(_messages(form["output"])),
            results=tuple(_messages(form.get("results", ()))),
            usage=Usage(*form["usage"]),
            tools=[OfferedTool(_tool(tool), _instance(instance)) for tool, instance in form["tools"]],
            fragments=[_fragment(*fragment) for fragment in form["fragments"]],
            system_fragments=[_fragment(*fragment) for fragment in form["system_fragments"]],
            instantiations={call_id: ToolInstance(**form) for call_id, form in form["instantiations"].items()},
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"This is not the record of a turn: {error!r}") from error


def events_text(events: Iterable[StreamEvent]) -> str:
    """Return events as JSON; what follows each other and differs in its text only becomes one."""
    forms = []
    for identity, group in groupby(events, _event_identity):
        form = {name: value for name, value in zip(_EVENT_FIELDS, identity, strict=True) if value not in (None, False)}
        forms.append({**form, "chunk": "".join([event.chunk for event in group])})
    return json_text(forms)


def events_of(text: str) -> list[StreamEvent]:
    """Return the events of a text that `events_text` made. Raises `ValueError` if it is damaged."""
    try:
        return [StreamEvent(**form) for form in json.loads(text)]
    except (TypeError, RecursionError) as error:
        raise ValueError(f"These are not events of a turn: {error}") from error


class _LoggedServerTool(ServerSideTool):
    """A server-side tool as far as the log knows it."""

    def __init__(self, name: str, description: str | None, input_schema: dict[str, Any], plugin: str | None) -> None:
        super().__init__()
        self.name = name
        self.input_schema = input_schema
        self.plugin = plugin
        self._description = description

    @property
    def description(self) -> str | None:
        """What the class of the tool said."""
        return self._description


def _input_form(
    history: History | None, is_stored: Callable[[str], bool] | None
) -> tuple[str | None, list[Mapping[str, Any]]]:
    """Return the hash of the newest message that is stored, and the forms of those after it."""
    newer: list[Mapping[str, Any]] = []
    while history is not None:
        if is_stored is not None and history.stored_hash is not None and is_stored(history.stored_hash):
            return history.stored_hash, newer[::-1]
        newer.append(_message_form(history.message))
        history = history.parent
    return None, newer[::-1]


def _payload(value: Any) -> Any:
    """Return the provider's payload, or None where JSON cannot express it: the turn matters more."""
    try:
        return plain_value(value)
    except RecursionError:
        return None


def _message_form(message: Message) -> Mapping[str, Any]:
    return plain_message(message).to_dict()


def _messages(forms: Iterable[Any]) -> list[Message]:
    return [Message.from_dict(form) for form in forms]


def _fragment(content: str, source: str | None) -> str:
    return content if source is None else Fragment(content, source)


def _tool_form(tool: Tool | ServerSideTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.input_schema,
        "plugin": tool.plugin,
        "server_side": isinstance(tool, ServerSideTool),
    }


def _tool(form: Mapping[str, Any]) -> Tool | ServerSideTool:
    values = {**form}
    return _LoggedServerTool(**values) if values.pop("server_side") else Tool(**values)


def _instance_form(instance: ToolInstance | None) -> dict[str, Any] | None:
    if instance is None:
        return None
    return {"name": instance.name, "plugin": instance.plugin, "arguments": instance.arguments}


def _instance(form: Mapping[str, Any] | None) -> ToolInstance | None:
    return None if form is None else ToolInstance(**form)
