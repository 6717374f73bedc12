"""Pausing a chain from inside a tool, and resuming it from the messages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llm
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import Part, ToolCallPart, ToolResultPart
from llm.engine.chain_flow import unresolved_calls
from tests.engine.faces import AsyncFace, Face
from tests.engine.script import Settings

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")


class Approval(llm.PauseChain):
    """Pauses are subclassed with a constructor that does not call the base's."""

    def __init__(self, question: str) -> None:
        self.question = question


def pauses(*_: Any, **__: Any) -> str:
    raise Approval("may I?")


def call(name: str, call_id: str | None = None, **arguments: Any) -> llm.ToolCall:
    return llm.ToolCall(name, arguments, call_id or f"id-{name}")


def tools_of(**implementations: Any) -> list[llm.Tool]:
    return [llm.Tool(name, implementation=implementation) for name, implementation in implementations.items()]


def test_a_fresh_pause() -> None:
    """`PauseChain(*args)` has `tool_call = None` and `tool_results = []`."""
    pause = llm.PauseChain("a", 1)
    assert (pause.args, pause.tool_call, pause.tool_results) == (("a", 1), None, [])
    assert (Approval("?").tool_call, Approval("?").tool_results) == (None, [])


def test_a_pause_leaves_the_chain(face: Face) -> None:
    """The very exception leaves the chain, with the paused call and the results of the calls that completed.

    Later calls do not start, no `after_call` runs for the paused one, and the model is not asked again.
    """
    hooks: list[str] = []
    paused = call("ask")
    model = face.model(["a", call("one"), paused, call("two")], ["b"])
    chain = model.chain(
        "x", tools=tools_of(one=lambda: "1", ask=pauses, two=lambda: hooks.append("ran two")),
        after_call=face.hook(lambda tool, *_: hooks.append(tool.name)),
    )  # fmt: skip
    with pytest.raises(Approval) as caught:
        face.text(chain)
    assert caught.value.question == "may I?"
    assert caught.value.tool_call is paused
    assert caught.value.tool_results == [llm.ToolResult("one", "1", tool_call_id="id-one")]
    assert hooks == ["one"]
    assert len(model.script.calls) == 1


def test_the_round_that_paused_counts(face: Face) -> None:
    """The round that asked for the paused call is complete: in `_responses` and in the conversation."""
    chain = face.model(["a", call("ask")]).chain("x", tools=tools_of(ask=pauses))
    with pytest.raises(llm.PauseChain):
        face.text(chain)
    assert [response._text_now() for response in chain._responses] == ["a"]
    assert chain.conversation.responses == chain._responses


def test_a_pause_leaves_responses(face: Face) -> None:
    """The pause comes out of responses() when the consumer asks for the next round."""
    chain = face.model(["a", call("ask")]).chain("x", tools=tools_of(ask=pauses))
    rounds = face.each(chain.responses())
    assert face.text(next(rounds)) == "a"
    with pytest.raises(Approval):
        next(rounds)


def test_a_pause_leaves_execute_tool_calls_and_reply(face: Face) -> None:
    """The pause propagates through execute_tool_calls() and reply()."""
    paused = call("ask")
    response = face.done(face.model([paused]).prompt("x", tools=tools_of(ask=pauses)))
    for method in (response.execute_tool_calls, response.reply):
        with pytest.raises(Approval) as caught:
            face.get(method())
        assert caught.value.tool_call is paused


@pytest.mark.parametrize("where", ["before_call", "after_call"])
def test_a_pause_from_a_hook(face: Face, where: str) -> None:
    """A pause raised by a hook is a pause at that call, attributes set; the paused call has no result."""
    ran: list[str] = []

    def pause(tool: Any, asked: Any, *_: Any) -> None:
        if asked.name == "b":
            raise Approval("may I?")

    tools = tools_of(a=lambda: "1", b=lambda: ran.append("b"), c=lambda: ran.append("c"))
    response = face.done(face.model([call("a"), call("b"), call("c")]).prompt("x", tools=tools))
    with pytest.raises(Approval) as caught:
        face.get(response.execute_tool_calls(**{where: face.hook(pause)}))
    assert caught.value.tool_call is not None
    assert caught.value.tool_call.name == "b"
    assert [result.name for result in caught.value.tool_results] == ["a"]
    assert ran == ([] if where == "before_call" else ["b"])


