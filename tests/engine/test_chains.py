"""Chains: rounds, what each round is given, the separator, limits and laziness."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from tests.engine.faces import Face
from tests.engine.script import Settings

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")


def call(name: str = "add", call_id: str = "i", **arguments: Any) -> llm.ToolCall:
    return llm.ToolCall(name, arguments, call_id)


def add(a: int = 0) -> str:
    return str(a + 1)


def test_a_chain_without_tool_calls(face: Face) -> None:
    """A round that registers no tool calls ends the chain."""
    model = face.model(["a"])
    chain = model.chain("x", tools=[add])
    assert face.text(chain) == "a"
    assert len(chain._responses) == len(model.script.calls) == 1


def test_what_the_rounds_are_given(face: Face) -> None:
    """The next round's chain is the previous one's, its output and a tool message; its prompt text is empty.

    It has the same stream, key, options, tools, system text and fragments of it; fragments are not repeated.
    """
    model = face.key_model(["a", call(a=1)], [call(a=2, call_id="j")], ["c"], Options=Settings)
    conversation = model.conversation()
    chain = conversation.chain(
        "x", tools=[add], system="s", system_fragments=["sf"], fragments=["f"], options={"temperature": 1},
        stream=False, key="the key", hide_reasoning=True,
    )  # fmt: skip
    assert face.text(chain) == "a c"
    first, second, third = model.script.calls
    opening = [system("sf\n\ns"), user("f\nx")]
    middle = [
        *opening,
        assistant("a", ToolCallPart("add", {"a": 1}, "i")),
        tool_message(ToolResultPart("add", "2", "i")),
    ]
    assert first.prompt.messages == opening
    assert second.prompt.messages == middle
    assert third.prompt.messages == [
        *middle,
        assistant(ToolCallPart("add", {"a": 2}, "j")),
        tool_message(ToolResultPart("add", "3", "j")),
    ]
    for later in (second, third):
        prompt = later.prompt
        assert (prompt.prompt, prompt._system, prompt.system_fragments, prompt.fragments) == ("", "s", ["sf"], [])
        assert (prompt.hide_reasoning, prompt.options.temperature) == (True, 1.0)
        assert prompt.tools == first.prompt.tools
    assert second.prompt.tool_results == [llm.ToolResult("add", "2", tool_call_id="i")]
    assert [one.stream for one in model.script.calls] == [False] * 3
    assert [one.key for one in model.script.calls] == ["the key"] * 3
    assert [one.conversation for one in model.script.calls] == [conversation] * 3


def test_schema_is_carried_forward(face: Face) -> None:
    """Every round has the chain's schema."""
    model = face.model([call()], ["{}"])
    face.text(model.chain("x", tools=[add], schema={"type": "object"}))
    assert [prompt.schema for prompt in model.script.prompts] == [{"type": "object"}] * 2


def test_attachments_of_tools(face: Face) -> None:
    """Attachments of results become a user message and the round's attachments, unchecked against the model's types.

    The parts of the tool message do not carry them.
    """
    sound = llm.Attachment(type="audio/wav", content=b"x")
    model = face.model([call("show")], ["b"])
    face.text(model.chain("x", tools=[llm.Tool("show", implementation=lambda: llm.ToolOutput("see", [sound]))]))
    prompt = model.script.prompts[1]
    assert prompt.messages[-2:] == [tool_message(ToolResultPart("show", "see", "i")), user(sound)]
    assert prompt.attachments == [sound]
    assert prompt.tool_results[0].attachments == [sound]


def test_rounds_are_recorded_in_the_conversation(face: Face) -> None:
    """Every round is recorded in the conversation, which `model.chain()` makes anew."""
    model = face.model([call()], ["b"])
    chain = model.chain("x", tools=[add])
    face.text(chain)
    assert type(chain.conversation) is face.conversation_class
    assert chain.conversation.responses == chain._responses
    assert len(chain._responses) == 2


def test_rounds_are_handed_out_before_they_run(face: Face) -> None:
    """responses() yields each round before it is consumed; tools run when the consumer asks for what comes next."""
    log: list[str] = []
    model = face.model(["a", call()], ["b"])
    chain = model.chain("x", tools=[llm.Tool("add", implementation=lambda **_: log.append("tool"))])
    for number, response in enumerate(face.each(chain.responses())):
        assert type(response) is face.response_class
        assert not response._done
        assert len(chain._responses) == number
        log.append(f"round {number}: {face.text(response)}")
        assert len(chain._responses) == number + 1
    assert log == ["round 0: a", "tool", "round 1: b"]


def test_an_unconsumed_round_is_run(face: Face) -> None:
    """A round that the consumer does not read is run when the loop goes on."""
    model = face.model(["a", call()], ["b"])
    chain = model.chain("x", tools=[add])
    responses = list(face.each(chain.responses()))
    assert [face.text(response) for response in responses] == ["a", "b"]
    assert len(model.script.calls) == 2


