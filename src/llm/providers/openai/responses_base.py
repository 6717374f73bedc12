"""What blocking and async Responses models share: their settings, their requests, and the hooks that plugins override.

Output items and events are for `responses_output`, which is imported when a model answers: models are made whenever
they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from llm.providers.openai import PLUGIN
from llm.providers.openai.base import _Shared, function_spec, given_options
from llm.providers.openai.legacy import RESPONSES_REPLACEMENTS

if TYPE_CHECKING:
    from llm.core.events import StreamEvent

# Options of Chat Completions that the Responses API has nothing for.
_CHAT_ONLY = ("frequency_penalty", "presence_penalty", "stop", "logit_bias", "seed")

# Options that go into a nested argument, or none, and not into an argument of their own.
_NESTED = ("reasoning_effort", "reasoning_summary", "verbosity", "json_object", "image_detail", "chat_completions")

_ENCRYPTED_REASONING = "reasoning.encrypted_content"


class _SharedResponses(_Shared):
    """Base of the Responses models. `reasoning_summary`: ask reasoning models for summaries of their thoughts."""

    __module__ = PLUGIN

    json_replacements: Mapping[str, Any] = RESPONSES_REPLACEMENTS

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
        reasoning_summary: bool = True,
    ) -> None:
        super().__init__(
            model_id,
            key=key,
            model_name=model_name,
            api_base=api_base,
            api_type=api_type,
            api_version=api_version,
            api_engine=api_engine,
            headers=headers,
            can_stream=can_stream,
            vision=vision,
            audio=audio,
            reasoning=reasoning,
            verbosity=verbosity,
            image_detail_original=image_detail_original,
            service_tier=service_tier,
            supports_schema=supports_schema,
            supports_tools=supports_tools,
            allows_system_prompt=allows_system_prompt,
        )
        self._reasoning = reasoning
        self._reasoning_summary = reasoning_summary
        self._verbosity = verbosity
        self._image_detail_original = image_detail_original
        self._service_tier = service_tier

    def _add_flags(self, **flags: bool) -> None:
        super()._add_flags(**flags, reasoning_summary=flags["reasoning"], chat_completions=True)

    def __str__(self) -> str:
        return f"OpenAI Responses: {self.model_id}"

    def shortfall(self, response: Any) -> str | None:
        """Return what to tell the user about a finished response that was cut off, None if it is complete."""
        payload = response.response_json
        if not isinstance(payload, dict) or payload.get("status") != "incomplete":
            return None
        details = payload.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        from llm.providers.openai.responses_output import shortfall_text

        return shortfall_text(reason)

    def _uses_chat(self, prompt: Any) -> bool:
        return bool(given_options(prompt).get("chat_completions"))

    def _delegate_chat_kwargs(self) -> dict[str, Any]:
        """Return the arguments that make the Chat model of the same settings."""
        return {
            "model_id": self.model_id,
            "key": self.key,
            "model_name": self.model_name,
            "api_base": self.api_base,
            "api_type": self.api_type,
            "api_version": self.api_version,
            "api_engine": self.api_engine,
            "headers": self.headers,
            "can_stream": self.can_stream,
            "vision": self.vision,
            "reasoning": self._reasoning,
            "verbosity": self._verbosity,
            "image_detail_original": self._image_detail_original,
            "service_tier": self._service_tier,
            "supports_schema": self.supports_schema,
            "supports_tools": self.supports_tools,
            "allows_system_prompt": self.allows_system_prompt,
        }

    def _build_responses_input(
        self, prompt: Any, image_detail: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        from llm.providers.openai.responses_input import input_items

        return input_items(prompt.messages, image_detail)

    def _build_responses_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:  # noqa: ARG002 - for subclasses
        options = given_options(prompt)
        limit = options.pop("max_tokens", self._default_limit())
        nested = {
            "reasoning": self._reasoning_settings(prompt, options),
            "text": _text_settings(prompt, options),
            "tools": [self._tool_spec(tool) for tool in prompt.tools or ()],
        }
        for name in _NESTED:
            options.pop(name, None)
        if limit is not None:
            options["max_output_tokens"] = limit
        return {**options, **{name: value for name, value in nested.items() if value}}

    def _reasoning_settings(self, prompt: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        if not self._reasoning:
            return {}
        summary = options.get("reasoning_summary") or ("auto" if self._reasoning_summary else None)
        if getattr(prompt, "hide_reasoning", False):
            summary = None
        settings = {"summary": summary, "effort": options.get("reasoning_effort")}
        return {name: value for name, value in settings.items() if value is not None}

    def _tool_spec(self, tool: Any) -> dict[str, Any]:
        from llm.core.server_tools import ServerSideTool

        if isinstance(tool, ServerSideTool):
            return tool.tool_spec(self)
        return {"type": "function", **function_spec(tool)}

    def _finalize_responses_kwargs(self, prompt: Any, stream: bool, instructions: str | None = None) -> dict[str, Any]:
        from llm.core.server_tools import ServerSideTool

        kwargs = self._build_responses_kwargs(prompt, stream)
        unsupported = [name for name in _CHAT_ONLY if name in kwargs]
        if unsupported:
            raise ValueError(
                f"Model '{self.model_id}' does not support the option {', '.join(unsupported)} with the Responses API; "
                "set the option chat_completions to use Chat Completions"
            )
        if instructions is not None:
            kwargs["instructions"] = instructions
        kwargs["store"] = False
        if self._reasoning and (self._reasoning_summary or _asks_for_reasoning(given_options(prompt))):
            kwargs["include"] = [_ENCRYPTED_REASONING]
        for tool in prompt.tools or ():
            if isinstance(tool, ServerSideTool):
                tool.prepare_request(self, kwargs)
        return kwargs

    def _reasoning_text_from_item(self, item: Any) -> str:
        from llm.providers.openai.responses_output import reasoning_text

        return reasoning_text(item)

    def _reasoning_event(self, item: Any, *, include_text: bool = True) -> StreamEvent:
        from llm.providers.openai.responses_output import reasoning_event

        said = self._reasoning_text_from_item(item) if include_text else None
        return reasoning_event(item, said)

    def _reasoning_refresh_events(
        self, response_json: Mapping[str, Any], done_events: Mapping[str, StreamEvent]
    ) -> list[StreamEvent]:
        from llm.providers.openai.responses_output import reasoning_refresh

        return list(reasoning_refresh(response_json, done_events))

    def _server_tool_events(self, item: Any, message_index: int) -> list[StreamEvent]:
        from llm.providers.openai.responses_output import server_tool_events

        return server_tool_events(item, message_index)

    def _refresh_server_tool_events(self, output: Iterable[Any], done_events: Mapping[str, list[StreamEvent]]) -> None:
        from llm.providers.openai.reading import text
        from llm.providers.openai.responses_output import refresh_chunks

        for item in output:
            events = done_events.get(text(item, "id"))
            if events:
                refresh_chunks(events, self._server_tool_events(item, events[0].message_index))

    def _set_usage_responses(self, response: Any, usage: Mapping[str, Any] | None) -> None:
        if not usage:
            return
        from llm.providers.openai.reading import count

        names = ("input_tokens_details", "output_tokens_details")
        details = {name: usage[name] for name in names if usage.get(name)}
        response.set_usage(
            input=count(usage.get("input_tokens")) or 0,
            output=count(usage.get("output_tokens")) or 0,
            details=details or None,
        )

    def _non_streaming_output_events(self, output: Iterable[Any], response: Any) -> tuple[list[StreamEvent], bool]:
        """Return the events of a whole output, and whether there was reasoning in it; register its function calls."""
        from llm.providers.openai.responses_exchange import whole_output

        return whole_output(self, output, response)


def _text_settings(prompt: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if options.get("verbosity") is not None:
        settings["verbosity"] = options["verbosity"]
    if prompt.schema:
        schema = deepcopy(prompt.schema)
        settings["format"] = {"type": "json_schema", "name": "output", "schema": schema, "strict": False}
    elif options.get("json_object"):
        settings["format"] = {"type": "json_object"}
    return settings


def _asks_for_reasoning(options: Mapping[str, Any]) -> bool:
    return any(options.get(name) is not None for name in ("reasoning_effort", "reasoning_summary"))
