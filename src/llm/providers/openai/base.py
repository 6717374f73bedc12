"""What all models of this provider share: their settings, their client, and what goes into a Chat Completions request.

Plugins subclass these classes for servers of their own, override single methods and build on the rest, so names,
parameters and the way the methods call one another are an interface.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from llm.engine.keyed import Keyed
from llm.providers.openai import PLUGIN
from llm.providers.openai.attachments import AUDIO_TYPES, VISION_TYPES
from llm.providers.openai.flags import add_options
from llm.providers.openai.legacy import CHAT_REPLACEMENTS, READABLE_REPLACEMENTS, not_nulls

if TYPE_CHECKING:
    from llm.core.messages import Message

#: Sent by models that use no key: clients insist on one.
NO_KEY = "DUMMY_KEY"

# Options that are no argument of a Chat Completions request under their own name.
_NOT_ARGUMENTS = ("json_object", "image_detail", "chat_completions", "reasoning_summary")

_TOTALS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


class _Shared(Keyed):
    """Base of all chat-like models; listed before `KeyModel` or `AsyncKeyModel` in a class that uses it.

    `model_id` is the id inside LLM, `model_name` the one on the wire if that is another. `api_base` is the base URL
    of the server. The flags from `can_stream` on say what the model is capable of.
    """

    __module__ = PLUGIN

    #: Recurring fragments of payloads: those the log condenses with, and those it may meet when it reads.
    json_replacements: Mapping[str, Any] = CHAT_REPLACEMENTS
    readable_json_replacements: Mapping[str, Any] = READABLE_REPLACEMENTS
    attachment_types: Collection[str]
    default_max_tokens: int | None

    #: How long to wait for this model's server, in seconds (or as `httpx2.Timeout`), and how often to repeat a request
    #: that failed. None leaves that to the environment (`LLM_TIMEOUT`, `LLM_MAX_RETRIES`).
    timeout: Any = None
    max_retries: int | None = None

    #: What the limit of tokens is called on the wire.
    _max_tokens_name = "max_tokens"

    def __init__(
        self,
        model_id: str,
        key: str | None = None,
        model_name: str | None = None,
        api_base: str | None = None,
        api_type: str | None = None,
        api_version: str | None = None,
        api_engine: str | None = None,
        headers: Mapping[str, str] | None = None,
        can_stream: bool = True,
        vision: bool = False,
        audio: bool = False,
        reasoning: bool = False,
        verbosity: bool = False,
        image_detail_original: bool = False,
        service_tier: bool = False,
        supports_schema: bool = False,
        supports_tools: bool = False,
        allows_system_prompt: bool = True,
    ) -> None:
        self.model_id = model_id
        self.key = type(self).key if key is None else key  # plugins for local servers put a dummy key on the class
        self.model_name = model_name
        self.api_base = api_base
        self.api_type = api_type
        self.api_version = api_version
        self.api_engine = api_engine
        self.headers = headers
        self.can_stream = can_stream
        self.vision = vision
        self.supports_schema = supports_schema
        self.supports_tools = supports_tools
        self.allows_system_prompt = allows_system_prompt
        self.attachment_types = set(VISION_TYPES if vision else ()) | set(AUDIO_TYPES if audio else ())
        self._add_flags(
            reasoning=reasoning,
            verbosity=verbosity,
            image_detail_original=image_detail_original,
            service_tier=service_tier,
        )

    def _add_flags(self, **flags: bool) -> None:
        given = frozenset(name for name, value in flags.items() if value)
        if given:
            add_options(self, given)

    def __str__(self) -> str:
        return f"OpenAI Chat: {self.model_id}"

    def get_key(self, explicit_key: str | None = None) -> str | None:
        """Return the key to use, as for every model.

        Where no key is needed, none is looked up; one that was given for a server of the user's choice is sent there.
        """
        if self.needs_key:
            return super().get_key(explicit_key)
        if explicit_key and self.api_base:
            import llm

            key: str | None = llm.get_key(explicit_key=explicit_key)
            return key
        return None

    def get_client(self, key: str | None, *, async_: bool = False) -> Any:
        """Return a client in the shape of the OpenAI SDK's.

        Raises `NeedsKeyException` if the model needs a key and there is none.
        """
        from llm.providers.openai.access import new_client

        return new_client(self._client_arguments(key), async_=async_)

    def _client_arguments(self, key: str | None) -> dict[str, Any]:
        settings = {
            "base_url": self.api_base,
            "api_type": self.api_type,
            "api_version": self.api_version,
            "engine": self.api_engine,
            "default_headers": self.headers,
        }
        wanted = self.get_key(key) if self.needs_key or key else None
        given = {name: value for name, value in settings.items() if value}
        return {"api_key": wanted or NO_KEY, **given, **self._limits()}

    def _limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = {}
        if self.max_retries is not None:
            limits["max_retries"] = self.max_retries
        if self.timeout is not None:
            limits["timeout"] = _as_timeout(self.timeout)
        return limits

    def build_messages(
        self,
        prompt: Any,
        conversation: Any,  # noqa: ARG002 - a part of the interface
        image_detail: Any = None,
    ) -> list[dict[str, Any]]:
        """Return the messages of a Chat Completions request. `conversation` is not used: the prompt has it all."""
        messages: list[dict[str, Any]] = []
        current_system: str | None = None
        for message in prompt.messages:
            current_system = self._append_llm_message(messages, message, current_system, **detail(image_detail))
        return messages

    def _append_llm_message(
        self, out: list[dict[str, Any]], message: Message, current_system: str | None, image_detail: Any = None
    ) -> str | None:
        from llm.providers.openai.messages import append_message

        return append_message(out, message, current_system, image_detail)

    def build_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
        """Return the arguments of a Chat Completions request beside model, messages and stream."""
        kwargs = given_options(prompt)
        as_json = kwargs.get("json_object")
        for name in _NOT_ARGUMENTS:
            kwargs.pop(name, None)
        limit = kwargs.pop("max_tokens", self._default_limit())
        if limit is not None:
            kwargs[self._max_tokens_name] = limit
        if as_json:
            kwargs["response_format"] = {"type": "json_object"}
        if prompt.schema:
            schema = {"name": "output", "schema": deepcopy(prompt.schema)}
            kwargs["response_format"] = {"type": "json_schema", "json_schema": schema}
        if prompt.tools:
            kwargs["tools"] = [{"type": "function", "function": function_spec(tool)} for tool in prompt.tools]
        if stream:
            kwargs["stream_options"] = {"include_usage": True}
        return kwargs

    def set_usage(self, response: Any, usage: dict[str, Any] | None) -> None:
        """Record token counts in the shape of Chat Completions; nothing when there are none."""
        if not usage:
            return
        from llm.core.usage import simplify_usage_dict
        from llm.providers.openai.reading import count

        response.set_usage(
            input=count(usage.get("prompt_tokens")),
            output=count(usage.get("completion_tokens")),
            details=simplify_usage_dict({name: value for name, value in usage.items() if name not in _TOTALS}),
        )

    def _default_limit(self) -> int | None:
        # The classes that can be used have the attribute; this base, which plugins combine with others, has none.
        return getattr(self, "default_max_tokens", None)

    def _refuse_system_prompt(self, prompt: Any) -> None:
        if not self.allows_system_prompt and prompt.system:
            raise NotImplementedError(f"Model '{self.model_id}' does not support system prompts")

    def _record_model_name(self, response: Any, name: Any) -> None:
        if name and isinstance(name, str) and name != self.model_id:
            response.set_resolved_model(name)


def given_options(prompt: Any) -> dict[str, Any]:
    """Return the options of a prompt that are not None, as a new dictionary."""
    # Asked on the class: an object that stands in for a prompt may have other options than the one it forwards to.
    if hasattr(type(prompt), "given_options"):
        return dict(prompt.given_options)
    return not_nulls(prompt.options)


def function_spec(tool: Any) -> dict[str, Any]:
    """Return name, description and parameters of a function tool."""
    return {"name": tool.name, "description": tool.description or None, "parameters": deepcopy(tool.input_schema)}


def _as_timeout(timeout: Any) -> Any:
    if not isinstance(timeout, (int, float)):
        return timeout
    import httpx2

    from llm.providers.http.policy import patience

    return httpx2.Timeout(**patience(timeout))


def detail(image_detail: Any) -> dict[str, Any]:
    """Return the level of detail as keywords, so that methods of plugins without that parameter can be called."""
    return {} if image_detail is None else {"image_detail": image_detail}
