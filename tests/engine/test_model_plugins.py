"""Stand-ins for plugins in use: each does what some published plugin does, in the way that one does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator
from typing import Any

import pytest
from pydantic import Field, create_model, field_validator

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant, user
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart
from llm.core.server_tools import partition_tools
from tests.engine.faces import Face

# A model that knows nothing of prompt.messages and walks conversation.responses

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")


class WalksResponses(llm.Model):
    model_id = "walks"
    can_stream = True
    attachment_types = ("image/png",)

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def build_messages(self, prompt: Any, conversation: Any) -> list[Any]:
        messages: list[Any] = []
        current_system = None
        if conversation is not None:
            for previous in conversation.responses:
                if previous.prompt.system and previous.prompt.system != current_system:
                    current_system = previous.prompt.system
                    messages.append(("system", current_system))
                pictures = [one.url for one in (previous.attachments or previous.prompt.attachments)]
                messages.append(("user", previous.prompt.prompt, pictures))
                messages.append(("assistant", previous.text_or_raise(), previous.tool_calls_or_raise()))
        if prompt.system and prompt.system != current_system:
            messages.append(("system", prompt.system))
        messages.append(("user", prompt.prompt, [one.url for one in prompt.attachments]))
        return messages

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any = None) -> Iterator[str]:
        messages = self.build_messages(prompt, conversation)
        response._prompt_json = {"messages": messages}
        self.sent.append(messages)
        yield from ("answer", str(len(self.sent)))
        response.response_json = {"choices": [1], "usage": {}}
        response.response_json.pop("usage")


def test_a_model_that_walks_responses() -> None:
    """`conversation.responses` has `.prompt.prompt`, `.prompt.system`, attachments and texts of the earlier turns."""
    model = WalksResponses()
    conversation = model.conversation()
    conversation.prompt("a", system="be kind", attachments=[PICTURE]).text()
    conversation.prompt("b", system="be kind").text()
    model.prompt("alone").text()
    assert model.sent == [
        [("system", "be kind"), ("user", "a", [PICTURE.url])],
        [("system", "be kind"), ("user", "a", [PICTURE.url]), ("assistant", "answer1", []), ("user", "b", [])],
        [("user", "alone", [])],
    ]
    assert conversation.responses[0].json() == {"choices": [1]}


def test_its_build_messages_with_fakes() -> None:
    """Tests of such plugins put fakes into `conversation.responses` and call the method directly."""
    model = WalksResponses()
    conversation = model.conversation()
    conversation.responses = [llm.Response.fake(model, "prompt 1", "system 1", "response 1")]
    assert model.build_messages(llm.Prompt("prompt 2", model, system="system 1"), conversation) == [
        ("system", "system 1"), ("user", "prompt 1", []), ("assistant", "response 1", []), ("user", "prompt 2", []),
    ]  # fmt: skip
    assert model.build_messages(llm.Prompt("p", model), None) == [("user", "p", [])]


class SharedByPair:
    needs_key: str | None = "pair"
    key_env_var: str | None = "PAIR_KEY"
    attachment_types: Collection[str]
    can_stream = True
    supports_tools = True

    class Options(llm.Options):
        temperature: float | None = Field(description="Sampling", default=None, ge=0, le=2)

        @field_validator("temperature")
        @classmethod
        def no_exact_one(cls, value: float | None) -> float | None:
            if value == 1:
                raise ValueError("not exactly 1")
            return value

    def __init__(self, model_id: str, *, thinking: bool = False) -> None:
        self.model_id = model_id
        self.attachment_types = {"image/png"}
        if thinking:
            self.Options = create_model(  # type: ignore[misc]  # as assigned per instance
                "Options", __base__=self.Options, thinking_budget=(int | None, Field(default=None))
            )

    def __str__(self) -> str:
        return f"Pair: {self.model_id}"

    def set_usage(self, response: Any, usage: dict[str, Any]) -> None:
        response.set_usage(input=usage.pop("in"), output=usage.pop("out"), details=usage or None)

    def pieces(self, prompt: Any, response: Any, key: Any) -> Iterator[Any]:
        response._scratch = {"seen": True}
        yield StreamEvent("reasoning", "hm", part_index=0)
        yield StreamEvent("text", f"{key} {prompt.options.model_dump(exclude_none=True)}", part_index=1)
        if prompt.tools and not prompt.tool_results:
            call = llm.ToolCall(name=prompt.tools[0].name, arguments={}, tool_call_id="c1")
            call.thought_signature = "signed"  # type: ignore[attr-defined]
            response.add_tool_call(call)
        response.set_resolved_model(self.model_id + "-001")
        self.set_usage(response, {"in": 1, "out": 2, "cached": 3})


class PairModel(SharedByPair, llm.KeyModel):
    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any, key: Any) -> Iterator[Any]:
        yield from self.pieces(prompt, response, key)


class AsyncPairModel(SharedByPair, llm.AsyncKeyModel):
    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: Any
    ) -> AsyncGenerator[Any, None]:
        for piece in self.pieces(prompt, response, key):
            await asyncio.sleep(0)
            yield piece


def pair(face: Face, *arguments: Any, **named: Any) -> Any:
    return (AsyncPairModel if face.is_async else PairModel)(*arguments, **named)


def test_mixins_without_super_init(face: Face) -> None:
    """State lives on classes and in the plugin's constructor; options are per instance where the plugin says so."""
    plain, thinking = pair(face, "plain"), pair(face, "thinking", thinking=True)
    assert (str(plain), repr(plain)) == ("Pair: plain", "<Pair: plain>")
    assert "thinking_budget" in thinking.Options.model_fields
    assert "thinking_budget" not in plain.Options.model_fields
    response = thinking.prompt("x", key="k", thinking_budget="5", temperature=0.5)
    assert face.text(response) == "k {'temperature': 0.5, 'thinking_budget': 5}"
    assert face.get(response.usage()) == llm.Usage(1, 2, {"cached": 3})
    assert (response.resolved_model, response._scratch) == ("thinking-001", {"seen": True})
    assert face.messages(response)[0].parts[0] == ReasoningPart("hm")
    for bad in ({"thinking_budget": 5}, {"temperature": 1}):
        with pytest.raises(ValueError):
            plain.prompt("x", **bad)


