"""Stands for llm-mistral: asks `llm.get_key` by position, reads the list of its models from the user folder."""

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import llm
from llm.parts import StreamEvent, TextPart


@llm.hookimpl
def register_models(register: Any) -> None:
    for model_id in names():
        register(Mistral(model_id), AsyncMistral(model_id))


def names() -> list[str]:
    cache = llm.user_dir() / "mistral_models.json"
    if not cache.exists():
        cache.write_text(json.dumps(["standin-mistral"]), encoding="utf-8")
    found: list[str] = json.loads(cache.read_text(encoding="utf-8"))
    return found


class _Shared:
    can_stream = True
    needs_key: str | None = "mistral"
    key_env_var: str | None = "LLM_MISTRAL_KEY"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def pieces(self, prompt: Any, response: Any, key: str | None) -> Iterator[Any]:
        assert key == llm.get_key("", "mistral", "LLM_MISTRAL_KEY")
        texts = [part.text for message in prompt.messages for part in message.parts if isinstance(part, TextPart)]
        yield StreamEvent("text", " / ".join(texts))
        response.set_usage(input=1, output=2, details={"cached": 1})


class Mistral(_Shared, llm.KeyModel):
    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any, key: Any = None) -> Iterator[Any]:
        yield from self.pieces(prompt, response, key)


class AsyncMistral(_Shared, llm.AsyncKeyModel):
    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: Any = None
    ) -> AsyncGenerator[Any, None]:
        for piece in self.pieces(prompt, response, key):
            yield piece