def test_a_round_counts_as_soon_as_it_is_complete(face: Face) -> None:
    """A round is in `_responses` when it completes, also if the consumer then leaves."""
    model = face.model(["a", call()], ["b"])
    chain = model.chain("x", tools=[add])
    rounds = face.each(chain.responses())
    face.text(next(rounds))
    rounds.close()  # type: ignore[attr-defined]
    assert [response._text_now() for response in chain._responses] == ["a"]
    assert len(model.script.calls) == 1


def test_a_failing_round_is_not_counted(face: Face) -> None:
    """An error in a later round, also in its set-up, leaves the earlier ones recorded."""
    model = face.model(["a", call()], [ValueError("no")])
    chain = model.chain("x", tools=[add])
    with pytest.raises(ValueError, match="no"):
        face.text(chain)
    assert [response._text_now() for response in chain._responses] == ["a"]
    model = face.model(["a", call()])
    chain = model.chain("x", tools=[add])
    for response in face.each(chain.responses()):
        face.text(response)
        model.supports_tools = False
        break
    with pytest.raises(ValueError, match="does not support tools"):
        face.text(chain)
    assert len(chain._responses) == 1


def test_attributes(face: Face) -> None:
    """A chain has prompt, model, stream, conversation, limit and hooks; not usage, json or tool_calls."""
    model = face.model()
    conversation = model.conversation()
    chain = conversation.chain("x", stream=False, chain_limit=4, before_call=print, after_call=len)
    assert (chain.model, chain.stream, chain.conversation, chain.chain_limit) == (model, False, conversation, 4)
    assert (chain.before_call, chain.after_call, chain._responses) == (print, len, [])
    assert chain.prompt.prompt == "x"
    for name in ("usage", "json", "tool_calls"):
        assert not hasattr(chain, name)


def test_constructor(face: Face) -> None:
    """The constructor takes prompt, model, stream, conversation, key, chain_limit (10) and two hooks, in this order."""
    from llm.models import AsyncChainResponse, ChainResponse

    kind: Any = AsyncChainResponse if face.is_async else ChainResponse
    model = face.model(["a"])
    prompt = llm.Prompt("x", model)
    chain = kind(prompt, model, True, None)
    assert (chain.chain_limit, chain.before_call, chain.after_call, chain._key) == (10, None, None, None)
    assert face.text(chain) == "a"
    chain = kind(prompt, model, True, None, "k", 3, print, len)
    assert (chain.chain_limit, chain.before_call, chain.after_call, chain._key) == (3, print, len, "k")


# Text of several rounds


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["a"], ["b"], "a b"),
        (["a "], ["b"], "a b"),
        (["a\n"], ["b"], "a\nb"),
        (["a"], [" b"], "a b"),
        (["a"], ["", "b"], "a b"),
        (["a", ""], ["b", "c"], "a bc"),
        ([], ["b"], "b"),
        (["a"], [], "a"),
        ([""], ["b"], "b"),
        (["a", StreamEvent("reasoning", "r ")], [StreamEvent("reasoning", "r"), "b"], "a b"),
    ],
)
def test_the_separator(face: Face, first: list[Any], second: list[Any], expected: str) -> None:
    """Between texts of different rounds that would touch without white space there is one space."""
    chain = face.model([*first, call()], second).chain("x", tools=[add])
    assert face.text(chain) == expected
    assert "".join(face.chunks(chain)) == expected


def test_empty_chunks_are_skipped(face: Face) -> None:
    """Iterating a chain skips empty chunks; the separator is a chunk of its own."""
    chain = face.model(["", "a", "", call()], ["", "b"]).chain("x", tools=[add])
    assert face.chunks(chain) == ["a", " ", "b"]


def test_events_of_a_chain(face: Face) -> None:
    """Event streams carry the separator as a text event without index; it belongs to no response."""
    chain = face.model(["a", call()], [StreamEvent("reasoning", "r"), "b"]).chain("x", tools=[add])
    events = face.events(chain)
    assert events == [
        StreamEvent("text", "a", 0),
        StreamEvent("reasoning", "r", 0),
        StreamEvent("text", " "),
        StreamEvent("text", "b", 1),
    ]
    assert [response._text_now() for response in chain._responses] == ["a", "b"]
    assert [event for response in chain._responses for event in response._stream_events] == [
        events[0], events[1], events[3],
    ]  # fmt: skip


def test_the_separator_across_a_round_without_text(face: Face) -> None:
    """The separator also stands between texts with a silent round between them."""
    chain = face.model(["a", call()], [call(call_id="j")], ["b"]).chain("x", tools=[add])
    assert face.text(chain) == "a b"


# Limits


def test_a_limit_that_suffices(face: Face) -> None:
    """`chain_limit=N` allows N rounds: reaching it without asking for more is no error."""
    model = face.model([call()], ["b"])
    assert face.text(model.conversation().chain("x", tools=[add], chain_limit=2)) == "b"


def test_a_limit_that_does_not_suffice(face: Face) -> None:
    """`ValueError` is raised when another round would be needed, before the tools of the last round are executed."""
    ran: list[int] = []
    model = face.model([call()], [call(call_id="j")], ["c"])
    tool = llm.Tool("add", implementation=lambda **_: ran.append(1))
    chain = model.conversation().chain("x", tools=[tool], chain_limit=2)
    with pytest.raises(ValueError, match="Chain limit of 2 exceeded"):
        face.text(chain)
    assert ran == [1]
    assert len(model.script.calls) == len(chain._responses) == 2


