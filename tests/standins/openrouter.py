"""Stands for llm-openrouter: subclasses of the four OpenAI classes, with requests edited through `super()`."""

from enum import Enum
from typing import Any

import llm
from llm.default_plugins.openai_models import AsyncChat, AsyncResponses, Chat, ReasoningEffortEnum, Responses
from llm.parts import Message, StreamEvent

assert issubclass(ReasoningEffortEnum, (str, Enum))
assert Message("user").parts == []


@llm.hookimpl
def register_models(register: Any) -> None:
    settings: dict[str, Any] = {
        "model_id": "standin-openrouter/m",
        "model_name": "m",
        "api_base": "http://127.0.0.1:9/v1",
        "vision": True,
        "supports_schema": True,
        "supports_tools": True,
        "headers": {"X-Title": "LLM"},
    }
    register(Router(**settings), AsyncRouter(**settings), aliases=("standin-openrouter",))
    settings["model_id"] = "standin-openrouter/r"
    register(ResponsesRouter(**settings), AsyncResponsesRouter(**settings))


class _Mixin:
    needs_key: str | None = "openrouter"
    key_env_var: str | None = "OPENROUTER_KEY"

    def __str__(self) -> str:
        return f"OpenRouter: {self.model_id}"  # type: ignore[attr-defined]

    def build_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().build_kwargs(prompt, stream)  # type: ignore[misc]
        kwargs["extra_body"] = {"provider": {"sort": "price"}}
        return kwargs


class Router(_Mixin, Chat):
    pass


class AsyncRouter(_Mixin, AsyncChat):
    pass


class _ResponsesMixin(_Mixin):
    def _server_tool_events(self, item: Any, message_index: int) -> list[StreamEvent]:
        events: list[StreamEvent] = super()._server_tool_events(item, message_index)  # type: ignore[misc]
        return events


class ResponsesRouter(_ResponsesMixin, Responses):
    pass


class AsyncResponsesRouter(_ResponsesMixin, AsyncResponses):
    pass
