"""Stands for llm-perplexity: helpers of `llm.utils` for the payload, which it edits after the stream."""

from collections.abc import Iterator
from typing import Any

import llm
from llm.utils import remove_dict_none_values, simplify_usage_dict


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Perplexity("standin-sonar"))


class Perplexity(llm.Model):
    needs_key = "perplexity"
    key_env_var = "LLM_PERPLEXITY_KEY"
    can_stream = True

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def execute(
        self, prompt: llm.Prompt, stream: bool, response: llm.Response, conversation: llm.Conversation | None = None
    ) -> Iterator[str]:
        yield f"{self.get_key()}: {prompt.prompt}"
        payload = remove_dict_none_values({"id": "1", "citations": None, "usage": {"prompt": 3, "cached": 0, "out": 1}})
        usage = payload.pop("usage")
        response.response_json = payload
        response.set_usage(input=usage.pop("prompt"), output=usage.pop("out"), details=simplify_usage_dict(usage))
