"""What blocking and async Responses models share: building requests, and recording what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from llm.core.events import StreamEvent
from llm.core.server_tools import ServerSideTool
from llm.core.usage import remove_dict_none_values
from llm.providers.openai import PLUGIN, responses_output
from llm.providers.openai.attachments import plain_detail
from llm.providers.openai.base import _Shared, detail, function_spec, given_options
from llm.providers.openai.chat_stream import hidden_reasoning, reasoning_tokens
from llm.providers.openai.failures import refuse_text, reported_failure
from llm.providers.openai.legacy import RESPONSES_REPLACEMENTS, redact_data
from llm.providers.openai.responses_input import input_items
from llm.providers.openai.responses_items import PartPlaces
from llm.providers.openai.responses_stream import ResponsesDecoder

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
        return responses_output.shortfall_text(reason)

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

    def _responses_request(self, prompt: Any, stream: bool) -> dict[str, Any]:
        """Return the arguments of the `create` call."""
        self._refuse_system_prompt(prompt)
        stream = bool(stream and self.can_stream)
        image_detail = given_options(prompt).get("image_detail")
        wanted = detail(None if image_detail is None else plain_detail(image_detail))
        items, instructions = self._build_responses_input(prompt, **wanted)
        return {
            "model": self.model_name or self.model_id,
            "input": items,
            "stream": stream,
            **self._finalize_responses_kwargs(prompt, stream, instructions),
        }

    def _build_responses_input(
        self, prompt: Any, image_detail: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
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
        if isinstance(tool, ServerSideTool):
            return tool.tool_spec(self)
        return {"type": "function", **function_spec(tool)}

    def _finalize_responses_kwargs(self, prompt: Any, stream: bool, instructions: str | None = None) -> dict[str, Any]:
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
        return responses_output.reasoning_text(item)

    def _reasoning_event(self, item: Any, *, include_text: bool = True) -> StreamEvent:
        text = self._reasoning_text_from_item(item) if include_text else None
        return responses_output.reasoning_event(item, text)

    def _reasoning_refresh_events(
        self, response_json: Mapping[str, Any], done_events: Mapping[str, StreamEvent]
    ) -> list[StreamEvent]:
        return list(responses_output.reasoning_refresh(response_json, done_events))

    def _server_tool_events(self, item: Any, message_index: int) -> list[StreamEvent]:
        return responses_output.server_tool_events(item, message_index)

    def _refresh_server_tool_events(self, output: Iterable[Any], done_events: Mapping[str, list[StreamEvent]]) -> None:
        for item in output:
            events = done_events.get(getattr(item, "id", None) or "")
            if events:
                fresh = self._server_tool_events(item, events[0].message_index)
                responses_output.refresh_chunks(events, fresh)

    def _set_usage_responses(self, response: Any, usage: Mapping[str, Any] | None) -> None:
        if not usage:
            return
        names = ("input_tokens_details", "output_tokens_details")
        details = {name: usage[name] for name in names if usage.get(name)}
        response.set_usage(
            input=usage.get("input_tokens") or 0, output=usage.get("output_tokens") or 0, details=details or None
        )

    def _non_streaming_output_events(self, output: Iterable[Any], response: Any) -> tuple[list[StreamEvent], bool]:
        """Return the events of a whole output, and whether there was reasoning in it; register its function calls."""
        events: list[StreamEvent] = []
        had_reasoning = False
        messages = 0
        for item in output:
            kind = getattr(item, "type", None)
            messages += kind == "message"
            had_reasoning = had_reasoning or kind == "reasoning"
            events.extend(self._output_events(item, kind, response, max(messages - 1, 0)))
        return events, had_reasoning

    def _output_events(self, item: Any, kind: Any, response: Any, message_index: int) -> Iterator[StreamEvent]:
        made: list[StreamEvent] = []
        if kind == "message":
            made = [StreamEvent("text", text) for text in responses_output.texts_of(item)]
        elif kind == "reasoning":
            made = [self._reasoning_event(item)]
        elif kind == "function_call":
            call, arguments = responses_output.function_call(item)
            response.add_tool_call(call)
            chunks = {"tool_call_name": call.name, "tool_call_args": arguments}
            made = [StreamEvent(name, chunk, tool_call_id=call.tool_call_id) for name, chunk in chunks.items()]
        else:
            yield from self._server_tool_events(item, message_index)
        for event in made:
            event.message_index = message_index
            yield event

    def _whole_reply(self, response: Any, reply: Any, request: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """Record a reply that came in one piece; yield its events. Raises `ModelError` if it reports a failure."""
        refuse_text(self, reply)
        events, had_reasoning = self._non_streaming_output_events(getattr(reply, "output", None) or [], response)
        yield from PartPlaces().kept_apart(events)
        payload = self._recorded_payload(response, reply)
        yield from self._settled(response, payload, request, had_reasoning=had_reasoning)

    def _end_of_stream(
        self, response: Any, decoder: ResponsesDecoder, request: Mapping[str, Any]
    ) -> Iterator[StreamEvent]:
        """Record what a stream has left behind; yield the events that come last. Raises as above."""
        yield from decoder.finish()
        payload: dict[str, Any] = {}
        if decoder.final is not None:
            payload = self._recorded_payload(response, decoder.final)
            yield from decoder.refresh_reasoning(payload)
        yield from self._settled(response, payload, request, had_reasoning=decoder.had_reasoning)

    def _recorded_payload(self, response: Any, reply: Any) -> dict[str, Any]:
        payload: dict[str, Any] = remove_dict_none_values(reply.model_dump(warnings=False))
        response.response_json = payload
        self._record_model_name(response, payload.get("model"))
        return payload

    def _settled(
        self, response: Any, payload: Mapping[str, Any], request: Mapping[str, Any], *, had_reasoning: bool
    ) -> Iterator[StreamEvent]:
        usage = payload.get("usage") or {}
        thoughts = reasoning_tokens(usage.get("output_tokens_details"))
        self._set_usage_responses(response, dict(usage))
        sent = {"input": deepcopy(request["input"]), "instructions": request.get("instructions")}
        response._prompt_json = redact_data(sent)
        if thoughts > 0 and not had_reasoning:
            yield hidden_reasoning()
        if payload.get("status") == "failed" or (payload.get("error") and not payload.get("output")):
            raise reported_failure(self, payload.get("error") or {})


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
