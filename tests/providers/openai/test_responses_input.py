"""Messages in the form of the Responses API."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.attachments import Attachment
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.providers.openai.responses import Responses
from tests.providers.openai.wire import prompt_of

PNG = Attachment(type="image/png", content=b"abc")
CALL = ToolCallPart("f", {"a": 1}, "c1")
CALL_ITEM = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": 1}'}
SEARCH = ToolCallPart("web_search", {}, "ws_1", server_executed=True)
FOUND = ToolResultPart("web_search", "completed", "ws_1", server_executed=True)


def thought(name: str, **metadata: Any) -> ReasoningPart:
    """A reasoning part, and by its name the ciphertext that came with it."""
    return ReasoningPart(
        "thought", provider_metadata={"openai": {"id": f"rs_{name}", "encrypted_content": name, **metadata}}
    )


def thought_item(name: str, summary: Any = ()) -> dict[str, Any]:
    return {"type": "reasoning", "id": f"rs_{name}", "encrypted_content": name, "summary": list(summary)}


def items(*messages: Any, **arguments: Any) -> Any:
    return Responses("m")._build_responses_input(prompt_of(*messages), **arguments)[0]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (llm.user("a", "b"), [{"role": "user", "content": "ab"}]),
        (llm.user(""), [{"role": "user", "content": ""}]),
        (llm.user(), []),
        (llm.assistant("a", PNG), [{"role": "assistant", "content": "a"}]),
        (llm.assistant("a", CALL), [{"role": "assistant", "content": "a"}, CALL_ITEM]),
        (llm.assistant(), []),
        (
            llm.Message("tool", [TextPart("x"), ToolResultPart("f", "out", "c1"), FOUND]),
            [{"type": "function_call_output", "call_id": "c1", "output": "out"}],
        ),
        (llm.Message("developer", [TextPart("x")]), []),
        (llm.assistant("before", SEARCH, FOUND), [{"role": "assistant", "content": "before"}]),
    ],
)
def test_one_message(message: Any, expected: list[dict[str, Any]]) -> None:
    """Texts, calls and results have their items; what the provider executed and other roles have none."""
    assert items(message) == expected


def test_attachments() -> None:
    """A user's attachments follow the text, with the level of detail as plain text."""
    image = {"type": "input_image", "image_url": "data:image/png;base64,YWJj", "detail": "low"}
    assert items(llm.user(PNG, "look"), image_detail="low") == [
        {"role": "user", "content": [{"type": "input_text", "text": "look"}, image]}
    ]
    assert items(llm.user(PNG))[0]["content"] == [{"type": "input_image", "image_url": image["image_url"]}]


def test_instructions() -> None:
    """The last system prompt with text becomes the instructions; none of them is an item."""
    chain = [llm.system("a"), llm.user("x"), llm.system("b"), llm.system("")]
    assert Responses("m")._build_responses_input(prompt_of(*chain)) == ([{"role": "user", "content": "x"}], "b")
    assert Responses("m")._build_responses_input(prompt_of(llm.user("x")))[1] is None


def test_reasoning_keeps_its_place() -> None:
    """Reasoning is sent back where it was, with what it came with; the texts around it stay apart."""
    summary = [{"type": "summary_text", "text": "s"}]
    message = llm.assistant(thought("a", summary=summary), "one", thought("b"), CALL, "two", "three")
    assert items(message) == [
        thought_item("a", summary), {"role": "assistant", "content": "one"}, thought_item("b"), CALL_ITEM,
        {"role": "assistant", "content": "twothree"},
    ]  # fmt: skip


def test_unencrypted_reasoning() -> None:
    """Reasoning of which only the id is known is not sent back, as the API does not know it; it splits no text."""
    known_by_id = ReasoningPart("x", provider_metadata={"openai": {"id": "rs_1", "summary": []}})
    other = ReasoningPart("x", provider_metadata={"anthropic": {"encrypted_content": "E"}})
    message = llm.assistant(ReasoningPart("x"), "one", known_by_id, other, "two")
    assert items(message) == [{"role": "assistant", "content": "onetwo"}]


def test_reasoning_without_id() -> None:
    """The ciphertext is enough."""
    part = ReasoningPart("", redacted=True, provider_metadata={"openai": {"encrypted_content": "E"}})
    assert items(llm.assistant(part, "x"))[0] == {"type": "reasoning", "encrypted_content": "E", "summary": []}


def test_history_of_a_server_executed_step() -> None:
    """The texts around a server-executed step are all that is sent of it."""
    chain = [llm.user("q"), llm.assistant("before", SEARCH, FOUND), llm.assistant("after"), llm.user("next")]
    assert [(item["role"], item["content"]) for item in items(*chain)] == [
        ("user", "q"), ("assistant", "before"), ("assistant", "after"), ("user", "next")
    ]  # fmt: skip
