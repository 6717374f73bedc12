"""Stands for llm-groq: keys looked up by itself, messages built by walking `conversation.responses`."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from pydantic import Field

import llm


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Groq("standin-groq"), AsyncGroq("standin-groq"), aliases=("groq",))


class _Options(llm.Options):
    temperature: float | None = Field(default=None, ge=0, le=1)


class _Shared:
    needs_key: str | None = "groq"
    key_env_var: str | None = "LLM_GROQ_KEY"
    can_stream = True

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def build_messages(self, prompt: Any, conversation: Any) -> list[tuple[str, str]]:
        messages: list[tuple[str, str]] = []
        if conversation is not None:
            for previous in conversation.responses:
                if previous.prompt.system:
                    messages.append(("system", previous.prompt.system))
                messages.append(("user", previous.prompt.prompt))
                messages.append(("assistant", previous.text_or_raise()))
        if prompt.system:
            messages.append(("system", prompt.system))
        messages.append(("user", prompt.prompt))
        return messages


class Groq(_Shared, llm.Model):
    class Options(_Options):
        pass

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        key = self.get_key()
        messages = self.build_messages(prompt, conversation)
        response._prompt_json = {"messages": messages}
        yield f"{key} {len(messages)} {messages[0][1]}"


class AsyncGroq(_Shared, llm.AsyncModel):
    class Options(_Options):
        pass

    async def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> AsyncGenerator[str, None]:
        messages = self.build_messages(prompt, conversation)
        yield f"{self.get_key()} {len(messages)} {messages[0][1]}"
