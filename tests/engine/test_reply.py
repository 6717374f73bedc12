"""`reply()`: the next turn after a response."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from tests.engine.faces import Face
from tests.engine.script import Settings

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")
CALL = llm.ToolCall("add", {"a": 1}, "i")


def add(a: int = 0) -> str:
    return str(a + 1)


def reply_to(face: Face, response: Any, *arguments: Any, **named: Any) -> Any:
    return face.get(face.done(response).reply(*arguments, **named))


def test_without_arguments(face: Face) -> None:
    """Without tool calls and arguments, the chain is input plus output."""
    reply = reply_to(face, face.model(["a"], ["b"]).prompt("x", system="s"))
    assert type(reply) is face.response_class
    assert reply.prompt.messages == [system("s"), user("x"), assistant("a")]
    assert face.text(reply) == "b"


def test_the_order_of_the_chain(face: Face) -> None:
    """Input, output, tool message, user message of attachments, user message with the prompt, then `messages`.

    The parts of the tool message do not carry the attachments.
    """
    results = [llm.ToolResult("add", "2", [PICTURE], "i"), llm.ToolResult("add", "3", exception=ValueError("no"))]
    reply = reply_to(
        face,
        face.model(["a", CALL]).prompt("x", tools=[add]),
        "more",
        messages=[user("even more")],
        tool_results=results,
    )
    assert reply.prompt.messages == [
        user("x"),
        assistant("a", ToolCallPart("add", {"a": 1}, "i")),
        tool_message(ToolResultPart("add", "2", "i"), ToolResultPart("add", "3", exception="ValueError: no")),
        user(PICTURE),
        user("more"),
        user("even more"),
    ]


def test_what_the_reply_is(face: Face) -> None:
    """The reply is not tied to the conversation; its prompt text is empty and its `tool_results` are empty.

    Options, schema, key, stream, `hide_reasoning` and the raw system text are not inherited; the system message is.
    """
    model = face.key_model(["a"], Options=Settings)
    conversation = model.conversation()
    response = conversation.prompt(
        "x", system="s", temperature=1, schema={"type": "object"}, key="k", hide_reasoning=True, stream=False
    )
    reply = reply_to(face, response, "more", tool_results=[llm.ToolResult("t", "1")])
    prompt = reply.prompt
    assert (reply.conversation, prompt.prompt, prompt.tool_results) == (None, "", [])
    assert (prompt._system, prompt.schema, prompt.hide_reasoning, prompt.options.temperature) == (
        None,
        None,
        False,
        None,
    )
    assert (reply._key, reply.stream) == (None, True)
    assert prompt.messages[0] == system("s")


def test_pending_calls_are_executed(face: Face) -> None:
    """Registered calls are executed first, and the tools are passed on."""
    reply = reply_to(face, face.model([CALL], ["b"]).prompt("x", tools=[add]), "more")
    assert reply.prompt.messages[2:] == [tool_message(ToolResultPart("add", "2", "i")), user("more")]
    assert [tool.name for tool in reply.prompt.tools] == ["add"]


def test_given_results_skip_execution(face: Face) -> None:
    """A list of results, made up or empty, skips the execution."""
    ran: list[int] = []
    response = face.model([CALL]).prompt("x", tools=[llm.Tool("add", implementation=lambda a: ran.append(a))])
    made_up = [llm.ToolResult("add", "made up", tool_call_id="i")]
    assert reply_to(face, response, tool_results=made_up).prompt.messages[2:] == [
        tool_message(ToolResultPart("add", "made up", "i"))
    ]
    assert len(reply_to(face, response, tool_results=[]).prompt.messages) == 2
    assert ran == []


def test_other_tools(face: Face) -> None:
    """`tools=` replaces the tools, and supplies the implementations; an iterator will do."""
    response = face.model([CALL]).prompt("x", tools=[add])
    other = llm.Tool("add", implementation=lambda a: f"other {a}")
    reply = reply_to(face, response, tools=iter([other]))
    assert reply.prompt.tools == [other]
    assert reply.prompt.messages[2].parts[0].output == "other 1"
    reply = reply_to(face, response, tools=[])
    assert reply.prompt.tools == []
    assert reply.prompt.messages[2].parts[0].output == 'Error: tool "add" does not exist'


def test_a_rehydrated_response(face: Face) -> None:
    """A response read from a dictionary has calls but no tools: `tools=` brings the implementations."""
    data = face.done(face.model([CALL]).prompt("x", tools=[add])).to_dict()
    model = face.model(["b"])
    response = face.response_class.from_dict(data, model=model)
    reply = face.get(response.reply("more", tools=[add]))
    assert face.text(reply) == "b"
    assert reply.prompt.messages == [
        user("x"),
        assistant(ToolCallPart("add", {"a": 1}, "i")),
        tool_message(ToolResultPart("add", "2", "i")),
        user("more"),
    ]


def test_hooks_are_used_and_handed_on(face: Face) -> None:
    """reply() uses the response's hooks, and hands them to the new response."""
    seen: list[str] = []
    conversation = face.model([CALL], ["b"]).conversation(
        tools=[add], before_call=lambda *_: seen.append("before"), after_call=lambda *_: seen.append("after")
    )
    response = conversation.prompt("x")
    reply = reply_to(face, response)
    assert seen == ["before", "after"]
    assert (reply.before_call, reply.after_call) == (response.before_call, response.after_call)


