"""Messages and attachments in the form of Chat Completions."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.core.attachments import Attachment
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.providers.openai import attachments
from llm.providers.openai.attachments import chat_attachment, responses_attachment
from llm.providers.openai.chat import Chat
from llm.providers.openai.options import ImageDetailEnum
from tests.loopback import Loopback, Reply
from tests.providers.openai.wire import prompt_of

PNG = Attachment(type="image/png", content=b"abc")
PNG_URL = "data:image/png;base64,YWJj"


def wire_messages(*messages: Any, **arguments: Any) -> list[dict[str, Any]]:
    return Chat("m").build_messages(prompt_of(*messages), None, **arguments)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (llm.user("a", "b"), {"role": "user", "content": "ab"}),
        (llm.user(""), {"role": "user", "content": ""}),
        (llm.Message("developer", [TextPart("x")]), {"role": "developer", "content": "x"}),
        (llm.assistant(""), {"role": "assistant", "content": ""}),
        (llm.assistant(ReasoningPart("thought"), "x"), {"role": "assistant", "content": "x"}),
        (
            llm.user(PNG, "look"),
            {
                "role": "user",
                "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": PNG_URL}}],
            },
        ),
        (llm.user(PNG), {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG_URL}}]}),
    ],
)
def test_one_message(message: Any, expected: dict[str, Any]) -> None:
    """Texts are joined, attachments follow the text, roles are kept, reasoning is not sent."""
    assert wire_messages(message) == [expected]


@pytest.mark.parametrize(
    "message",
    [
        llm.user(),
        llm.user(ToolResultPart("f", "out", "c1")),
        llm.assistant(),
        llm.assistant(ReasoningPart("thought")),
        llm.assistant(ToolCallPart("web_search", {}, "ws_1", server_executed=True), ToolResultPart("web_search", "x")),
        llm.Message("tool", [TextPart("x"), ToolResultPart("f", "out", "c1", server_executed=True)]),
    ],
)
def test_nothing_to_say(message: Any) -> None:
    """A message with nothing that can be sent is left out."""
    assert wire_messages(message) == []


def test_tool_calls() -> None:
    """Calls of functions are sent with their arguments as JSON text, those of the provider are not."""
    call = ToolCallPart("f", {"a": 6, "b": "é"}, "c1")
    server = ToolCallPart("web_search", {}, "ws_1", server_executed=True)
    wire = {"type": "function", "id": "c1", "function": {"name": "f", "arguments": '{"a": 6, "b": "\\u00e9"}'}}
    assert wire_messages(llm.assistant(PNG, call, server)) == [
        {"role": "assistant", "content": None, "tool_calls": [wire]}
    ]
    assert wire_messages(llm.assistant("x", call)) == [{"role": "assistant", "content": "x", "tool_calls": [wire]}]


def test_tool_results() -> None:
    """Each result is a message of its own; its attachments are not in it."""
    results = [ToolResultPart("f", "one", "c1", attachments=[PNG]), TextPart("x"), ToolResultPart("g", "two", "c2")]
    assert wire_messages(llm.Message("tool", results)) == [
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
    ]


def test_system_messages() -> None:
    """A system message is sent where it differs from the last one."""
    texts = ["a", "a", "b", "a"]
    chain = [message for text in texts for message in (llm.system(text), llm.user("x"))]
    sent = [message["content"] for message in wire_messages(*chain) if message["role"] == "system"]
    assert sent == ["a", "b", "a"]


@pytest.mark.parametrize("detail", [ImageDetailEnum.low, "low"])
def test_image_detail(detail: Any) -> None:
    """The level of detail goes into each image, from an enum member or from text."""
    content = wire_messages(llm.user(PNG), image_detail=detail)[0]["content"]
    assert content == [{"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low"}}]


def test_image_by_url() -> None:
    """An image with a URL is sent as that, without a download."""
    image = Attachment(type="image/jpeg", url="http://127.0.0.1:9/a.jpg")
    assert chat_attachment(image)["image_url"] == {"url": image.url}
    assert responses_attachment(image, "high") == {"type": "input_image", "image_url": image.url, "detail": "high"}


def test_documents_and_sound() -> None:
    """PDF documents go as files named after their id, sound as wav or mp3."""
    pdf = Attachment(type="application/pdf", content=b"%PDF")
    file = {"filename": f"{pdf.id()}.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}
    assert chat_attachment(pdf) == {"type": "file", "file": file}
    assert responses_attachment(pdf) == {"type": "input_file", **file}
    for kind, name in (("audio/wav", "wav"), ("audio/mpeg", "mp3")):
        sound = chat_attachment(Attachment(type=kind, content=b"abc"))
        assert sound == {"type": "input_audio", "input_audio": {"data": "YWJj", "format": name}}


@pytest.mark.parametrize("function", [chat_attachment, responses_attachment])
@pytest.mark.parametrize("kind", ["text/plain", "video/mp4"])
def test_other_types_are_refused(function: Any, kind: str) -> None:
    """What the API has no form for is refused and not sent under a wrong name."""
    with pytest.raises(ValueError, match=kind):
        function(Attachment(type=kind, content=b"abc"))


def test_responses_take_no_sound() -> None:
    """The Responses API has no form for sound."""
    with pytest.raises(ValueError, match="audio/wav"):
        responses_attachment(Attachment(type="audio/wav", content=b"abc"))


def test_files_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later turns do not read a file again, until it has changed."""
    reads: list[Attachment] = []
    content_bytes = Attachment.content_bytes

    def counted(attachment: Attachment) -> bytes | None:
        reads.append(attachment)
        return content_bytes(attachment)

    monkeypatch.setattr(Attachment, "content_bytes", counted)
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    sent = [chat_attachment(Attachment(type="image/png", path=str(file)))["image_url"]["url"] for _ in range(3)]
    assert (sent, len(reads)) == ([PNG_URL] * 3, 1)
    file.write_bytes(b"other")
    changed = chat_attachment(Attachment(type="image/png", path=str(file)))["image_url"]["url"]
    assert base64.b64decode(changed.partition(",")[2]) == b"other"


