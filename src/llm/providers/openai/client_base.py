"""What the blocking and the async client share: everything but waiting.

The shape is that of the OpenAI SDK's client, as far as models and plugins use it. Whatever else somebody asks for
(`beta`, `images`, `with_options`, `chat.completions.parse`, ...) comes from an SDK client made of the same arguments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm.providers.openai import calls, sdk
from llm.providers.openai.settings import UNSET, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx2

    from llm.providers.http.exchange import Exchange
    from llm.providers.http.policy import Policy


class Resource:
    """A part of the API. `path` is its place below the client."""

    def __init__(self, client: ClientBase, path: str) -> None:
        self._client = client
        self._path = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(attrgetter(self._path)(self._client.sdk_client), name)


class CreateResource(Resource):
    """A part of the API with a `create` method."""

    def __init__(self, client: ClientBase, path: str, endpoint: calls.Endpoint) -> None:
        super().__init__(client, path)
        self._endpoint = endpoint

    def create(
        self,
        *,
        extra_headers: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: Any = UNSET,
        **arguments: Any,
    ) -> Any:
        """Make the call; the arguments are those of the API, `timeout` is in seconds or an `httpx2.Timeout`.

        Returns the reply or, with `stream=True`, an iterable of its chunks or events (the async client: an awaitable of
        these). Raises `TypeError` for an unknown argument and `openai.APIError` and its subclasses when the call fails.
        """
        call = calls.prepare(
            self._endpoint,
            self._client.settings,
            arguments,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return self._client.perform(call)


class Chat(Resource):
    """The part `chat`."""

    @cached_property
    def completions(self) -> CreateResource:
        """Chat Completions."""
        return CreateResource(self._client, "chat.completions", calls.CHAT)


class Models(Resource):
    """The part `models`."""

    def list(
        self,
        *,
        extra_headers: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: Any = UNSET,
    ) -> Any:
        """Get the models: iterable, and with `data` as a list."""
        call = calls.prepare(
            calls.MODELS,
            self._client.settings,
            {},
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )
        return self._client.perform_list(call)


class ClientBase(ABC):
    """A client of an API in OpenAI's shape.

    `api_key` defaults to `OPENAI_API_KEY`, `base_url` to `OPENAI_BASE_URL` or OpenAI's. `timeout` (seconds for each
    phase, None for no limit, or an `httpx2.Timeout`) and `max_retries` default to `policy`, and that to
    `llm.providers.http.policy`. `http_client` is an httpx2 client of one's own, which `close()` then closes; otherwise
    all clients share their connections. `sleep` waits between two attempts.

    Raises `openai.OpenAIError` without a key.
    """

    is_async = False

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | httpx2.URL | None = None,
        default_headers: Mapping[str, str] | None = None,
        timeout: Any = UNSET,
        max_retries: int | None = None,
        http_client: Any = None,
        policy: Policy | None = None,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        self._arguments: dict[str, Any] = {
            name: value
            for name, value in (
                ("api_key", api_key),
                ("base_url", base_url),
                ("default_headers", default_headers),
                ("max_retries", max_retries),
            )
            if value is not None
        }
        if timeout is not UNSET:
            self._arguments["timeout"] = timeout
        self.settings = Settings.resolve(**self._arguments, policy=policy)
        if http_client is not None:
            self._arguments["http_client"] = http_client
        self._http_client = http_client
        self._sleep = sleep
        self._closed = False

    @property
    def api_key(self) -> str:
        """The key."""
        return self.settings.api_key

    @property
    def base_url(self) -> httpx2.URL:
        """The base address, with a slash at its end."""
        import httpx2

        return httpx2.URL(self.settings.base_url + "/")

    @property
    def default_headers(self) -> dict[str, str]:
        """The headers of every request, without the key."""
        return self.settings.shown_headers()

    @property
    def timeout(self) -> Any:
        """The time limits."""
        import httpx2

        return httpx2.Timeout(**self.settings.policy.phases())

    @property
    def max_retries(self) -> int:
        """How often a failed request is repeated."""
        return self.settings.policy.max_retries

    @cached_property
    def chat(self) -> Chat:
        """Chat Completions, below `completions`."""
        return Chat(self, "chat")

    @cached_property
    def responses(self) -> CreateResource:
        """Responses."""
        return CreateResource(self, "responses", calls.RESPONSES)

    @cached_property
    def completions(self) -> CreateResource:
        """The older Completions."""
        return CreateResource(self, "completions", calls.COMPLETIONS)

    @cached_property
    def embeddings(self) -> CreateResource:
        """Embeddings; vectors arrive as lists of numbers."""
        return CreateResource(self, "embeddings", calls.EMBEDDINGS)

    @cached_property
    def models(self) -> Models:
        """The models that the API has."""
        return Models(self, "models")

    @cached_property
    def sdk_client(self) -> Any:
        """An SDK client of the same arguments."""
        limits = {"timeout": self.timeout, "max_retries": self.max_retries}
        return sdk.delegate({**self._arguments, **limits}, async_=self.is_async)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.sdk_client, name)

    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed

    @abstractmethod
    def perform(self, call: calls.Call) -> Any:
        """Carry out a call."""

    def perform_list(self, call: calls.Call) -> Any:
        """Carry out a call for a list."""
        return self.perform(call)

    def _exchange(self, call: calls.Call, http: httpx2.Client | httpx2.AsyncClient) -> Exchange:
        import httpx2

        from llm.providers.http.exchange import Exchange

        if self._closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        try:
            request = call.request(http)
        except httpx2.InvalidURL as error:
            shown = self.settings.base_url.rpartition("@")[2]  # behind a password
            raise ValueError(
                f"{shown} is no address of a server: {error}. One looks like https://example.com/v1"
            ) from error
        return Exchange(request, call.policy, whole=not call.streaming)
