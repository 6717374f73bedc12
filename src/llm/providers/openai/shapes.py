"""The kinds of objects that model APIs return: their declared fields, in the order of dumps, and what is inside.

The rows follow https://platform.openai.com/docs/api-reference as the OpenAI SDK has it. A field that is not here reads
as its value where a reply has it, so rows are needed only for what programs read without asking whether it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm.providers.openai.objects import ApiObject, by_type, declare, each, many, one, to_float, values

if TYPE_CHECKING:
    from collections.abc import Iterator

AnyObject = declare("AnyObject")

# --- Chat Completions ---

TopLogprob = declare("TopLogprob", "token bytes logprob", logprob=to_float)
TokenLogprob = declare(
    "TokenLogprob", "token bytes logprob top_logprobs", logprob=to_float, top_logprobs=many(TopLogprob)
)
ChatLogprobs = declare("ChatLogprobs", "content refusal", content=many(TokenLogprob), refusal=many(TokenLogprob))

CompletionDetails = declare(
    "CompletionDetails",
    "accepted_prediction_tokens audio_tokens reasoning_tokens rejected_prediction_tokens text_tokens",
)
PromptDetails = declare("PromptDetails", "audio_tokens cache_write_tokens cached_tokens image_tokens text_tokens")
Usage = declare(
    "Usage",
    "completion_tokens prompt_tokens total_tokens completion_tokens_details prompt_tokens_details",
    completion_tokens_details=one(CompletionDetails),
    prompt_tokens_details=one(PromptDetails),
)

Function = declare("Function", "arguments name")
ToolCall = declare("ToolCall", "id function type", function=one(Function))
ToolCallDelta = declare("ToolCallDelta", "index id function type", function=one(Function))
UrlCitation = declare("UrlCitation", "end_index start_index title url")
Annotation = declare("Annotation", "type url_citation", url_citation=one(UrlCitation))
Audio = declare("Audio", "id data expires_at transcript")
Message = declare(
    "Message",
    "content refusal role annotations audio function_call tool_calls",
    annotations=many(Annotation),
    audio=one(Audio),
    function_call=one(Function),
    tool_calls=many(ToolCall),
)
Delta = declare(
    "Delta",
    "audio content function_call refusal role tool_calls",
    audio=one(AnyObject),
    function_call=one(Function),
    tool_calls=many(ToolCallDelta),
)
Choice = declare("Choice", "finish_reason index logprobs message", logprobs=one(ChatLogprobs), message=one(Message))
ChunkChoice = declare("ChunkChoice", "delta index finish_reason logprobs", delta=one(Delta), logprobs=one(ChatLogprobs))
ChatCompletion = declare(
    "ChatCompletion",
    "id choices created model object metadata moderation service_tier system_fingerprint usage",
    choices=many(Choice),
    moderation=one(AnyObject),
    usage=one(Usage),
)
ChatCompletionChunk = declare(
    "ChatCompletionChunk",
    "id choices created model object moderation obfuscation service_tier system_fingerprint usage",
    choices=many(ChunkChoice),
    moderation=one(AnyObject),
    usage=one(Usage),
)

# --- Completions ---

TextLogprobs = declare(
    "TextLogprobs",
    "text_offset token_logprobs tokens top_logprobs",
    token_logprobs=each(to_float),
    top_logprobs=each(values(to_float)),
)
TextChoice = declare("TextChoice", "finish_reason index logprobs text", logprobs=one(TextLogprobs))
Completion = declare(
    "Completion",
    "id choices created model object system_fingerprint usage",
    choices=many(TextChoice),
    usage=one(Usage),
)

# --- Responses ---

ItemText = declare("ItemText", "text type")
OutputLogprob = declare(
    "OutputLogprob", "token bytes logprob top_logprobs", logprob=to_float, top_logprobs=many(TopLogprob)
)
OutputText = declare(
    "OutputText", "annotations text type logprobs", annotations=many(AnyObject), logprobs=many(OutputLogprob)
)
Refusal = declare("Refusal", "refusal type")
CONTENT = by_type({"output_text": OutputText, "refusal": Refusal}, ItemText)
OutputMessage = declare("OutputMessage", "id content role status type phase", content=each(CONTENT))
ReasoningItem = declare(
    "ReasoningItem",
    "id summary type content encrypted_content status",
    summary=many(ItemText),
    content=many(ItemText),
)
FunctionCall = declare("FunctionCall", "arguments call_id name type id namespace status")
WebSearchCall = declare("WebSearchCall", "id action status type", action=one(AnyObject))
CodeLogs = declare("CodeLogs", "logs type")
CodeImage = declare("CodeImage", "type url")
CodeInterpreterCall = declare(
    "CodeInterpreterCall",
    "id code container_id outputs status type",
    outputs=each(by_type({"logs": CodeLogs, "image": CodeImage}, AnyObject)),
)
OtherItem = declare("OtherItem", "id type status")
ITEM = by_type(
    {
        "message": OutputMessage,
        "reasoning": ReasoningItem,
        "function_call": FunctionCall,
        "web_search_call": WebSearchCall,
        "code_interpreter_call": CodeInterpreterCall,
    },
    OtherItem,
)

InputDetails = declare("InputDetails", "cache_write_tokens cached_tokens")
OutputDetails = declare("OutputDetails", "reasoning_tokens")
ResponseUsage = declare(
    "ResponseUsage",
    "input_tokens input_tokens_details output_tokens output_tokens_details total_tokens",
    input_tokens_details=one(InputDetails),
    output_tokens_details=one(OutputDetails),
)
ResponseError = declare("ResponseError", "code message")
IncompleteDetails = declare("IncompleteDetails", "reason")
Reasoning = declare("Reasoning", "effort generate_summary summary")
TextSettings = declare("TextSettings", "format verbosity", format=one(AnyObject))

_Response = declare(
    "_Response",
    "id created_at error incomplete_details instructions metadata model object output parallel_tool_calls temperature"
    " tool_choice tools top_p background completed_at conversation max_output_tokens max_tool_calls"
    " previous_response_id prompt prompt_cache_key reasoning safety_identifier service_tier status text tool_usage"
    " top_logprobs truncation usage user",
    created_at=to_float,
    completed_at=to_float,
    temperature=to_float,
    top_p=to_float,
    error=one(ResponseError),
    incomplete_details=one(IncompleteDetails),
    instructions=many(AnyObject),
    output=each(ITEM),
    tool_choice=one(AnyObject),
    tools=many(AnyObject),
    conversation=one(AnyObject),
    prompt=one(AnyObject),
    reasoning=one(Reasoning),
    text=one(TextSettings),
    tool_usage=one(AnyObject),
    usage=one(ResponseUsage),
)


class Response(_Response):  # type: ignore[valid-type,misc]  # made by `declare`
    """A reply of the Responses API."""

    __slots__ = ()

    @property
    def output_text(self) -> str:
        """The text of all messages of the output, joined."""
        messages = [item for item in self.output or () if getattr(item, "type", None) == "message"]
        contents = [content for message in messages for content in message.content or ()]
        return "".join(content.text for content in contents if content.type == "output_text")


def _event(fields: str = "sequence_number type") -> type[ApiObject]:
    return declare("Event", fields, item=ITEM, response=one(Response), part=CONTENT, logprobs=many(OutputLogprob))


Event = _event()
_LIFE = _event("response sequence_number type")
_ITEM = _event("item output_index sequence_number type")
_PART = _event("content_index item_id output_index part sequence_number type")
_STEP = _event("item_id output_index sequence_number type")
_REASONING = _event("content_index delta item_id output_index sequence_number type")
EVENTS = {
    **dict.fromkeys(
        [f"response.{step}" for step in ("created", "queued", "in_progress", "completed", "failed", "incomplete")],
        _LIFE,
    ),
    "response.output_item.added": _ITEM,
    "response.output_item.done": _ITEM,
    "response.content_part.added": _PART,
    "response.content_part.done": _PART,
    "response.output_text.delta": _event("content_index delta item_id logprobs output_index sequence_number type"),
    "response.output_text.done": _event("content_index item_id logprobs output_index sequence_number text type"),
    "response.refusal.delta": _REASONING,
    "response.refusal.done": _event("content_index item_id output_index refusal sequence_number type"),
    "response.function_call_arguments.delta": _event("delta item_id output_index sequence_number type"),
    "response.function_call_arguments.done": _event("arguments item_id output_index sequence_number type"),
    "response.reasoning_text.delta": _REASONING,
    "response.reasoning_text.done": _event("content_index item_id output_index sequence_number text type"),
    "response.reasoning_summary_part.added": _event("item_id output_index part sequence_number summary_index type"),
    "response.reasoning_summary_part.done": _event(
        "item_id output_index part sequence_number summary_index type status"
    ),
    "response.reasoning_summary_text.delta": _event("delta item_id output_index sequence_number summary_index type"),
    "response.reasoning_summary_text.done": _event("item_id output_index sequence_number summary_index text type"),
    "response.code_interpreter_call_code.delta": _event("delta item_id output_index sequence_number type"),
    "response.code_interpreter_call_code.done": _event("code item_id output_index sequence_number type"),
    **dict.fromkeys(
        [
            f"response.{call}.{step}"
            for call in ("web_search_call", "code_interpreter_call")
            for step in ("in_progress", "searching", "interpreting", "completed")
        ],
        _STEP,
    ),
    "error": _event("code message param sequence_number type"),
}
EVENT = by_type(EVENTS, Event)

# --- embeddings and models ---

Embedding = declare("Embedding", "embedding index object", embedding=each(to_float))
EmbeddingUsage = declare("EmbeddingUsage", "prompt_tokens total_tokens")
Embeddings = declare("Embeddings", "data model object usage", data=many(Embedding), usage=one(EmbeddingUsage))

Model = declare("Model", "id created object owned_by")
_ModelPage = declare("_ModelPage", "data object", data=many(Model))


class ModelPage(_ModelPage):  # type: ignore[valid-type,misc]  # made by `declare`
    """The list of models. Iterating gives the models."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data if isinstance(self.data, list) else ())
