"""A program that prompts models, blocking and async, and looks at everything a response has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typing_extensions import assert_type

import llm
from llm.parts import Message, StreamEvent
from tests.typing.model_plugin import AsyncShouting, Keyed, Lengths, Shouting


def blocking() -> str:
    response = Shouting().prompt("hello", system="be loud", marks=2, options={}, stream=False)
    assert_type(response, llm.Response)
    chunks: list[str] = []
    for chunk in response:
        assert_type(chunk, str)
        chunks.append(chunk)
    assert_type(response.text(), str)
    assert_type(response.usage(), llm.Usage)
    assert_type(response.messages(), list[Message])
    assert_type(response.stream_events(), Iterator[StreamEvent])
    assert_type(response.tool_calls(), list[llm.ToolCall])
    assert_type(response.duration_ms(), int)
    assert_type(response.datetime_utc(), str)
    response.on_done(lambda done: chunks.append(done.text()))
    reply = response.reply("again", marks=1)
    assert_type(reply, llm.Response)
    data = reply.to_dict()
    assert_type(data["model"], str)
    again = llm.Response.from_dict(data, model=Shouting())
    assert_type(again, llm.Response)
    return again.text()


def conversing() -> list[str]:
    conversation = Shouting().conversation()
    assert_type(conversation, llm.Conversation)
    first = conversation.prompt("one", attachments=[llm.Attachment(type="image/png", content=b"png")])
    assert_type(first, llm.Response)
    conversation.prompt(messages=[llm.user("a"), llm.assistant("b")], key="k").text()
    return [first.text(), repr(conversation)]


async def on_a_loop() -> str:
    response = AsyncShouting().prompt("hello")
    assert_type(response, llm.AsyncResponse)
    async for chunk in response:
        assert_type(chunk, str)
    async for event in response.astream_events():
        assert_type(event, StreamEvent)
    assert_type(await response, llm.AsyncResponse)
    assert_type(await response.usage(), llm.Usage)
    assert_type(response.text_or_raise(), str)

    async def note(done: llm.AsyncResponse) -> None:
        await done.text()

    await response.on_done(note)
    reply = await response.reply("more", messages=[llm.user("and more")])
    assert_type(reply, llm.AsyncResponse)
    assert_type(await response.to_sync_response(), llm.Response)
    conversation = AsyncShouting().conversation()
    assert_type(conversation, llm.AsyncConversation)
    assert_type(conversation.prompt("x"), llm.AsyncResponse)
    return await reply.text()


def looking_up(name: str) -> str:
    model = llm.get_model(name)
    response: llm.Response = model.prompt("hello")
    return response.text()


def embedding() -> list[float]:
    model = Lengths()
    vectors = list(model.embed_multi(["a", b"bb"], batch_size=2))
    assert_type(vectors, list[list[float]])
    return model.embed("abc")


def failing() -> str | None:
    try:
        Keyed().prompt("hello").text()
    except llm.NeedsKeyException as error:
        return str(error)
    except llm.ModelError:
        raise
    return None


def faking() -> Any:
    return llm.Response.fake(Shouting(), "prompt", "system", "response").json()
