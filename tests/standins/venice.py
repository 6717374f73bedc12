"""Stands for llm-venice: a subclass of Chat with options of its own, and a response that it makes by hand."""

from typing import Any

from pydantic import ConfigDict, Field

import llm
from llm import NeedsKeyException
from llm.default_plugins.openai_models import AsyncChat, Chat
from llm.utils import logging_client

assert callable(logging_client)


@llm.hookimpl
def register_models(register: Any) -> None:
    settings: dict[str, Any] = {"model_id": "standin-venice/v", "model_name": "v", "can_stream": True}
    settings["api_base"] = "http://127.0.0.1:9/v1"
    register(Venice(**settings), async_model=AsyncVenice(**settings))


class VeniceOptions(Chat.Options):  # type: ignore[misc]
    model_config = ConfigDict(populate_by_name=True)

    enable_web_search: bool | None = Field(description="Search the web", default=None)


class _Mixin:
    needs_key: str | None = "venice"
    key_env_var: str | None = "LLM_VENICE_KEY"

    def __str__(self) -> str:
        return f"Venice Chat: {self.model_id}"  # type: ignore[attr-defined]

    def build_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().build_kwargs(prompt, stream)  # type: ignore[misc]
        search = kwargs.pop("enable_web_search", None)
        if search is not None:
            kwargs["extra_body"] = {"venice_parameters": {"enable_web_search": search}}
        return kwargs


class Venice(_Mixin, Chat):
    class Options(VeniceOptions):
        pass


class AsyncVenice(_Mixin, AsyncChat):
    class Options(VeniceOptions):
        pass


def key_or_explain(model: Any) -> str:
    try:
        return str(model.get_key())
    except NeedsKeyException as error:
        return str(error)
