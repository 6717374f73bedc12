"""`Prompt`: its attributes, and the chain of messages that it amounts to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

import llm
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import AttachmentPart, TextPart, ToolResultPart
from tests.engine.faces import Face
from tests.engine.script import ScriptedModel

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")
RESULT = llm.ToolResult(name="add", output="3", tool_call_id="c1")


def prompt_of(text: str | None = None, **arguments: Any) -> llm.Prompt:
    return llm.Prompt(text, ScriptedModel(), **arguments)


@pytest.mark.parametrize(
    ("text", "fragments", "expected"),
    [
        ("hi", None, "hi"),
        ("hi", ["one", "two"], "one\ntwo\nhi"),
        (None, ["one"], "one"),
        ("", ["one"], "one"),
        (None, None, ""),
    ],
)
def test_prompt_text(text: str | None, fragments: list[str] | None, expected: str) -> None:
    """`prompt` is the fragments followed by the text if there is any, joined by newlines; always a str."""
    assert prompt_of(text, fragments=fragments).prompt == expected


def test_system_text() -> None:
    """`system` is fragments then system text, each stripped, blank ones dropped, joined by blank lines."""
    prompt = prompt_of("hi", system=" be kind\n", system_fragments=["  first ", "", " \n"])
    assert prompt.system == "first\n\nbe kind"
    assert prompt_of("hi").system == ""


def test_raw_values_are_kept() -> None:
    """`_prompt` and `_system` are the raw values; lists are empty by default, and `prompt_json` is None."""
    prompt = prompt_of(None)
    assert (prompt._prompt, prompt._system, prompt.prompt_json, prompt.schema) == (None, None, None, None)
    assert [prompt.fragments, prompt.system_fragments, prompt.attachments, prompt.tool_results, prompt.tools] == [
        []
    ] * 5
    assert prompt.hide_reasoning is False
    assert prompt_of(" x ", system=" y ")._prompt == " x "
    assert prompt_of(" x ", system=" y ")._system == " y "


@pytest.mark.parametrize("name", ["fragments", "system_fragments", "attachments", "tool_results"])
def test_sequences_are_copied_from_any_iterable(name: str) -> None:
    """`fragments=` and the like take any iterable, and are copied: the prompt has a list of its own."""
    value = {"attachments": PICTURE, "tool_results": RESULT}.get(name, "text")
    given = [value]
    prompt = prompt_of("hi", **{name: given})
    given.append(value)
    assert getattr(prompt, name) == [value]
    assert getattr(prompt_of("hi", **{name: (value,)}), name) == [value]
    assert getattr(prompt_of("hi", **{name: iter([value])}), name) == [value]


def test_options_default_to_the_models() -> None:
    """`options` is an `Options` instance, `model.Options()` by default, true in a condition, and assignable."""
    prompt = prompt_of("hi", options=None)
    assert type(prompt.options) is llm.Options
    assert bool(prompt.options) is True
    replacement = llm.Options()
    prompt.options = replacement
    assert prompt.options is replacement


def test_schema_classes_become_dictionaries() -> None:
    """A Pydantic model class given as schema becomes its JSON schema with titles kept."""

    class Dog(BaseModel):
        name: str

    prompt = prompt_of("hi", schema=Dog)
    assert prompt.schema == Dog.model_json_schema()
    assert prompt.schema
    assert prompt.schema["title"] == "Dog"
    assert prompt_of("hi", schema={"type": "object"}).schema == {"type": "object"}


def test_tools_are_a_flat_list() -> None:
    """`tools` is the flat list of `Tool` and `ServerSideTool` after expansion of toolboxes and functions."""

    class Box(llm.Toolbox):
        def one(self) -> str:
            return ""

    def two() -> str:
        return ""

    server = llm.ServerSideTool({"type": "search"})
    tools = prompt_of("hi", tools=[Box(), two, server]).tools
    assert [tool.name for tool in tools] == ["Box_one", "two", "server_side_tool"]
    assert tools[2] is server


@pytest.mark.parametrize("item", [None, 1, "add", llm.Toolbox, object()])
def test_what_is_no_tool_is_refused(item: Any) -> None:
    """Anything that is neither a tool nor a callable raises `TypeError`."""
    with pytest.raises(TypeError):
        prompt_of("hi", tools=[item])


def test_chain_without_messages() -> None:
    """Without `messages`: a system message, a tool message and a user message, each only if not empty."""
    prompt = prompt_of("hi", system="be kind", tool_results=[RESULT], fragments=["one"], attachments=[PICTURE])
    assert prompt.messages == [
        system("be kind"),
        tool_message(ToolResultPart(name="add", output="3", tool_call_id="c1")),
        user("one\nhi", PICTURE),
    ]
    assert prompt_of(None).messages == []
    assert prompt_of("hi").messages == [user("hi")]


def test_user_message_of_attachments_alone() -> None:
    """The user message has a text part only if there is text, then one part per attachment."""
    assert prompt_of(None, attachments=[PICTURE, PICTURE]).messages == [
        Message("user", [AttachmentPart(PICTURE), AttachmentPart(PICTURE)])
    ]


def test_chain_of_explicit_messages_is_verbatim() -> None:
    """`Prompt(..., messages=L)` has a copy of L as its chain; nothing else is folded in; `[]` counts as given."""
    given = [user("one"), assistant("two")]
    prompt = prompt_of("three", messages=given, system="s", attachments=[PICTURE])
    given.append(user("later"))
    assert prompt.messages == [user("one"), assistant("two")]
    assert prompt._explicit_messages == [user("one"), assistant("two")]
    assert prompt_of("three", messages=[]).messages == []
    assert prompt_of("three", messages=[])._explicit_messages == []


def test_explicit_messages_are_assignable() -> None:
    """`prompt._explicit_messages` is the explicit chain or None, and assigning it replaces the chain."""
    prompt = prompt_of("hi")
    assert prompt._explicit_messages is None
    prompt._explicit_messages = [user("other")]
    assert prompt.messages == [user("other")]
    prompt._explicit_messages = None
    assert prompt.messages == [user("hi")]


def test_messages_are_a_new_list_on_every_access() -> None:
    """`messages` gives a new list each time, so that an adapter may change it."""
    for prompt in (prompt_of("hi"), prompt_of("hi", messages=[user("x")])):
        prompt.messages.clear()
        assert len(prompt.messages) == 1
        assert prompt.messages is not prompt.messages


def test_tool_message_carries_attachments_and_exception_text() -> None:
    """The tool message has one part per result: name, output, id, attachments and the text of the exception."""
    results = [
        llm.ToolResult("a", "1", attachments=[PICTURE], tool_call_id="x", exception=ValueError("bad")),
        llm.ToolResult("b", "2", exception="KeyError: 'k'"),  # type: ignore[arg-type]  # as read back from a log
        llm.ToolResult("c", "3"),
    ]
    assert prompt_of(None, tool_results=results).messages == [
        tool_message(
            ToolResultPart("a", "1", "x", attachments=[PICTURE], exception="ValueError: bad"),
            ToolResultPart("b", "2", exception="KeyError: 'k'"),
            ToolResultPart("c", "3"),
        )
    ]


def test_model_prompt_with_messages(face: Face) -> None:
    """`model.prompt(messages=L)`: L, tool message, user message; `system=` is visible but not in the chain."""
    given = [user("one"), assistant("two")]
    prompt = face.model().prompt("three", messages=given, tool_results=[RESULT], system="s").prompt
    given.clear()
    assert prompt.messages == [
        user("one"),
        assistant("two"),
        tool_message(ToolResultPart(name="add", output="3", tool_call_id="c1")),
        user("three"),
    ]
    assert prompt.system == "s"
    assert face.model().prompt("three", messages=[], system="s").prompt.messages == [user("three")]


def test_model_prompt_without_messages(face: Face) -> None:
    """`model.prompt()` without `messages=` has a chain of its own input, and no explicit one."""
    prompt = face.model().prompt("hi", system="s").prompt
    assert prompt.messages == [system("s"), user("hi")]
    assert prompt._explicit_messages is None


def test_equality_and_repr_of_the_listed_fields() -> None:
    """A prompt is a dataclass as far as `==` and `repr` go, over twelve fields; the explicit chain is not one."""
    model = ScriptedModel()
    one = llm.Prompt("hi", model, fragments=["f"], system="s", messages=[user("x")])
    assert one == llm.Prompt("hi", model, fragments=["f"], system="s")
    assert one != llm.Prompt("hi", model, fragments=["f"], system="other")
    assert one != "hi"
    assert repr(one) == (
        "Prompt(_prompt='hi', model=<ScriptedModel: scripted>, fragments=['f'], attachments=[], _system='s', "
        "system_fragments=[], prompt_json=None, schema=None, tools=[], tool_results=[], options=Options(), "
        "hide_reasoning=False)"
    )
    with pytest.raises(TypeError):
        hash(one)


def test_adapters_may_use_a_proxy() -> None:
    """Nothing tests for the class `Prompt`: an object with the same attributes can stand for one in a response."""

    class Proxy:
        def __init__(self, prompt: llm.Prompt) -> None:
            self._inner = prompt
            self.messages = [user("other")]

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    proxy: Any = Proxy(prompt_of("hi"))
    model = ScriptedModel(["a"])
    assert llm.Response(proxy, model, False).text() == "a"
    assert model.script.prompts == [proxy]


def test_text_parts_of_the_message() -> None:
    """Fragments and prompt text are one text part."""
    assert prompt_of("hi", fragments=["f"]).messages[0].parts == [TextPart("f\nhi")]
