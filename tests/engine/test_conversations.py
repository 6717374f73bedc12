"""Conversations: what each turn sees of the turns before it."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from typing import Any

import pytest

import llm
from llm.core.history import extend
from llm.core.messages import assistant, system, user
from llm.core.parts import ToolCallPart
from tests.engine.faces import AsyncFace, BlockingFace, Face


def add(a: int = 0) -> str:
    return str(a + 1)


def test_fields(face: Face) -> None:
    """A conversation is a dataclass with ten fields, all but the model with a default."""
    model = face.model()
    conversation = face.conversation_class(model)
    assert [field.name for field in dataclasses.fields(conversation)] == [
        "model", "id", "name", "responses", "tools", "chain_limit", "loaded_messages", "loaded_tools", "before_call",
        "after_call",
    ]  # fmt: skip
    assert re.fullmatch("[0-9a-z]{26}", conversation.id)
    assert [getattr(conversation, field.name) for field in dataclasses.fields(conversation)][2:] == [
        None, [], None, None, None, None, None, None,
    ]  # fmt: skip
    one = face.conversation_class(model, "id", "name", [], [add], 3, [], [], print, len)
    assert (one.id, one.name, one.tools, one.chain_limit, one.before_call, one.after_call) == (
        "id", "name", [add], 3, print, len,
    )  # fmt: skip
    assert one == face.conversation_class(model, "id", "name", [], [add], 3, [], [], print, len)
    assert one.responses is not face.conversation_class(model).responses


def test_type_hints_of_the_fields(face: Face) -> None:
    """The annotations of the fields resolve although the class says that it lives in another module."""
    import typing

    assert face.conversation_class.__module__ == "llm.models"
    hints = typing.get_type_hints(face.conversation_class)
    assert (hints["id"], hints["name"], hints["chain_limit"]) == (str, str | None, int | None)


def test_conversations_of_a_model(face: Face) -> None:
    """`model.conversation(tools, before_call, after_call, chain_limit)` may be called by position."""
    model = face.model()
    conversation = model.conversation([add], print, len, 7)
    assert type(conversation) is face.conversation_class
    assert conversation.model is model
    assert (conversation.tools, conversation.before_call, conversation.after_call, conversation.chain_limit) == (
        [add], print, len, 7,
    )  # fmt: skip
    assert model.conversation().tools is None


def test_a_conversation_is_true(face: Face) -> None:
    """`if conversation:` holds, also without responses."""
    assert face.model().conversation()


def test_turns_see_earlier_turns(face: Face) -> None:
    """Each turn's chain is the last response's chain, its output and the new input; the system text comes once."""
    model = face.model(["1"], ["2"], ["3"])
    conversation = model.conversation()
    face.text(conversation.prompt("a", system="be kind"))
    face.text(conversation.prompt("b"))
    third = conversation.prompt("c", system="other")
    face.text(third)
    assert [prompt.messages for prompt in model.script.prompts] == [
        [system("be kind"), user("a")],
        [system("be kind"), user("a"), assistant("1"), user("b")],
        [system("be kind"), user("a"), assistant("1"), user("b"), assistant("2"), user("c")],
    ]
    assert third.prompt.system == "other"
    assert [call.conversation for call in model.script.calls] == [conversation] * 3
    assert len(conversation.responses) == 3


def test_system_fragments_open_the_chain(face: Face) -> None:
    """The system message of the first turn is made of fragments and text."""
    model = face.model(["1"])
    face.text(model.conversation().prompt("a", system="s", system_fragments=["f"]))
    assert model.script.prompts[0].messages == [system("f\n\ns"), user("a")]


def test_unfinished_responses_are_no_history(face: Face) -> None:
    """A response that has not finished is not part of the history of the next one."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    conversation.prompt("never read")
    assert conversation.responses == []
    face.text(conversation.prompt("b"))
    assert model.script.prompts[0].messages == [user("b")]


def test_unfinished_responses_put_there_by_hand(face: Face) -> None:
    """An unfinished response that somebody put into `responses` is no part of the history either."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    conversation.responses = [face.response_class.fake(model, "a", None, "1"), model.prompt("b")]
    assert conversation.prompt("c").prompt.messages == [user("a"), assistant("1"), user("c")]


def test_responses_in_order_of_completion(face: Face) -> None:
    """`responses` holds finished responses in order of completion."""
    conversation = face.model(["1"], ["2"]).conversation()
    first, second = conversation.prompt("a"), conversation.prompt("b")
    face.text(second)
    face.text(first)
    assert conversation.responses == [second, first]


def test_explicit_messages_replace_what_is_remembered(face: Face) -> None:
    """`messages=` replaces everything remembered so far, for this turn and those that follow."""
    model = face.model(["1"], ["2"], ["3"])
    conversation = model.conversation()
    face.text(conversation.prompt("a"))
    face.text(conversation.prompt("b", messages=[user("x"), assistant("y")]))
    face.text(conversation.prompt("c"))
    assert model.script.prompts[1].messages == [user("x"), assistant("y"), user("b")]
    assert model.script.prompts[2].messages == [user("x"), assistant("y"), user("b"), assistant("2"), user("c")]


def test_an_empty_list_of_messages_counts(face: Face) -> None:
    """`messages=[]` counts as given."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    face.text(conversation.prompt("a"))
    face.text(conversation.prompt("b", messages=[], system="s"))
    assert model.script.prompts[1].messages == [user("b")]


