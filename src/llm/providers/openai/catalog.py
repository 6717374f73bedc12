"""OpenAI's models, as rows: what is registered, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.extra_models import extra_models
from llm.providers.openai.responses import AsyncResponses, Responses

#: What the letters in the rows stand for: constructor flags.
FLAGS = {
    "V": "vision",
    "R": "reasoning",
    "B": "verbosity",
    "O": "image_detail_original",
    "S": "supports_schema",
    "T": "supports_tools",
}


class Row(NamedTuple):
    """One model: capabilities as letters, and aliases."""

    model_id: str
    flags: str = ""
    aliases: tuple[str, ...] = ()
    can_stream: bool = True

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of its constructor."""
        flags = {FLAGS[letter]: True for letter in self.flags}
        return {"model_id": self.model_id, "can_stream": self.can_stream, "service_tier": True, **flags}


CHAT = (
    Row("gpt-4o", "VST", ("4o",)),
    Row("gpt-4o-mini", "VST", ("4o-mini",)),
    Row("gpt-4.1", "VST", ("4.1",)),
    Row("gpt-4.1-mini", "VST", ("4.1-mini",)),
    Row("gpt-4.1-nano", "VST", ("4.1-nano",)),
    Row("gpt-3.5-turbo", aliases=("3.5", "chatgpt")),
    Row("gpt-3.5-turbo-16k", aliases=("chatgpt-16k", "3.5-16k")),
    Row("gpt-4", aliases=("4", "gpt4")),
    Row("gpt-4-turbo-2024-04-09"),
    Row("gpt-4-turbo", aliases=("gpt-4-turbo-preview", "4-turbo", "4t")),
)

RESPONSES = (
    Row("o1", "VRST", can_stream=False),
    Row("o1-2024-12-17", "VRST", can_stream=False),
    Row("o3-mini", "RST"),
    Row("o3", "VRST"),
    Row("o4-mini", "VRST"),
    Row("gpt-5", "VRBST"),
    Row("gpt-5-mini", "VRBST"),
    Row("gpt-5-nano", "VRBST"),
    Row("gpt-5-2025-08-07", "VRBST"),
    Row("gpt-5-mini-2025-08-07", "VRBST"),
    Row("gpt-5-nano-2025-08-07", "VRBST"),
    Row("gpt-5.1", "VRBST"),
    Row("gpt-5.2", "VRBST"),
    Row("gpt-5.2-chat-latest", "VRBST"),
    Row("gpt-5.4", "VRBOST"),
    Row("gpt-5.4-2026-03-05", "VRBOST"),
    Row("gpt-5.4-mini", "VRBOST"),
    Row("gpt-5.4-mini-2026-03-17", "VRBOST"),
    Row("gpt-5.4-nano", "VRBOST"),
    Row("gpt-5.4-nano-2026-03-17", "VRBOST"),
    Row("gpt-5.5", "VRBOST"),
    Row("gpt-5.5-2026-04-23", "VRBOST"),
    Row("gpt-5.6-sol", "VRBOST"),
    Row("gpt-5.6-terra", "VRBOST"),
    Row("gpt-5.6-luna", "VRBOST"),
    Row("gpt-6-astra", "VRBOST"),
    Row("gpt-6-sol", "VRBOST"),
    Row("gpt-6-luna", "VRBOST"),
)


def register_models(register: Callable[..., None]) -> None:
    """Register OpenAI's models, then those the user describes."""
    _register_rows(register, CHAT, Chat, AsyncChat)
    _register_rows(register, RESPONSES, Responses, AsyncResponses)
    instruct = Completion("gpt-3.5-turbo-instruct", default_max_tokens=256)
    register(instruct, aliases=("3.5-instruct", "chatgpt-instruct"))
    for model, async_model, aliases in extra_models():
        register(model, async_model, aliases=aliases)


def _register_rows(register: Callable[..., None], rows: Iterable[Row], kind: type[Any], async_kind: type[Any]) -> None:
    for row in rows:
        arguments = row.arguments()
        register(kind(**arguments), async_kind(**arguments), aliases=row.aliases)