def test_signatures_on_calls_survive(face: Face) -> None:
    """An attribute that the adapter sets on a `ToolCall` is found on what tool_calls() gives, also in hooks."""
    seen: list[Any] = []
    chain = pair(face, "plain").chain(
        "x", key="k", tools=[llm.Tool("t", implementation=lambda: "1")],
        before_call=lambda tool, call: seen.append(call.thought_signature),
    )  # fmt: skip
    face.text(chain)
    assert seen == ["signed"]
    assert chain._responses[0].tool_calls_or_raise()[0].thought_signature == "signed"


def test_a_key_set_from_outside(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs set `model.key` before prompting; it wins over stored keys and the environment."""
    monkeypatch.setenv("PAIR_KEY", "from environment")
    model = pair(face, "plain")
    if model.needs_key:
        model.key = llm.get_key(None, model.needs_key, model.key_env_var)
    monkeypatch.setenv("PAIR_KEY", "changed")
    assert face.text(model.prompt("x")).startswith("from environment")


class ReadsMessages(llm.Model):
    model_id = "reads"
    supports_tools = True
    supported_server_side_tools = (llm.ServerSideTool,)

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def build_messages(self, prompt: Any) -> list[Any]:
        built: list[Any] = []
        for message in prompt.messages:
            for part in message.parts:
                if isinstance(part, TextPart):
                    built.append((message.role, part.text))
                elif isinstance(part, ToolCallPart):
                    built.append((message.role, part.name, part.arguments, part.tool_call_id))
                else:
                    built.append((message.role, part.output, part.tool_call_id))
        return built

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[Any]:
        functions, server_side = partition_tools(self, prompt.tools)
        self.sent.append(
            (self.build_messages(prompt), [one.name for one in functions], [one.spec for one in server_side])
        )
        if any(part.__class__.__name__ == "ToolResultPart" for message in prompt.messages for part in message.parts):
            event = StreamEvent("text", "done", part_index=0)
            yield event
            event.provider_metadata = {"reads": {"citations": [1]}}
            return
        yield StreamEvent(type="tool_call_name", chunk="search", part_index=0, tool_call_id="c1")
        for chunk in ('{"q": ', '"x"}'):
            yield StreamEvent(type="tool_call_args", chunk=chunk, part_index=0, tool_call_id="c1")
        response.add_tool_call(llm.ToolCall(tool_call_id="c1", name="search", arguments={"q": "x"}))


def test_an_adapter_that_reads_the_chain() -> None:
    """`prompt.messages` is the complete chain in every round; metadata changed after an event was yielded counts."""
    model = ReadsMessages()
    conversation = model.conversation()
    chain = conversation.chain(
        "find x",
        system="s",
        tools=[llm.Tool("search", implementation=lambda q: f"found {q}"), llm.ServerSideTool({"a": 1})],
    )
    assert chain.text() == "done"
    opening = [("system", "s"), ("user", "find x")]
    assert model.sent[0] == (opening, ["search"], [{"a": 1}])
    assert model.sent[1][0] == [*opening, ("assistant", "search", {"q": "x"}, "c1"), ("tool", "found x", "c1")]
    assert chain._responses[1].messages() == [assistant(TextPart("done", {"reads": {"citations": [1]}}))]
    assert len(chain._responses[0].messages()[0].parts) == 1


class ReturnsText(llm.Model):
    model_id = "returns"

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
        response.response_json = {"votes": 2}
        return {"text": "abc", "list": ["ab", "c"], "iterator": iter(["abc"])}[prompt.prompt]


@pytest.mark.parametrize("kind", ["text", "list", "iterator"])
def test_plain_functions(kind: str) -> None:
    """`execute` may return one string, a list or an iterator."""
    response = ReturnsText().prompt(kind)
    assert response.text() == "abc"
    assert response.json() == {"votes": 2}


class Refuses(llm.Model):
    model_id = "refuses"

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield "I "
        response.response_json = {"stop_reason": "refusal"}
        response.set_usage(input=3, output=1)
        raise llm.ModelError("The model refused")


def test_a_refusal_at_the_end() -> None:
    """After an exception at the end, payload and token counts stay readable on the response."""
    response = Refuses().prompt("x")
    with pytest.raises(llm.ModelError, match="refused"):
        response.text()
    assert (response.response_json, response.input_tokens, response.output_tokens) == ({"stop_reason": "refusal"}, 3, 1)


class TokenCount(Exception):
    """Not an error: the plugin's command catches it."""


class CountsTokens(llm.Model):
    model_id = "counts"

    class Options(llm.Options):
        count_tokens: bool | None = None

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        if prompt.options.count_tokens:
            raise TokenCount(len(prompt.prompt))
        yield "counted"


def test_an_exception_as_an_answer() -> None:
    """An exception of the plugin's own class leaves the response unchanged; the prompt is readable without running."""
    response = CountsTokens().conversation().prompt("four", count_tokens=True)
    assert response.prompt.prompt == "four"
    with pytest.raises(TokenCount) as caught:
        response.text()
    assert caught.value.args == (4,)
    assert caught.value.__cause__ is None


class MadeAsync(llm.AsyncModel):
    """Runs a blocking model's `execute` on a thread, with the async response, all arguments by position."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.model_id = inner.model_id
        self.can_stream = inner.can_stream
        self.attachment_types = inner.attachment_types
        self.Options = inner.Options

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> AsyncGenerator[str | StreamEvent, None]:
        chunks = await asyncio.get_running_loop().run_in_executor(
            None, lambda: list(self.inner.execute(prompt, stream, response, conversation))
        )
        for chunk in chunks:
            yield chunk


def test_async_models_made_of_blocking_ones(on_loop: Any) -> None:
    """Such a model works in a conversation: walking finished async responses needs no await."""
    inner = WalksResponses()
    conversation = MadeAsync(inner).conversation()
    assert on_loop.text(conversation.prompt("a")) == "answer1"
    assert on_loop.text(conversation.prompt("b")) == "answer2"
    assert inner.sent[1] == [("user", "a", []), ("assistant", "answer1", []), ("user", "b", [])]
    assert conversation.responses[0].response_json == {"choices": [1]}


class HandsOn(llm.KeyModel):
    model_id = "hands-on"
    needs_key = "hands"

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any, key: Any = None) -> Iterator[Any]:
        class Proxy:
            def __init__(self) -> None:
                self.messages = [*prompt.messages, user("by the way")]

            def __getattr__(self, name: str) -> Any:
                return getattr(prompt, name)

        for event in self.inner.execute(Proxy(), stream, response, conversation):
            if isinstance(event, StreamEvent) and event.type == "text":
                event.provider_metadata = {"hands-on": {"key": key}}
            yield event


def test_a_proxy_of_the_prompt() -> None:
    """Another model's `execute` gets an object that merely forwards to the prompt."""
    inner = ReadsMessages()
    response = HandsOn(inner).prompt("x", key="k")
    response.text()
    assert inner.sent[0][0] == [("user", "x"), ("user", "by the way")]
    assert response.prompt.messages == [user("x")]