def test_loaded_messages(face: Face) -> None:
    """`loaded_messages` are the history until a response completes; then live responses take over."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    conversation.loaded_messages = [user("old"), assistant("answer")]
    response = conversation.prompt("a", system="ignored")
    assert conversation.loaded_messages is not None
    face.text(response)
    assert conversation.loaded_messages is None
    face.text(conversation.prompt("b"))
    assert [prompt.messages for prompt in model.script.prompts] == [
        [user("old"), assistant("answer"), user("a")],
        [user("old"), assistant("answer"), user("a"), assistant("1"), user("b")],
    ]


def test_loaded_messages_go_before_responses(face: Face) -> None:
    """`loaded_messages`, if not empty, go before the responses; an empty list does not count."""
    model = face.model()
    conversation = model.conversation()
    conversation.responses = [face.response_class.fake(model, "a", None, "1")]
    conversation.loaded_messages = [user("old")]
    assert conversation.prompt("b").prompt.messages == [user("old"), user("b")]
    conversation.loaded_messages = []
    assert conversation.prompt("b").prompt.messages == [user("a"), assistant("1"), user("b")]


def test_changed_loaded_messages(face: Face) -> None:
    """Assigning or extending `loaded_messages` is seen by the next prompt."""
    conversation = face.model().conversation()
    conversation.loaded_messages = [user("old")]
    conversation.prompt("x")
    conversation.loaded_messages.append(assistant("more"))
    assert conversation.prompt("b").prompt.messages == [user("old"), assistant("more"), user("b")]


def test_history_from_the_log_stays_shared(face: Face) -> None:
    """A chain that the log store read is continued as it is, so that its messages need not be stored again."""
    stored = extend(None, [user("old"), assistant("answer")])
    conversation = face.model(["1"]).conversation()
    conversation._continue_stored(stored)
    assert conversation.loaded_messages == [user("old"), assistant("answer")]
    history = conversation.prompt("a").prompt.history
    assert history.parent is stored
    conversation.loaded_messages = [user("other")]
    assert conversation.prompt("a").prompt.messages == [user("other"), user("a")]
    conversation._continue_stored(None)
    assert (conversation.loaded_messages, conversation.prompt("a").prompt.messages) == ([], [user("a")])


def test_responses_put_there_by_hand(face: Face) -> None:
    """Fakes know only their own turn: turns are joined back to the latest one that has a whole chain."""
    model = face.model(["3"])
    conversation = model.conversation()
    conversation.responses = [
        face.response_class.fake(model, "a", "s", "1"),
        face.response_class.fake(model, "b", None, "2"),
    ]
    assert conversation.prompt("c").prompt.messages == [
        system("s"), user("a"), assistant("1"), user("b"), assistant("2"), user("c"),
    ]  # fmt: skip
    face.text(conversation.prompt("c"))
    conversation.responses.append(face.response_class.fake(model, "d", None, "4"))
    assert conversation.prompt("e").prompt.messages[5:] == [
        user("c"), assistant("3"), user("d"), assistant("4"), user("e"),
    ]  # fmt: skip
    assert len(conversation.prompt("e").prompt.messages) == 10


def test_completion_is_recorded_once(face: Face) -> None:
    """Reading a finished response again does not record it again."""
    conversation = face.model(["1"]).conversation()
    response = conversation.prompt("a")
    face.text(response)
    face.chunks(response)
    assert conversation.responses == [response]


def test_recording_by_hand(face: Face) -> None:
    """`_record_response(response)` appends and drops `loaded_messages`."""
    model = face.model()
    conversation = model.conversation()
    conversation.loaded_messages = [user("old")]
    response = face.response_class.fake(model, "a", None, "1")
    conversation._record_response(response)
    assert (conversation.responses, conversation.loaded_messages) == ([response], None)


def test_tools_of_a_conversation(face: Face) -> None:
    """`tools` defaults, when falsy, to the conversation's, in prompt() and chain()."""

    def other() -> str:
        return ""

    conversation = face.model().conversation(tools=[add])
    for ask in (conversation.prompt, conversation.chain):
        assert [tool.name for tool in ask("x").prompt.tools] == ["add"]
        assert [tool.name for tool in ask("x", tools=[]).prompt.tools] == ["add"]
        assert [tool.name for tool in ask("x", tools=[other]).prompt.tools] == ["other"]
    assert face.model().conversation().prompt("x").prompt.tools == []


