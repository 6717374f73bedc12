"""The chat models: `smollm2`, and every GGUF file that the user added."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING

from llm.engine.model import AsyncModel, Model
from llm.engine.options import lazy_options
from llm.providers.local import available
from llm.providers.local.catalog import LocalModel, known_models

if TYPE_CHECKING:
    from llm.core.events import StreamEvent
    from llm.engine.base_options import Options
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.engine.prompt import Prompt
    from llm.engine.responses import AsyncResponse, Response
    from llm.providers.local.generation import Work
    from llm.providers.local.runtime import RuntimeSettings
    from llm.providers.local.wire import ChatDecoder


def _options() -> type[Options]:
    from llm.providers.local.options import LocalOptions

    return LocalOptions


class _Local:
    """What the blocking and the async model share."""

    can_stream = True
    supports_schema = True
    Options = lazy_options(_options)

    def __init__(self, model: LocalModel) -> None:
        self.local_model = model
        self.model_id = model.name

    def available(self) -> bool:
        """Tell whether the optional part that runs local models is installed."""
        return available()

    def _settings(self) -> RuntimeSettings:
        """Return how to load the model, its weights fetched if need be."""
        from llm.providers.local.runtime import RuntimeSettings, check_available
        from llm.providers.local.supply import ready

        check_available()
        model = self.local_model
        return RuntimeSettings(ready(model), model.context, fits=model.published is not None)

    def _work(self, settings: RuntimeSettings, prompt: Prompt) -> Work:
        from llm.providers.local.runtime import runtime_for
        from llm.providers.local.wire import chat_request

        request = chat_request(
            prompt.messages, options=prompt.given_options, defaults=self.local_model.defaults, schema=prompt.schema
        )
        return lambda take, is_over: runtime_for(settings).chat(request, take, is_over)

    def _decoder(self, prompt: Prompt, *, stream: bool) -> ChatDecoder:
        from llm.providers.local.wire import ChatDecoder

        return ChatDecoder(self.model_id, stream=stream, whole_json=bool(prompt.schema))

    def __str__(self) -> str:
        return f"Local: {self.model_id}"


class LocalChat(_Local, Model):
    """A model run by llama.cpp in this process."""

    def execute(
        self,
        prompt: Prompt,
        stream: bool,
        response: Response,
        conversation: Conversation | None = None,  # noqa: ARG002 - the history is in the prompt
    ) -> Iterator[str | StreamEvent]:
        """Yield the events of the answer; closing the generator stops generation."""
        from llm.providers.local.generation import chunks

        decoder = self._decoder(prompt, stream=stream)
        with closing(chunks(self._work(self._settings(), prompt))) as answer:
            for chunk in answer:
                yield from decoder.feed(chunk)
        _report(response, decoder)
        yield from decoder.finish()


class AsyncLocalChat(_Local, AsyncModel):
    """The same for async code: loading and generating happen in a thread."""

    async def execute(
        self,
        prompt: Prompt,
        stream: bool,
        response: AsyncResponse,
        conversation: AsyncConversation | None = None,  # noqa: ARG002 - the history is in the prompt
    ) -> AsyncGenerator[str | StreamEvent, None]:
        """Yield the events of the answer; closing the generator stops generation."""
        import asyncio

        from llm.providers.local.generation import achunks

        decoder = self._decoder(prompt, stream=stream)
        settings = await asyncio.to_thread(self._settings)
        async with aclosing(achunks(self._work(settings, prompt))) as answer:
            async for chunk in answer:
                for event in decoder.feed(chunk):
                    yield event
        _report(response, decoder)
        for event in decoder.finish():
            yield event


def register_models(register: Callable[..., None]) -> None:
    """Register the embedded model and those that the user added. Reads one small file."""
    for model in (known for known in known_models() if not known.embedding):
        register(LocalChat(model), AsyncLocalChat(model), aliases=model.aliases)


def _report(response: Response | AsyncResponse, decoder: ChatDecoder) -> None:
    response.set_usage(**decoder.usage())
    response.response_json = decoder.response_json()