def test_siblings_of_a_paused_task(on_loop: AsyncFace) -> None:
    """In async code running siblings finish with their hooks; the pause of the earliest call is raised."""
    hooks: list[str] = []

    async def slow(label: str) -> str:
        for _ in range(4):
            await asyncio.sleep(0)
        return label

    async def ask(number: int) -> str:
        for _ in range(3 - number):
            await asyncio.sleep(0)
        raise Approval(str(number))

    calls = [call("slow", "0", label="first"), call("ask", "1", number=1), call("ask", "2", number=2),
             call("slow", "3", label="last")]  # fmt: skip
    response = on_loop.done(on_loop.model(calls).prompt("x", tools=[slow, ask]))
    with pytest.raises(Approval) as caught:
        on_loop.get(
            response.execute_tool_calls(after_call=lambda tool, asked, result: hooks.append(asked.tool_call_id))
        )
    assert caught.value.question == "1"
    assert caught.value.tool_call is calls[1]
    assert [result.output for result in caught.value.tool_results] == ["first", "last"]
    assert sorted(hooks) == ["0", "3"]


def test_a_failure_goes_before_a_pause(on_loop: AsyncFace) -> None:
    """If a hook failed as well, its failure is raised, even if the paused call came earlier."""

    async def ask() -> str:
        raise Approval("?")

    async def work() -> str:
        return "1"

    def hook(tool: Any, asked: Any) -> None:
        if asked.name == "work":
            raise ValueError("hook failed")

    response = on_loop.done(on_loop.model([call("ask"), call("work")]).prompt("x", tools=[ask, work]))
    with pytest.raises(ValueError, match="hook failed"):
        on_loop.get(response.execute_tool_calls(before_call=hook))


# Resuming


ASKED = assistant("let me see", ToolCallPart("one", {}, "1"), ToolCallPart("two", {"a": 2}, "2"))


def test_resuming(face: Face) -> None:
    """Open calls at the end of the messages are executed first, with the hooks; then the model is asked.

    It sees the messages and one more tool message; `prompt.tool_results` are the fresh ones, the prompt text is empty.
    """
    hooks: list[str] = []
    model = face.model(["done"])
    history = [system("s"), user("x"), ASKED, tool_message(ToolResultPart("one", "1", "1"))]
    chain = model.chain(
        messages=history, tools=tools_of(one=pauses, two=lambda a: a * 2), system="hidden",
        options={}, schema={"type": "object"}, before_call=face.hook(lambda tool, *_: hooks.append(tool.name)),
    )  # fmt: skip
    assert face.text(chain) == "done"
    [prompt] = model.script.prompts
    assert prompt.messages == [*history, tool_message(ToolResultPart("two", "4", "2"))]
    assert prompt.tool_results == [llm.ToolResult("two", "4", tool_call_id="2")]
    assert (prompt.prompt, prompt.system, prompt.schema) == ("", "hidden", {"type": "object"})
    assert hooks == ["two"]
    assert len(chain._responses) == 1


def test_resuming_with_attachments(face: Face) -> None:
    """Attachments of the fresh results come in a user message after the tool message."""
    model = face.model(["done"])
    face.text(
        model.chain(
            messages=[user("x"), assistant(ToolCallPart("show", {}, "1"))],
            tools=tools_of(show=lambda: llm.ToolOutput("see", [PICTURE])),
        )
    )
    assert model.script.prompts[0].messages[2:] == [tool_message(ToolResultPart("show", "see", "1")), user(PICTURE)]


def test_resuming_goes_on_as_a_chain(face: Face) -> None:
    """After resuming, the chain goes on with options and tools as usual."""
    model = face.model([call("two", "3", a=5)], ["done"], Options=Settings)
    chain = model.chain(
        messages=[user("x"), ASKED], options={"temperature": 1}, tools=tools_of(one=lambda: "1", two=lambda a: a)
    )
    assert face.text(chain) == "done"
    assert [prompt.options.temperature for prompt in model.script.prompts] == [1.0, 1.0]
    assert [[result.output for result in prompt.tool_results] for prompt in model.script.prompts] == [["1", "2"], ["5"]]


def test_pausing_again_while_resuming(face: Face) -> None:
    """Calls may pause again, in which case the model is not asked and no round is recorded."""
    model = face.model(["done"])
    chain = model.chain(messages=[user("x"), ASKED], tools=tools_of(one=lambda: "1", two=pauses))
    with pytest.raises(Approval) as caught:
        face.text(chain)
    assert caught.value.tool_call is not None
    assert (caught.value.tool_call.tool_call_id, len(caught.value.tool_results)) == ("2", 1)
    assert chain._responses == []
    assert model.script.calls == []
    assert chain.conversation.responses == []


def test_a_pause_and_its_resumption(face: Face) -> None:
    """What a pause reports is enough to resume: messages so far, the results that completed, and the same tools."""
    answers: list[str] = []

    def ask() -> str:
        if not answers:
            raise Approval("may I?")
        return answers[0]

    model = face.model([call("one"), call("ask")], ["done"])
    chain = model.chain("x", tools=tools_of(one=lambda: "1", ask=ask))
    with pytest.raises(Approval) as caught:
        face.text(chain)
    [paused] = chain._responses
    stored = [message.to_dict() for message in [*paused.prompt.messages, *paused._messages_now()]]
    answers.append("yes")
    done = [ToolResultPart(result.name, result.output, result.tool_call_id) for result in caught.value.tool_results]
    resumed = model.chain(
        messages=[*(Message.from_dict(message) for message in stored), tool_message(*done)],
        tools=tools_of(one=pauses, ask=ask),
    )
    assert face.text(resumed) == "done"
    assert [result.output for result in model.script.prompts[1].tool_results] == ["yes"]


