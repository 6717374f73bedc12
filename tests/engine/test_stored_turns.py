"""What a model that walks `conversation.responses` finds there of a stored conversation."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import llm
from llm.core.history import extend
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from llm.engine import stored_turns
from tests.engine.faces import Face
from tests.engine.script import Round

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")
STORED = [system("be kind"), user("a", PICTURE), assistant("1"), user("b"), assistant("2")]


class Walker:
    """Notes, in each round, what an older plugin reads of the responses it finds in the conversation."""

    def __init__(self, face: Face, rounds: int = 1) -> None:
        self.seen: list[Any] = []
        self.found: list[Any] = []
        steps: list[Round] = [(self.look, f"live {number}") for number in range(rounds)]
        self.conversation = face.model(*steps).conversation()

    def look(self, response: Any) -> None:
        self.found = list(response.conversation.responses)
        self.seen.append([(one.prompt.system, one.prompt.prompt, one.text_or_raise()) for one in self.found])


def test_the_model_finds_the_stored_turns(face: Face) -> None:
    """While execute() runs, `conversation.responses` holds a response for each turn of `loaded_messages`."""
    walker = Walker(face)
    walker.conversation.loaded_messages = STORED
    face.text(walker.conversation.prompt("new"))
    assert walker.seen == [[("be kind", "a", "1"), ("", "b", "2")]]
    first, second = walker.found
    assert (first.attachments, first.prompt.attachments, second.attachments) == ([PICTURE], [PICTURE], [])
    assert (first.tool_calls_or_raise(), first.response_json, first.conversation) == ([], None, walker.conversation)
    assert type(first) is face.response_class
    assert (second.prompt.messages, face.messages(second)) == (STORED[:4], STORED[4:])


def test_nobody_else_finds_them(face: Face) -> None:
    """Outside execute(), `responses` holds what finished in this conversation, as without stored turns."""
    walker = Walker(face)
    walker.conversation._continue_stored(extend(None, STORED))
    assert walker.conversation.responses == []
    response = walker.conversation.prompt("new")
    seen_when_done: list[Any] = []
    face.get(response.on_done(lambda done: seen_when_done.extend(done.conversation.responses)))
    face.text(response)
    assert walker.conversation.responses == [response] == seen_when_done


def test_later_turns_find_them_too(face: Face) -> None:
    """In the next turns the stored ones still come first, then those that finished here."""
    walker = Walker(face, rounds=2)
    walker.conversation.loaded_messages = STORED
    face.text(walker.conversation.prompt("c"))
    face.text(walker.conversation.prompt("d"))
    assert walker.seen[1] == [("be kind", "a", "1"), ("", "b", "2"), ("", "c", "live 0")]


def test_after_a_failure(face: Face) -> None:
    """A turn that fails leaves the stored turns where they are, once."""
    model = face.model([ValueError("no")], ["fine"])
    conversation = model.conversation()
    conversation.loaded_messages = STORED
    with pytest.raises(ValueError, match="no"):
        face.text(conversation.prompt("c"))
    assert conversation.responses == []
    counted: list[int] = []
    model.script.rounds[1] = [lambda response: counted.append(len(response.conversation.responses))]
    face.text(conversation.prompt("c"))
    assert counted == [2]


def test_turns_with_tools(face: Face) -> None:
    """A round of tool calls is a turn with tool calls; the next one has their results, in `prompt.tool_results`."""
    walker = Walker(face)
    walker.conversation.loaded_messages = [
        user("weather?"),
        assistant("Looking", ToolCallPart("get", {"city": "Rome"}, "c1"), ToolCallPart("web", {}, "s1", True)),
        tool_message(ToolResultPart("get", "sunny", "c1", attachments=[PICTURE], exception="ValueError: x")),
        user(PICTURE),
        assistant("Sunny"),
    ]
    face.text(walker.conversation.prompt("new"))
    asked, told = walker.found
    assert asked.tool_calls_or_raise() == [llm.ToolCall("get", {"city": "Rome"}, "c1")]
    (result,) = told.prompt.tool_results
    assert (result.name, result.output, result.tool_call_id) == ("get", "sunny", "c1")
    assert (result.attachments, result.exception) == ([PICTURE], "ValueError: x")
    assert (told.prompt.prompt, told.prompt.attachments, told.text_or_raise()) == ("", [PICTURE], "Sunny")


def test_chains_that_do_not_alternate(face: Face) -> None:
    """An answer without a question is a turn, and so is a question without an answer; questions in a row are one."""
    walker = Walker(face)
    walker.conversation.loaded_messages = [
        assistant("hel"), assistant("lo"), user("a"), user("b"), assistant("1"), assistant("2"), user("c"),
    ]  # fmt: skip
    face.text(walker.conversation.prompt("new"))
    assert walker.seen == [[("", "", "hello"), ("", "a\nb", "12"), ("", "c", "")]]
    assert [one.prompt.messages for one in walker.found][::2] == [[], walker.found[2].prompt.messages]


def test_made_when_somebody_looks(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """The responses of stored turns are made when a model looks for them, once for all turns, and not before."""
    made: list[int] = []
    original = stored_turns.stored_responses

    def counting(*arguments: Any) -> Any:
        made.append(1)
        return original(*arguments)

    monkeypatch.setattr(stored_turns, "stored_responses", counting)
    model = face.model(["1"], [lambda response: response.conversation.responses], [])
    conversation = model.conversation()
    conversation.loaded_messages = STORED
    face.text(conversation.prompt("a"))
    assert made == []
    for _ in range(2):
        model.script.rounds[-1] = [lambda response: response.conversation.responses]
        face.text(conversation.prompt("b"))
    assert made == [1]


def test_responses_of_older_tables_come_first(face: Face) -> None:
    """Responses that are the beginning of the stored chain stay in their place; the later turns follow them."""
    walker = Walker(face)
    old = face.response_class.fake(walker.conversation.model, "a", PICTURE, system="be kind", response="1")
    walker.conversation.responses = [old]
    walker.conversation._continue_stored(extend(None, STORED))
    face.text(walker.conversation.prompt("new"))
    assert walker.found[0] is old
    assert walker.seen == [[("be kind", "a", "1"), ("", "b", "2")]]
    assert len(walker.conversation.responses) == 2


def test_responses_from_elsewhere(face: Face) -> None:
    """Where the responses are not the beginning of the stored chain, the model finds just what was put there."""
    walker = Walker(face)
    walker.conversation.responses = [
        face.response_class.fake(walker.conversation.model, str(number), None, "") for number in range(9)
    ]
    walker.conversation.loaded_messages = STORED
    face.text(walker.conversation.prompt("new"))
    assert len(walker.found) == 9


def test_responses_assigned_meanwhile(face: Face) -> None:
    """Whoever assigns `responses`, also in execute(), decides what is there from then on."""
    model = face.model([lambda response: setattr(response.conversation, "responses", [])], [], [])
    conversation = model.conversation()
    conversation.loaded_messages = STORED
    first = conversation.prompt("c")
    face.text(first)
    assert conversation.responses == [first]
    counted: list[int] = []
    model.script.rounds[1] = [lambda response: counted.append(len(response.conversation.responses))]
    face.text(conversation.prompt("d"))
    assert counted == [1]


def test_a_conversation_of_another_class(face: Face) -> None:
    """An object that only knows `_record_response` will do as the conversation of a response."""

    class Recorder:
        responses: ClassVar[list[Any]] = []

        def _record_response(self, response: Any) -> None:
            self.responses.append(response)

    model = face.model(["1"])
    response = face.response_class(llm.Prompt("a", model), model, True, Recorder())
    assert (face.text(response), Recorder.responses) == ("1", [response])