def test_hooks_of_a_conversation(face: Face) -> None:
    """Responses carry the conversation's hooks; chains fall back to them."""
    conversation = face.model().conversation(before_call=print, after_call=len)
    response = conversation.prompt("x")
    assert (response.before_call, response.after_call) == (print, len)
    chain = conversation.chain("x")
    assert (chain.before_call, chain.after_call) == (print, len)
    chain = conversation.chain("x", before_call=repr)
    assert (chain.before_call, chain.after_call) == (repr, len)


def test_arguments_of_prompt(face: Face) -> None:
    """conversation.prompt() takes the keywords of model.prompt(), and hands key and stream to the model."""
    model = face.key_model(["1"], ["2"])
    conversation = model.conversation()
    picture = llm.Attachment(type="image/png", content=b"x")
    response = conversation.prompt(
        prompt="x", fragments=["f"], attachments=[picture], stream=False, schema={"type": "object"}, key="k",
        hide_reasoning=True, tool_results=[llm.ToolResult("add", "1", tool_call_id="i")],
    )  # fmt: skip
    face.text(response)
    [call] = model.script.calls
    assert (call.key, call.stream, call.prompt.schema, call.prompt.hide_reasoning) == (
        "k",
        False,
        {"type": "object"},
        True,
    )
    assert [message.role for message in call.prompt.messages] == ["tool", "user"]


def test_single_turn_models(face: Face) -> None:
    """Assistant or tool messages in the chain of a single-turn model raise `ConversationNotSupported`, at once."""
    model = face.model(["1"], supports_conversation=False)
    conversation = model.conversation()
    face.text(conversation.prompt("a", system="s"))
    asks: list[Any] = [
        lambda: conversation.prompt("b"),
        lambda: model.prompt("b", messages=[assistant("x")]),
        lambda: model.prompt("b", tool_results=[llm.ToolResult("t", "1")]),
    ]
    for ask in asks:
        with pytest.raises(llm.ConversationNotSupported, match="scripted"):
            ask()
    assert issubclass(llm.ConversationNotSupported, ValueError)
    assert model.prompt("b", messages=[user("x")]).prompt.messages == [user("x"), user("b")]


def test_from_row(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """from_row() makes a conversation of a mapping with model, id and name, without responses."""
    model = face.model()
    monkeypatch.setattr(llm, "get_async_model" if face.is_async else "get_model", {"m": model}.__getitem__)
    conversation: Any = face.conversation_class.from_row({"model": "m", "id": "c1", "name": "named", "more": 1})
    assert type(conversation) is face.conversation_class
    assert (conversation.model, conversation.id, conversation.name, conversation.responses) == (
        model,
        "c1",
        "named",
        [],
    )


def test_to_sync_conversation(on_loop: AsyncFace) -> None:
    """to_sync_conversation() gives a `Conversation` with the same model, id, name, tools and limit, no responses."""
    conversation = on_loop.model(["1"]).conversation(tools=[add], chain_limit=3)
    conversation.name = "named"
    on_loop.text(conversation.prompt("x"))
    twin = conversation.to_sync_conversation()
    assert type(twin) is llm.Conversation
    assert (twin.model, twin.id, twin.name, twin.tools, twin.chain_limit, twin.responses) == (
        conversation.model, conversation.id, "named", [add], 3, [],
    )  # fmt: skip


def test_repr(face: Face) -> None:
    """`repr` has the class name, the id and the number of responses, with the right plural."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    name = "AsyncConversation" if face.is_async else "Conversation"
    assert repr(conversation) == f"<{name}: {conversation.id} - 0 responses>"
    face.text(conversation.prompt("x"))
    assert repr(conversation) == f"<{name}: {conversation.id} - 1 response>"
    face.text(conversation.prompt("x"))
    assert repr(conversation) == f"<{name}: {conversation.id} - 2 responses>"


def test_history_of_a_turn_with_contradicting_events(face: Face) -> None:
    """A turn whose events contradict each other still is history, as it is logged."""
    from llm.core.events import StreamEvent

    events = [StreamEvent("text", "a", 0), StreamEvent("tool_call_name", "t", 0, server_executed=True)]
    conversation = face.model(events, ["b"]).conversation()
    face.done(conversation.prompt("x"))
    assert conversation.prompt("y").prompt.messages == [
        user("x"),
        assistant("a", ToolCallPart("t", {}, server_executed=True)),
        user("y"),
    ]


def test_a_long_conversation_shares_its_history() -> None:
    """Adding a turn does not copy the turns before it."""
    face = BlockingFace()
    count = 300
    model = face.model(*[["answer"]] * count)
    conversation = model.conversation()
    for number in range(count):
        face.text(conversation.prompt(str(number)))
    histories: list[Any] = [response.prompt.history for response in conversation.responses]
    assert len(histories[-1]) == 2 * count - 1
    assert all(later.parent.parent is earlier for earlier, later in pairwise(histories))