def test_resuming_a_conversation(face: Face) -> None:
    """It also works for a conversation's own history."""
    answers: list[str] = []

    def ask() -> str:
        if not answers:
            raise Approval("may I?")
        return answers[0]

    model = face.model([call("ask")], ["done"])
    conversation = model.conversation(tools=tools_of(ask=ask))
    with pytest.raises(Approval):
        face.text(conversation.chain("x"))
    answers.append("yes")
    assert face.text(conversation.chain()) == "done"
    assert model.script.prompts[1].messages[-1] == tool_message(ToolResultPart("ask", "yes", "id-ask"))


def test_without_tools_nothing_is_resumed(face: Face) -> None:
    """Without tools the chain simply runs."""
    model = face.model(["done"])
    face.text(model.chain(messages=[user("x"), ASKED]))
    assert model.script.prompts[0].messages == [user("x"), ASKED]
    assert model.script.prompts[0].tool_results == []


def test_a_new_prompt_means_the_conversation_has_moved_on(face: Face) -> None:
    """With a user message after the calls, nothing is executed."""
    model = face.model(["done"])
    face.text(model.chain("and now?", messages=[user("x"), ASKED], tools=tools_of(one=pauses, two=pauses)))
    assert model.script.prompts[0].messages == [user("x"), ASKED, user("and now?")]


def test_a_call_without_id_stays_without(face: Face) -> None:
    """A call of the messages that has no id is executed, and answered, without one."""
    model = face.model(["done"])
    face.text(model.chain(messages=[assistant(ToolCallPart("one", {}))], tools=tools_of(one=lambda: "1")))
    assert model.script.prompts[0].messages[-1] == tool_message(ToolResultPart("one", "1"))
    assert model.script.prompts[0].tool_results[0].tool_call_id is None


def ids(messages: list[Message]) -> list[tuple[str, str | None]]:
    return [(found.name, found.tool_call_id) for found in unresolved_calls(messages)]


def one(call_id: str | None = None, name: str = "one", *, server: bool = False) -> Part:
    return ToolCallPart(name, {}, call_id, server_executed=server)


def answer(call_id: str | None = None, name: str = "one") -> Message:
    return tool_message(ToolResultPart(name, "", call_id))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], []),
        ([user("x")], []),
        ([assistant("no calls")], []),
        ([assistant(one("1"))], [("one", "1")]),
        ([assistant(one("1", server=True))], []),
        ([assistant(one("1"), one("2", server=True))], [("one", "1")]),
        ([assistant(one("1"), one("2")), answer("1")], [("one", "2")]),
        ([assistant(one("1"), one("2")), answer("2"), answer("1")], []),
        ([assistant(one("1")), answer("other")], [("one", "1")]),
        ([assistant(one("1")), answer(None)], [("one", "1")]),
        ([assistant(one(None)), answer("1")], [("one", None)]),
        ([assistant(one(None), one(None)), answer(None)], [("one", None)]),
        ([assistant(one(None), one(None, "two")), answer(None, "two")], [("one", None)]),
        ([assistant(one("1")), user("x")], []),
        ([assistant(one("1")), system("x")], []),
        ([assistant(one("1")), assistant("text")], []),
        ([assistant(one("1")), answer("1"), assistant(one("2"))], [("one", "2")]),
        ([assistant(one("1")), assistant(one("2"))], [("one", "2")]),
        ([assistant(one("1")), assistant(one("2", server=True))], []),
    ],
)
def test_which_calls_are_open(messages: list[Message], expected: list[Any]) -> None:
    """Open are the calls of the last message that asked, followed by tool messages only, without a result there."""
    assert ids(messages) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([None, "1", "2", "3"]), max_size=4),
    st.lists(st.sampled_from([None, "1", "2"]), max_size=4),
)
def test_the_earliest_call_is_settled_first(asked: list[str | None], answered: list[str | None]) -> None:
    """Each result settles the calls with its id, or, without id, one call without id: the earliest."""
    messages = [assistant(*(one(call_id) for call_id in asked)), *(answer(call_id) for call_id in answered)]
    nameless = [call_id for call_id in asked if call_id is None][answered.count(None) :]
    named = [call_id for call_id in asked if call_id is not None and call_id not in answered]
    found = [call_id for _, call_id in ids(messages)]
    assert [call_id for call_id in found if call_id is not None] == named
    assert [call_id for call_id in found if call_id is None] == nameless