def test_encoded_texts_are_bounded() -> None:
    """The texts that are kept stay below a limit; those used last survive."""
    kept = attachments._Encoded(limit=10)
    kept.put("a", "12345")
    kept.put("b", "12345")
    assert kept.get("a") == "12345"
    kept.put("c", "12345")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ("12345", None, "12345")
    kept.put("d", "x" * 11)
    assert [kept.get(key) for key in "acd"] == [None] * 3


def test_hooks_are_used() -> None:
    """An overridden `_append_llm_message` is asked for each message, without a parameter that it may not have."""

    class Own(Chat):
        def _append_llm_message(self, out: Any, message: Any, current_system: Any) -> Any:  # type: ignore[override]
            out.append({"role": message.role, "content": "own"})
            return current_system

    sent = Own("m").build_messages(prompt_of(llm.user("a"), llm.assistant("b")), None)
    assert [message["content"] for message in sent] == ["own", "own"]


@pytest.mark.parametrize("kind", ["application/pdf", "audio/wav"])
def test_documents_and_sound_by_url(kind: str, loopback: Loopback) -> None:
    """Documents and sound with a URL are downloaded, once for all turns, and sent as their data."""
    loopback.on("/a", Reply(200, {"content-type": kind}, [b"%PDF"]))
    attachment = Attachment(type=kind, url=f"{loopback.url}/a")
    forms = [chat_attachment(attachment), chat_attachment(attachment)]
    if kind == "application/pdf":
        forms.append(responses_attachment(attachment))
        sent = [form.get("file", form)["file_data"] for form in forms]
        assert sent == ["data:application/pdf;base64,JVBERg=="] * 3
    else:
        assert [form["input_audio"] for form in forms] == [{"data": "JVBERg==", "format": "wav"}] * 2
    assert len(loopback.requests) == 1
