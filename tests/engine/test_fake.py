"""`fake()`: finished responses for the tests of model plugins."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.messages import assistant, system, user
from tests.engine.faces import Face

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")
OTHER = llm.Attachment(type="image/png", url="https://example.com/b.png")


def test_a_fake(face: Face) -> None:
    """A fake is finished and never ran: text, one message, no calls, JSON, usage or times; it is in no conversation."""
    model = face.model()
    fake = face.response_class.fake(model, "x", "s", "answer")
    assert type(fake) is face.response_class
    assert (fake._done, fake.stream, fake.conversation, fake.model) == (True, False, None, model)
    assert fake.prompt == llm.Prompt("x", model, attachments=[], system="s")
    assert fake.prompt.messages == [system("s"), user("x")]
    assert face.text(fake) == fake.text_or_raise() == "answer"
    assert face.chunks(fake) == ["answer"]
    assert face.messages(fake) == [assistant("answer")]
    assert (face.get(fake.tool_calls()), fake.tool_calls_or_raise(), face.get(fake.json())) == ([], [], None)
    assert face.get(fake.usage()) == llm.Usage()
    assert (face.get(fake.duration_ms()), face.get(fake.datetime_utc())) == (0, "")
    assert fake.to_dict()["messages"] == [assistant("answer").to_dict()]
    assert fake.id != face.response_class.fake(model, "x", "s", "answer").id
    assert model.script.calls == []


def test_a_fake_without_text(face: Face) -> None:
    """A fake with empty text has no messages."""
    fake = face.response_class.fake(face.model(), "x", None, "")
    assert (face.text(fake), face.messages(fake)) == ("", [])


@pytest.mark.parametrize(
    ("positional", "named", "expected"),
    [
        (("x", "s", "r"), {}, ([], "s", "r")),
        (("x", None, "r"), {}, ([], None, "r")),
        (("x",), {"system": "s", "response": "r"}, ([], "s", "r")),
        (("x",), {"system": None, "response": "r"}, ([], None, "r")),
        (("x", PICTURE, OTHER), {"system": "s", "response": "r"}, ([PICTURE, OTHER], "s", "r")),
        (("x", PICTURE, "s", "r"), {}, ([PICTURE], "s", "r")),
        (("x", [PICTURE, OTHER], "s", "r"), {}, ([PICTURE, OTHER], "s", "r")),
        (("x", (PICTURE,), None, "r"), {}, ([PICTURE], None, "r")),
        (("x", []), {"system": "s", "response": "r"}, ([], "s", "r")),
        (("x", "s"), {"response": "r"}, ([], "s", "r")),
        (("x", "r"), {"system": "s"}, ([], "s", "r")),
        ((), {"prompt": "x", "system": "s", "response": "r"}, ([], "s", "r")),
    ],
)
def test_forms_of_the_call(face: Face, positional: Any, named: Any, expected: Any) -> None:
    """Attachments first, then strings and None fill `system` and `response`, skipping one passed by keyword."""
    fake = face.response_class.fake(face.model(), *positional, **named)
    assert (fake.prompt.attachments, fake.prompt._system, fake.text_or_raise()) == expected
    assert fake.prompt.prompt == "x"


def test_the_model_by_keyword(face: Face) -> None:
    """`model` and `prompt` may be given by keyword."""
    model = face.model()
    fake = face.response_class.fake(model=model, prompt="x", system=None, response="r")
    assert (fake.model, fake.prompt.prompt) == (model, "x")


@pytest.mark.parametrize(
    ("positional", "named"),
    [
        ((), {}),
        (("s",), {}),
        ((), {"system": "s"}),
        ((), {"response": "r"}),
        (("s", "r", "more"), {}),
        (("s", "r"), {"system": "s"}),
        (("s", "r"), {"response": "r"}),
        (("s",), {"system": "s", "response": "r"}),
        (("s", None), {}),
        (("s", 1), {}),
        (("s", "r", PICTURE), {}),
        (("s", PICTURE, "r"), {}),
        ((["no attachment"], "s", "r"), {}),
        ((), {"system": "s", "response": b"r"}),
        ((), {"system": "s", "response": "r", "other": 1}),
    ],
)
def test_wrong_calls(face: Face, positional: Any, named: Any) -> None:
    """`TypeError` if something is missing, given twice, left over or of another type."""
    with pytest.raises(TypeError):
        face.response_class.fake(face.model(), "x", *positional, **named)


def test_fakes_in_a_conversation(face: Face) -> None:
    """Tests of plugins put fakes into `conversation.responses`; models that walk the list find their values."""
    model = face.model(["c"])
    conversation = model.conversation()
    conversation.responses = [
        face.response_class.fake(model, "a", "s", "1"),
        face.response_class.fake(model, "b", PICTURE, None, "2"),
    ]
    face.text(conversation.prompt("c"))
    found = [
        (one.prompt.prompt, one.prompt.system, one.prompt.attachments, one.attachments, one.prompt.tool_results,
         one.text_or_raise(), one.tool_calls_or_raise(), one.response_json)
        for one in conversation.responses
    ]  # fmt: skip
    assert found == [
        ("a", "s", [], [], [], "1", [], None),
        ("b", "", [PICTURE], [], [], "2", [], None),
        ("c", "", [], [], [], "c", [], None),
    ]
