"""Request bodies for each combination of parts, and of what a prompt may ask for, as the contract states them.

The expectations are written down here once more, rule by rule, so that a change of the builders has to be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.core.tools import Tool
from llm.providers.openai.chat import Chat
from llm.providers.openai.responses import Responses
from tests.providers.openai.wire import prompt_of

Item = dict[str, Any]

PNG = Attachment(type="image/png", content=b"abc")
URL = "data:image/png;base64,YWJj"
THOUGHT = {"id": "rs_1", "encrypted_content": "E1", "summary": [{"type": "summary_text", "text": "Hm"}]}

PARTS: dict[str, Callable[[], Part]] = {
    "reasoning": lambda: ReasoningPart("Hm", provider_metadata={"openai": dict(THOUGHT)}),
    "text": lambda: TextPart("Hello"),
    "more text": lambda: TextPart(" world"),
    "attachment": lambda: AttachmentPart(PNG),
    "call": lambda: ToolCallPart("add", {"a": 6, "b": 7}, "call_1"),
    "server call": lambda: ToolCallPart("web_search", {}, "ws_1", server_executed=True),
    "result": lambda: ToolResultPart("add", "13", "call_1"),
    "server result": lambda: ToolResultPart("web_search", "[]", "ws_1", server_executed=True),
}
ROLES = ("user", "assistant", "system", "tool", "developer")
SUBSETS = [names for count in range(len(PARTS) + 1) for names in combinations(PARTS, count)]
ARGUMENTS = '{"a": 6, "b": 7}'


def text_of(names: tuple[str, ...]) -> str | None:
    found = [text for name, text in (("text", "Hello"), ("more text", " world")) if name in names]
    return "".join(found) if found else None


def chat_messages(role: str, names: tuple[str, ...]) -> Iterator[Item]:
    """What Chat Completions gets for one message."""
    if role == "tool":  # one message for each result and nothing else
        if "result" in names:
            yield {"role": "tool", "tool_call_id": "call_1", "content": "13"}
        return
    text = text_of(names)
    function = {"name": "add", "arguments": ARGUMENTS}
    calls = [{"type": "function", "id": "call_1", "function": function}] if "call" in names else []
    content: Any = text
    if "attachment" in names and (text is not None or not calls):  # calls without text leave no room for them
        image = {"type": "image_url", "image_url": {"url": URL}}
        content = [image] if text is None else [{"type": "text", "text": text}, image]
    if content is None and not calls:
        return  # nothing to say: some servers refuse empty messages
    yield {"role": role, "content": content, **({"tool_calls": calls} if calls else {})}


def responses_items(role: str, names: tuple[str, ...]) -> Iterator[Item]:
    """What the Responses API gets for one message."""
    if role == "system":
        return  # it becomes the instructions
    if "reasoning" in names:  # it stands first in these messages, and keeps its place
        yield {"type": "reasoning", **THOUGHT}
    text = text_of(names)
    if role == "user" and "attachment" in names:
        opening = [] if text is None else [{"type": "input_text", "text": text}]
        yield {"role": "user", "content": [*opening, {"type": "input_image", "image_url": URL}]}
    elif role in {"user", "assistant"} and text is not None:
        yield {"role": role, "content": text}
    if role == "assistant" and "call" in names:
        yield {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": ARGUMENTS}
    if role == "tool" and "result" in names:
        yield {"type": "function_call_output", "call_id": "call_1", "output": "13"}


def message(role: str, names: tuple[str, ...]) -> Message:
    return Message(role, [PARTS[name]() for name in names])


@pytest.mark.parametrize("role", ROLES)
def test_chat_messages(role: str) -> None:
    """Each set of parts, in each role, becomes the messages that the rules of Chat Completions say."""
    for names in SUBSETS:
        built = Chat("m").build_messages(prompt_of(message(role, names)), None)
        # A system message is compared with the last one; the first has nothing to repeat.
        assert built == list(chat_messages(role, names)), (role, names)


@pytest.mark.parametrize("role", ROLES)
def test_responses_items(role: str) -> None:
    """Each set of parts, in each role, becomes the items that the rules of the Responses API say."""
    for names in SUBSETS:
        items, instructions = Responses("m")._build_responses_input(prompt_of(message(role, names)))
        assert items == list(responses_items(role, names)), (role, names)
        assert instructions == (text_of(names) if role == "system" else None)


# What a prompt may ask for

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = Tool(name="add", description="Add", input_schema={"type": "object", "properties": {}})
UNDESCRIBED = Tool(name="now", description="", input_schema={})
OPTIONS: dict[str, Any] = {
    "temperature": 0.5,
    "max_tokens": 9,
    "json_object": True,
    "reasoning_effort": "low",
    "reasoning_summary": "detailed",
    "verbosity": "high",
    "image_detail": "low",
    "service_tier": "flex",
}
OPTION_SETS = [names for count in range(len(OPTIONS) + 1) for names in combinations(OPTIONS, count)]


def chat_arguments(given: Item, *, schema: bool, tools: bool, stream: bool) -> Item:
    """What goes beside model, messages and stream into a Chat Completions request."""
    dropped = {"json_object", "reasoning_summary", "image_detail"}
    body = {name: value for name, value in given.items() if name not in dropped}
    if schema:  # it replaces the JSON mode
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "output", "schema": SCHEMA}}
    elif "json_object" in given:
        body["response_format"] = {"type": "json_object"}
    if tools:
        described: Item = {"name": "add", "description": "Add", "parameters": TOOL.input_schema}
        undescribed: Item = {"name": "now", "description": None, "parameters": {}}
        body["tools"] = [{"type": "function", "function": function} for function in (described, undescribed)]
    if stream:
        body["stream_options"] = {"include_usage": True}
    return body


@pytest.mark.parametrize(("schema", "tools", "stream"), list(product([False, True], repeat=3)))
def test_chat_arguments(schema: bool, tools: bool, stream: bool) -> None:
    """Each set of options, with and without schema, tools and streaming, becomes the arguments that the rules say."""
    model = Chat("m", reasoning=True, verbosity=True, service_tier=True)
    wanted = {"schema": SCHEMA if schema else None, "tools": [TOOL, UNDESCRIBED] if tools else []}
    for names in OPTION_SETS:
        given = {name: OPTIONS[name] for name in names}
        built = model.build_kwargs(prompt_of(options=given, **wanted), stream)
        assert built == chat_arguments(given, schema=schema, tools=tools, stream=stream), names


def responses_arguments(given: Item, *, schema: bool, tools: bool, hidden: bool) -> Item:
    """The same for a reasoning model of the Responses API; it does not depend on streaming."""
    body: Item = {name: given[name] for name in ("temperature", "service_tier") if name in given}
    if "max_tokens" in given:
        body["max_output_tokens"] = given["max_tokens"]
    reasoning = {} if hidden else {"summary": given.get("reasoning_summary", "auto")}
    if "reasoning_effort" in given:
        reasoning["effort"] = given["reasoning_effort"]
    if reasoning:
        body["reasoning"] = reasoning
    text: Item = {"verbosity": given["verbosity"]} if "verbosity" in given else {}
    if schema:
        text["format"] = {"type": "json_schema", "name": "output", "schema": SCHEMA, "strict": False}
    elif "json_object" in given:
        text["format"] = {"type": "json_object"}
    if text:
        body["text"] = text
    if tools:
        body["tools"] = [
            {"type": "function", "name": "add", "description": "Add", "parameters": TOOL.input_schema},
            {"type": "function", "name": "now", "description": None, "parameters": {}},
        ]
    return {**body, "instructions": "Be brief", "store": False, "include": ["reasoning.encrypted_content"]}


@pytest.mark.parametrize(("schema", "tools", "hidden"), list(product([False, True], repeat=3)))
def test_responses_arguments(schema: bool, tools: bool, hidden: bool) -> None:
    """Each set of options, with and without schema, tools and hidden reasoning, becomes what the rules say."""
    model = Responses("m", reasoning=True, verbosity=True, service_tier=True)
    wanted = {"schema": SCHEMA if schema else None, "tools": [TOOL, UNDESCRIBED] if tools else []}
    for names in OPTION_SETS:
        given = {name: OPTIONS[name] for name in names}
        prompt = prompt_of(options=given, hide_reasoning=hidden, **wanted)
        built = model._finalize_responses_kwargs(prompt, True, "Be brief")
        assert built == responses_arguments(given, schema=schema, tools=tools, hidden=hidden), names
