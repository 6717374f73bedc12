"""Requests to llama.cpp and its chunks."""

from __future__ import annotations

from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.errors import ModelError
from llm.core.events import StreamEvent
from llm.core.messages import Message, assistant, system, user
from llm.providers.local.wire import ChatDecoder, chat_request, wire_messages
from tests.providers.local.scripted import answer, last_chunks, text_chunk


def request(**changed: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"messages": [user("hi")], "options": {}, "defaults": {}, "schema": None} | changed
    return chat_request(arguments.pop("messages"), **arguments)


def decoded(decoder: ChatDecoder, chunks: list[dict[str, Any]]) -> list[StreamEvent]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.finish()


def test_messages() -> None:
    """Each message goes out with its role and text."""
    messages = [system("Be brief."), user("One ", "two"), assistant("Three"), user("Four")]
    assert wire_messages(messages) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One two"},
        {"role": "assistant", "content": "Three"},
        {"role": "user", "content": "Four"},
    ]


def test_attachments_are_refused() -> None:
    """An attachment anywhere in the history is an error, as the model could not see it."""
    history = [Message("user", user(Attachment(content=b"x")).parts), assistant("A cat"), user("Why?")]
    with pytest.raises(ModelError, match="attachments"):
        wire_messages(history)


def test_options_beat_defaults() -> None:
    """Options go out under their own names; a model's defaults stand where there is none."""
    sent = request(options={"temperature": 1.5}, defaults={"temperature": 0.2, "top_p": 0.9})
    assert (sent["temperature"], sent["top_p"]) == (1.5, 0.9)


def test_always_streams() -> None:
    """Requests stream and ask for progress, so that they can be stopped, and for usage."""
    sent = request()
    assert sent["stream"] is sent["return_progress"] is True
    assert sent["stream_options"] == {"include_usage": True}
    assert "response_format" not in sent


def test_schema() -> None:
    """A schema becomes the response format, which llama.cpp enforces."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    assert request(schema=schema)["response_format"]["json_schema"]["schema"] == schema


def test_seed_reads_the_whole_prompt() -> None:
    """With a seed, nothing of an earlier prompt is reused, which would change the answer."""
    assert request(options={"seed": 0})["cache_prompt"] is False
    assert "cache_prompt" not in request()


def test_text_as_it_comes() -> None:
    """Each chunk with text is an event."""
    assert decoded(ChatDecoder("m"), answer("Hel", "lo")) == [StreamEvent("text", "Hel"), StreamEvent("text", "lo")]


def test_held_back_without_streaming() -> None:
    """Without streaming, the text comes in one piece at the end."""
    assert decoded(ChatDecoder("m", stream=False), answer("Hel", "lo")) == [StreamEvent("text", "Hello")]


def test_no_text_at_all() -> None:
    """An answer without text has no events, in both manners."""
    assert decoded(ChatDecoder("m"), answer()) == decoded(ChatDecoder("m", stream=False), answer()) == []


@pytest.mark.parametrize("stream", [True, False])
def test_reasoning(stream: bool) -> None:
    """What a model thinks before it answers is reasoning."""
    thought = {"choices": [{"delta": {"reasoning_content": "Hm."}}]}
    events = decoded(ChatDecoder("m", stream=stream), [thought, *answer("Yes")])
    assert events == [StreamEvent("reasoning", "Hm."), StreamEvent("text", "Yes")]


def test_usage() -> None:
    """Usage is that of the last chunk that has some; details are what is neither zero nor a total."""
    decoder = ChatDecoder("m")
    decoded(decoder, [{"usage": {"prompt_tokens": 1}}, *answer("Hi"), {"usage": None}])
    assert decoder.usage() == {"input": 7, "output": 3, "details": {"prompt_tokens_details": {"cached_tokens": 2}}}


def test_usage_without_details() -> None:
    """Details that say nothing are none."""
    decoder = ChatDecoder("m")
    decoder.feed({"usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}}})
    assert decoder.usage() == {"input": 1, "output": None, "details": None}


def test_response_json() -> None:
    """What is logged names the model as the user does, why the answer ended, and usage and timings."""
    decoder = ChatDecoder("mine")
    decoded(decoder, answer("Hi"))
    assert decoder.response_json() == {
        "model": "mine",
        "id": "c1",
        "created": 5,
        "timings": {"prompt_n": 7},
        "finish_reason": "stop",
        "usage": last_chunks()[1]["usage"],
    }


def test_json_that_was_cut_off() -> None:
    """An answer that should be JSON and reached the limit of tokens is an error; other text is not."""
    with pytest.raises(ModelError, match="max_tokens"):
        decoded(ChatDecoder("m", whole_json=True), answer('{"a":', reason="length"))
    assert decoded(ChatDecoder("m"), answer("a", reason="length")) == [StreamEvent("text", "a")]


def test_too_long() -> None:
    """A conversation that does not fit is told with both numbers."""
    error = {"type": "exceed_context_size_error", "message": "...", "n_prompt_tokens": 9031, "n_ctx": 8192}
    with pytest.raises(ModelError, match=r"9031 tokens, more than the 8192 that m takes"):
        ChatDecoder("m").feed({"error": error})


@pytest.mark.parametrize("error", ["odd", {"message": "odd"}, {"code": "odd"}])
def test_other_failures(error: Any) -> None:
    """Any other failure in the stream is an error with what it says."""
    with pytest.raises(ModelError, match=r"m: .*odd"):
        ChatDecoder("m").feed({"error": error})


@pytest.mark.parametrize("chunk", [{}, {"choices": None}, {"choices": [{}]}, {"choices": [{"delta": None}]}])
def test_chunks_without_content(chunk: dict[str, Any]) -> None:
    """Chunks that carry nothing, such as those on progress, are no events."""
    assert ChatDecoder("m").feed(chunk) == []


def test_text_chunk_is_what_the_tests_say() -> None:
    """The stand-in's chunks have text where the decoder looks for it."""
    assert ChatDecoder("m").feed(text_chunk("x")) == [StreamEvent("text", "x")]
