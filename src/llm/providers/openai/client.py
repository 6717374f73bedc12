"""The blocking client: the loops of what `llm.providers.openai.client_base` decides."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from llm.providers.openai.client_base import ClientBase

if TYPE_CHECKING:
    from typing_extensions import Self

    from llm.providers.openai.calls import Call


class OpenAIClient(ClientBase):
    """A blocking client; see `ClientBase` for its arguments. A context manager."""

    def perform(self, call: Call) -> Any:
        """Carry out a call and return its reply, or a stream of it."""
        from llm.providers.http.connections import blocking_http
        from llm.providers.http.exchange import perform
        from llm.providers.openai.replies import read_reply
        from llm.providers.openai.streams import Stream

        http = self._http_client or blocking_http()
        exchange = self._exchange(call, http)
        carry_out = partial(perform, http=http, sleep=self._sleep or time.sleep)
        response = carry_out(exchange.open())
        return Stream(call, exchange, response, carry_out) if call.streaming else read_reply(call, response)

    def close(self) -> None:
        """Make no more calls. Shared connections stay; an `http_client` that was given is closed."""
        self._closed = True
        if self._http_client is not None:
            self._http_client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
