"""Stands for llm-replicate: answers single prompts, keeps a table beside the log, sorts out models by their aliases."""

from typing import Any

import sqlite_utils

import llm


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Replicate("standin-replicate"), aliases=["rep"])


def known() -> list[str]:
    return [model.aliases[0] for model in llm.get_models_with_aliases() if isinstance(model.model, Replicate)]


class Replicate(llm.Model):
    needs_key = "replicate"
    supports_conversation = False

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> list[str]:  # type: ignore[override]
        key = llm.get_key("", "replicate", "REPLICATE_API_TOKEN") or getattr(self, "key", None)
        db = sqlite_utils.Database(llm.user_dir() / "logs.db")
        db["replicate_predictions"].insert({"id": response.id}, pk="id")  # type: ignore[union-attr]
        db.close()
        return [f"{key} ", prompt.prompt]
