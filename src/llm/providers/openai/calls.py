"""What a call of a client sends: which endpoint takes which arguments, and the request that they make.

Pure functions, the same for the blocking and the async client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from llm.providers.openai.settings import UNSET, Settings, Unset, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx2

    from llm.providers.http.policy import Policy


class Endpoint(NamedTuple):
    """An address of the API. `takes` are the names of its arguments, with blanks; the first `needs` are required."""

    name: str
    path: str
    takes: str = ""
    needs: int = 0
    method: str = "POST"


# The names are those of https://platform.openai.com/docs/api-reference; any other goes into `extra_body`.
CHAT = Endpoint(
    "chat.completions.create",
    "/chat/completions",
    "model messages audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens"
    " max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key"
    " prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier"
    " stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity"
    " web_search_options",
    needs=2,
)
RESPONSES = Endpoint(
    "responses.create",
    "/responses",
    "model input access_programs background background_options context_management conversation image include"
    " instructions max_output_tokens max_tool_calls metadata moderation parallel_tool_calls previous_response_id prompt"
    " prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store"
    " stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user",
)
COMPLETIONS = Endpoint(
    "completions.create",
    "/completions",
    "model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream"
    " stream_options suffix temperature top_p user",
    needs=2,
)
EMBEDDINGS = Endpoint("embeddings.create", "/embeddings", "model input dimensions encoding_format user", needs=2)
MODELS = Endpoint("models.list", "/models", method="GET")


@dataclass(frozen=True, slots=True)
class Call:
    """One call, complete. `streaming` is what its body asks for; `decodes` says that vectors come as base64."""

    endpoint: Endpoint
    url: str
    headers: dict[str, str] = field(repr=False)
    content: bytes | None
    policy: Policy
    streaming: bool = False
    decodes: bool = False

    def request(self, http: httpx2.Client | httpx2.AsyncClient) -> httpx2.Request:
        """The request that carries the call."""
        return http.build_request(self.endpoint.method, self.url, headers=self.headers, content=self.content)


def prepare(
    endpoint: Endpoint,
    settings: Settings,
    arguments: Mapping[str, Any],
    *,
    extra_headers: Mapping[str, Any] | None = None,
    extra_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    timeout: Any = UNSET,
) -> Call:
    """Make a call of the arguments that a `create` method got.

    `extra_body` replaces members of the body, `timeout` the time limits of the client. Raises `TypeError` for an
    argument that is unknown or missing and `ValueError` for one that JSON cannot hold.
    """
    body = {name: value for name, value in arguments.items() if not _omitted(value)}
    _check(endpoint, body)
    decodes = endpoint is EMBEDDINGS and "encoding_format" not in body
    if decodes:
        body["encoding_format"] = "base64"
    body.update(extra_body or {})
    headers = merged(settings.headers, extra_headers or {})
    reads = endpoint.method == "GET"
    if reads:
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    timeout_given = not isinstance(timeout, Unset) and not _omitted(timeout)
    return Call(
        endpoint,
        settings.base_url + endpoint.path + query_string(extra_query or {}),
        headers,
        None if reads else encode(body),
        settings.policy.with_timeout(timeout) if timeout_given else settings.policy,
        streaming=bool(body.get("stream")),
        decodes=decodes,
    )


def encode(body: Any) -> bytes:
    """The body as JSON: compact, UTF-8, with what pydantic and other mappings and sequences hold.

    Raises `ValueError` for NaN and infinities and `TypeError` for what is no data.
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    return text.encode()


def query_string(query: Mapping[str, Any]) -> str:
    """The query with its question mark, or nothing: lists as repeated `name[]`, objects as `name[key]`, no None."""
    from urllib.parse import urlencode

    pairs = [pair for name, value in query.items() for pair in _pairs(name, value)]
    return "?" + urlencode(pairs) if pairs else ""


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pairs(f"{name}[{key}]", item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _pairs(f"{name}[]", item)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif value is not None:
        yield name, str(value)


def _check(endpoint: Endpoint, body: Mapping[str, Any]) -> None:
    takes = endpoint.takes.split()
    for name in body:
        if name not in takes:
            raise TypeError(f"{endpoint.name}() got an unexpected keyword argument {name!r}")
    missing = [name for name in takes[: endpoint.needs] if name not in body]
    if missing:
        raise TypeError(f"{endpoint.name}() is missing the keyword arguments {', '.join(map(repr, missing))}")


def _omitted(value: Any) -> bool:
    """Whether a value is the SDK's mark for an argument that was not given."""
    kind = type(value)
    return kind.__name__ in {"Omit", "NotGiven"} and kind.__module__.startswith("openai")


def _plain(value: Any) -> Any:
    from collections.abc import Iterable, Mapping

    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
