"""Historical import path of the OpenAI models, and the plugin that registers them.

Plugins subclass these classes, and programs replace `openai` (the SDK, imported when it is read), `combine_chunks` and
others here, so the provider looks them up in this module when it needs them.
"""

from typing import TYPE_CHECKING, Any

from llm._lazy import attach
from llm.registry.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    import openai as openai

    from llm.core.events import StreamEvent as StreamEvent
    from llm.core.usage import remove_dict_none_values as remove_dict_none_values
    from llm.core.usage import simplify_usage_dict as simplify_usage_dict
    from llm.providers.http.debug import logging_client as logging_client
    from llm.providers.openai.attachments import chat_attachment as _attachment
    from llm.providers.openai.attachments import responses_attachment as _responses_attachment
    from llm.providers.openai.base import _Shared as _Shared
    from llm.providers.openai.chat import AsyncChat as AsyncChat
    from llm.providers.openai.chat import Chat as Chat
    from llm.providers.openai.completion import Completion as Completion
    from llm.providers.openai.embeddings import OpenAIEmbeddingModel as OpenAIEmbeddingModel
    from llm.providers.openai.legacy import combine_chunks as combine_chunks
    from llm.providers.openai.legacy import not_nulls as not_nulls
    from llm.providers.openai.legacy import redact_data as redact_data
    from llm.providers.openai.options import ImageDetailEnum as ImageDetailEnum
    from llm.providers.openai.options import ImageDetailWithOriginalEnum as ImageDetailWithOriginalEnum
    from llm.providers.openai.options import ReasoningEffortEnum as ReasoningEffortEnum
    from llm.providers.openai.options import ReasoningSummaryEnum as ReasoningSummaryEnum
    from llm.providers.openai.options import SharedOptions as SharedOptions
    from llm.providers.openai.options import VerbosityEnum as VerbosityEnum
    from llm.providers.openai.options import build_options_class as build_options_class
    from llm.providers.openai.options import enum_values_sentence as enum_values_sentence
    from llm.providers.openai.responses import AsyncResponses as AsyncResponses
    from llm.providers.openai.responses import Responses as Responses
    from llm.providers.openai.responses_base import _SharedResponses as _SharedResponses
    from llm.providers.openai.server_tools import CodeInterpreter as CodeInterpreter
    from llm.providers.openai.server_tools import WebSearch as WebSearch

_HOMES = {
    "openai": "llm.providers.openai.sdk",
    "StreamEvent": "llm.core.events",
    "remove_dict_none_values": "llm.core.usage",
    "simplify_usage_dict": "llm.core.usage",
    "logging_client": "llm.providers.http.debug",
    "_attachment": "llm.providers.openai.attachments:chat_attachment",
    "_responses_attachment": "llm.providers.openai.attachments:responses_attachment",
    "_Shared": "llm.providers.openai.base",
    "AsyncChat": "llm.providers.openai.chat",
    "Chat": "llm.providers.openai.chat",
    "Completion": "llm.providers.openai.completion",
    "OpenAIEmbeddingModel": "llm.providers.openai.embeddings",
    "combine_chunks": "llm.providers.openai.legacy",
    "not_nulls": "llm.providers.openai.legacy",
    "redact_data": "llm.providers.openai.legacy",
    "ImageDetailEnum": "llm.providers.openai.options",
    "ImageDetailWithOriginalEnum": "llm.providers.openai.options",
    "ReasoningEffortEnum": "llm.providers.openai.options",
    "ReasoningSummaryEnum": "llm.providers.openai.options",
    "SharedOptions": "llm.providers.openai.options",
    "VerbosityEnum": "llm.providers.openai.options",
    "build_options_class": "llm.providers.openai.options",
    "enum_values_sentence": "llm.providers.openai.options",
    "AsyncResponses": "llm.providers.openai.responses",
    "Responses": "llm.providers.openai.responses",
    "_SharedResponses": "llm.providers.openai.responses_base",
    "CodeInterpreter": "llm.providers.openai.server_tools",
    "WebSearch": "llm.providers.openai.server_tools",
}

# No `__dir__`: pluggy looks at every name that a plugin lists, and would import them all.
if not TYPE_CHECKING:
    __getattr__, _ = attach(__name__, _HOMES)


@hookimpl
def register_models(register: "Callable[..., None]") -> None:
    """Register OpenAI's models and those of the user's `extra-openai-models.yaml`."""
    from llm.providers.openai import catalog

    catalog.register_models(register)


@hookimpl
def register_embedding_models(register: "Callable[..., None]") -> None:
    """Register OpenAI's embedding models."""
    from llm.providers.openai import embeddings

    embeddings.register_embedding_models(register)


@hookimpl
def register_commands(cli: Any) -> None:
    """Add the group `llm openai`; its command for prompts is one of the command line, like `llm prompt`."""
    from llm.cli.commands.endpoint import endpoint
    from llm.providers.openai.commands import openai_group

    openai_group.add_command(endpoint)
    cli.add_command(openai_group)
