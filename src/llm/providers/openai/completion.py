"""Models that continue a text, through the legacy completions API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llm.providers.openai import PLUGIN
from llm.providers.openai.chat import Chat
from llm.providers.openai.closing import closing_stream
from llm.providers.openai.flags import completion_options, flagged_options
from llm.providers.openai.legacy import current_combine_chunks


class Completion(Chat):
    """A model behind `/completions`: it takes text and gives text."""

    __module__ = PLUGIN

    Options: Any = flagged_options(completion_options)

    def __init__(self, *args: Any, default_max_tokens: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_max_tokens = default_max_tokens

    def __str__(self) -> str:
        return f"OpenAI Completion: {self.model_id}"

    def execute(
        self,
        prompt: Any,
        stream: bool,
        response: Any,
        conversation: Any = None,  # noqa: ARG002 - part of the interface
        key: str | None = None,
    ) -> Iterator[Any]:
        """Send the prompt and yield the text of the answer. Raises `NotImplementedError` for a system prompt."""
        from llm.core.usage import remove_dict_none_values
        from llm.providers.openai.chat_stream import TextDecoder, usage_of
        from llm.providers.openai.failures import explaining, refuse_what_is_no_object
        from llm.providers.openai.reading import dump, first, items, text

        request = self._completion_request(prompt, stream)
        with explaining(self, response):
            reply = self.get_client(key).completions.create(**request)
            if request["stream"]:
                decoder = TextDecoder()
                with closing_stream(reply):
                    for chunk in reply:
                        yield from decoder.feed(chunk)
            else:
                refuse_what_is_no_object(self, reply)
        if request["stream"]:
            payload, usage, name = current_combine_chunks()(decoder.chunks), decoder.usage, decoder.model
        else:
            if items(reply, "choices"):
                yield text(first(reply, "choices"), "text")
            payload, usage, name = dump(reply), usage_of(reply), getattr(reply, "model", None)
        response.response_json = remove_dict_none_values(payload)
        self.set_usage(response, usage)
        self._record_model_name(response, name)
        response._prompt_json = {"messages": _texts(prompt)}

    def _completion_request(self, prompt: Any, stream: bool) -> dict[str, Any]:
        if prompt.system:
            raise NotImplementedError("System prompts are not supported for OpenAI completion models")
        stream = bool(stream and self.can_stream)
        return {
            "model": self.model_name or self.model_id,
            "prompt": "\n".join(_texts(prompt)),
            "stream": stream,
            **self.build_kwargs(prompt, stream),
        }


def _texts(prompt: Any) -> list[str]:
    """Return the texts of what user and model have said so far."""
    from llm.providers.openai.messages import joined_text

    texts = [joined_text(message) for message in prompt.messages if message.role in {"user", "assistant"}]
    return [text for text in texts if text]