def test_options_and_other_keywords(face: Face) -> None:
    """`options=` and loose keywords go to prompt(): options or any of its arguments."""
    model = face.key_model(["a"], ["b"], Options=Settings)
    reply = reply_to(
        face, model.prompt("x", key="k"), "more", options={"temperature": 1}, effort="low", key="k2", system="s",
        schema={"type": "object"}, attachments=[PICTURE], stream=False,
    )  # fmt: skip
    assert (reply.prompt.options.temperature, reply.prompt.options.effort.value) == (1.0, "low")
    assert (reply._key, reply.stream, reply.prompt._system, reply.prompt.schema) == (
        "k2",
        False,
        "s",
        {"type": "object"},
    )
    assert reply.prompt.messages == [user("x"), assistant("a"), user("more"), user(PICTURE)]
    with pytest.raises(TypeError, match="both in options="):
        reply_to(face, model.prompt("x", key="k"), options={"temperature": 1}, temperature=1)


def test_a_reply_goes_through_the_models_prompt(face: Face) -> None:
    """reply() calls `model.prompt(messages=, options=, ...)` and returns what it returns: a plugin's own is called."""
    model = face.model(["a"])
    response = face.done(model.prompt("x"))
    asked: list[Any] = []
    other = face.model().prompt("other")

    def prompt(*given: Any, **named: Any) -> Any:
        asked.append((given, named))
        return other

    assert face.get(response.reply("y")).prompt.history.parent is response._history_now()
    model.prompt = prompt
    assert face.get(response.reply("y", options={}, stream=False)) is other
    [(given, named)] = asked
    assert given == ()
    assert (named["messages"], named["options"], named["stream"]) == ([user("x"), assistant("a"), user("y")], {}, False)


def test_replies_to_replies(face: Face) -> None:
    """A reply can be replied to; the chain grows."""
    reply = reply_to(face, face.model(["a"], ["b"]).prompt("x"), "y")
    again = reply_to(face, reply, "z")
    assert again.prompt.messages == [user("x"), assistant("a"), user("y"), assistant("b"), user("z")]


def test_a_blocking_response_is_run(face: Face) -> None:
    """A blocking response is run by reply(); an async one has to be finished before."""
    response = face.model(["a"]).prompt("x")
    if face.is_async:
        with pytest.raises(ValueError, match="await"):
            face.get(response.reply())
    else:
        assert response.reply().prompt.messages == [user("x"), assistant("a")]


def test_a_fake_can_be_replied_to(face: Face) -> None:
    """A fake answers like any finished response."""
    reply = face.get(face.response_class.fake(face.model(["b"]), "x", "s", "a").reply("y"))
    assert reply.prompt.messages == [system("s"), user("x"), assistant("a"), user("y")]