@pytest.mark.parametrize("limit", [0, None])
def test_no_limit(face: Face, limit: int | None) -> None:
    """None or 0 is unlimited, and so are chains of `model.chain()`."""
    rounds: list[Any] = [[call(call_id=str(number))] for number in range(15)]
    model = face.model(*rounds, ["done"])
    assert face.text(model.conversation(chain_limit=3).chain("x", tools=[add], chain_limit=0)) == "done"
    model = face.model(*rounds, ["done"])
    assert face.text(model.conversation(chain_limit=limit).chain("x", tools=[add])) == "done"
    model = face.model(*rounds, ["done"])
    assert face.text(model.chain("x", tools=[add])) == "done"


def test_the_limit_of_the_conversation(face: Face) -> None:
    """A chain falls back to the conversation's limit; 0 is a value, not a fallback."""
    conversation = face.model().conversation(chain_limit=3)
    assert conversation.chain("x").chain_limit == 3
    assert conversation.chain("x", chain_limit=5).chain_limit == 5
    assert conversation.chain("x", chain_limit=0).chain_limit == 0


# Hooks and replies within chains


def test_hooks_of_a_chain(face: Face) -> None:
    """A chain's hooks run around its tool calls, and its responses carry them."""
    seen: list[Any] = []
    before, after = face.hook(lambda *given: seen.append("before")), face.hook(lambda *given: seen.append("after"))
    chain = face.model([call()], ["b"]).chain("x", tools=[add], before_call=before, after_call=after)
    face.text(chain)
    assert seen == ["before", "after"]
    assert {(response.before_call, response.after_call) for response in chain._responses} == {(before, after)}


def test_what_after_call_changes_is_what_the_model_sees(face: Face) -> None:
    """A changed result is what the next round's messages and `prompt.tool_results` contain."""

    def shorten(tool: Any, call: Any, result: Any) -> None:
        result.output = "short"

    model = face.model([call()], ["b"])
    face.text(model.chain("x", tools=[add], after_call=face.hook(shorten)))
    prompt = model.script.prompts[1]
    assert prompt.tool_results[0].output == "short"
    assert prompt.messages[-1] == tool_message(ToolResultPart("add", "short", "i"))


def test_errors_of_tools_reach_the_model(face: Face) -> None:
    """A failing tool does not end the chain; the part carries the exception's text."""

    def fail() -> str:
        raise ValueError("no")

    model = face.model([call("fail"), call("nope", "j")], ["b"])
    face.text(model.chain("x", tools=[fail]))
    assert model.script.prompts[1].messages[-1] == tool_message(
        ToolResultPart("fail", "Error: no", "i", exception="ValueError: no"),
        ToolResultPart(
            "nope", 'Error: tool "nope" does not exist', "j", exception="KeyError: 'tool \"nope\" does not exist'"
        ),
    )


def test_calls_without_ids_get_one_everywhere(face: Face) -> None:
    """A registered call without id has the same made-up id in the output, the result and the next chain."""
    model = face.model([llm.ToolCall("add", {})], ["b"])
    face.text(model.chain("x", tools=[add]))
    asked, answered = model.script.prompts[1].messages[1:]
    assert asked.parts[0].tool_call_id == answered.parts[0].tool_call_id
    assert asked.parts[0].tool_call_id.startswith("tc_")


def test_options_assigned_in_execute(face: Face) -> None:
    """`prompt.options` is assignable while `execute` runs."""
    model = face.model([lambda response: setattr(response.prompt, "options", Settings(temperature=2))])
    response = face.done(model.prompt("x"))
    assert response.prompt.options.temperature == 2.0


def test_explicit_messages_start_the_chain(face: Face) -> None:
    """chain(messages=) continues the given history, without the system text."""
    model = face.model(["b"])
    face.text(model.chain("x", messages=[user("one"), assistant("two")], system="s"))
    assert model.script.prompts[0].messages == [user("one"), assistant("two"), user("x")]
    assert model.script.prompts[0].system == "s"


def test_tool_results_given_by_the_caller(face: Face) -> None:
    """chain(tool_results=) reports results in front of the prompt."""
    model = face.model(["b"])
    face.text(model.chain("x", tool_results=[llm.ToolResult("add", "3", tool_call_id="i")]))
    assert model.script.prompts[0].messages == [
        Message("tool", [ToolResultPart("add", "3", "i")]),
        user("x"),
    ]


def test_a_picture_in_the_first_round(face: Face) -> None:
    """Attachments are part of the first round's message and not repeated as attachments of later ones."""
    model = face.model([call()], ["b"])
    face.text(model.chain("x", attachments=[PICTURE], tools=[add]))
    one, two = model.script.prompts
    assert one.messages == [user("x", PICTURE)]
    assert two.messages[0] == user("x", PICTURE)
    assert (one.attachments, two.attachments) == ([PICTURE], [])
