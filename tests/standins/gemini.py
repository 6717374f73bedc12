"""Stands for llm-gemini: options per instance made with `create_model`, signatures on calls, embeddings."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field, create_model

import llm
from llm.models import _partition_tools  # type: ignore[attr-defined]  # private, and used all the same
from llm.parts import StreamEvent, ToolCallPart


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Gemini("standin-gemini", can_think=True), aliases=["gemini"])


@llm.hookimpl
def register_embedding_models(register: Any) -> None:
    register(GeminiEmbedding("standin-gemini-embedding"), aliases=("embed-gemini",))


class Gemini(llm.KeyModel):
    needs_key = "gemini"
    key_env_var = "LLM_GEMINI_KEY"
    can_stream = True
    supports_tools = True
    attachment_types = ("image/png",)

    class Options(llm.Options):
        temperature: float | None = Field(description="Sampling", default=None, ge=0.0, le=2.0)

    def __init__(self, model_id: str, can_think: bool = False) -> None:
        self.model_id = model_id
        if can_think:
            self.Options = create_model(  # type: ignore[misc]
                "Options", __base__=self.Options, thinking_budget=(int | None, Field(default=None))
            )

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any, key: Any) -> Iterator[Any]:
        response._gemini_parts = []
        functions, _ = _partition_tools(self, prompt.tools)
        if functions and not prompt.tool_results:
            call = llm.ToolCall(name=functions[0].name, arguments={})
            call.thought_signature = "signed"  # type: ignore[attr-defined]
            response.add_tool_call(call)
            response.set_resolved_model("gemini-001")
            return
        asked = [part for message in prompt.messages for part in message.parts if isinstance(part, ToolCallPart)]
        yield f"{key} {prompt.options.thinking_budget} {len(asked)}"
        yield StreamEvent(type="text", chunk="!", provider_metadata={"gemini": {"signature": "s"}})


class GeminiEmbedding(llm.EmbeddingModel):
    needs_key = "gemini"
    key_env_var = "LLM_GEMINI_KEY"
    batch_size = 20

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def embed_batch(self, items: Iterable[Any], *, key: str | None = None) -> Iterator[list[float]]:
        assert key
        return iter([[float(len(item))] for item in items])
