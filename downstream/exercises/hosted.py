"""Plugins for services that host models of others."""

from __future__ import annotations

from typing import Any

from downstream import replies
from downstream.exercise import Exercise, llm
from downstream.exercises.talking import talking

OPENROUTER_MODELS: dict[str, Any] = {
    "data": [
        {
            "id": "stub/model", "name": "Stub", "context_length": 9, "pricing": {"prompt": "0", "completion": "0"},
            "architecture": {"input_modalities": ["text", "image"]},
            "supported_parameters": ["tools", "structured_outputs", "reasoning"],
        }
    ]
}  # fmt: skip
OPENROUTER = Exercise(
    plugin="llm-openrouter",
    what="subclass of our Responses class: prompts streamed, whole, async, continued; schema; logs; its commands",
    steps=(
        *talking("openrouter/stub/model", asks="openrouter.ai/api/v1/responses"),
        llm("-m", "openrouter/stub/model", "One", "--schema", "name, age int", prints=(replies.TEXT,), asks=('"age"',)),
        llm("openrouter", "models", prints=("stub/model",)),
        llm("openrouter", "key", prints=("the label",)),
    ),
    replies={
        "openrouter.ai/api/v1/models": replies.fixed(OPENROUTER_MODELS),
        "openrouter.ai/api/v1/responses": replies.openai_responses,
        "openrouter.ai/api/v1/auth/key": replies.fixed({"data": {"label": "the label"}}),
    },
    environment={"OPENROUTER_KEY": "a-key"},
)

GROQ_MODELS = {"object": "list", "data": [{"id": "stub-model", "object": "model", "owned_by": "x", "active": True}]}
GROQ = Exercise(
    plugin="llm-groq",
    what="prompts streamed, whole, async, continued; list of models from the API; logs; its commands",
    steps=(
        *talking("groq/stub-model", asks="api.groq.com/openai/v1/chat/completions"),
        llm("groq", "refresh", prints=("No changes",)),
    ),
    replies={
        "api.groq.com/openai/v1/models": replies.fixed(GROQ_MODELS),
        "api.groq.com/openai/v1/chat/completions": replies.openai_chat,
    },
    environment={"LLM_GROQ_KEY": "a-key", "GROQ_API_KEY": "a-key"},
)

GITHUB = Exercise(
    plugin="llm-github-models",
    what="a client on requests: prompts streamed, whole, continued; embeddings; logs",
    steps=(
        *talking("github/gpt-4o-mini", asks="models.github.ai/inference/chat/completions", asynchronous=False),
        llm("embed", "-m", "github/text-embedding-3-small", "-c", "text", prints=("[1.0, 2.0, 0.0]",)),
    ),
    replies={
        "models.github.ai/inference/chat/completions": replies.openai_chat,
        "models.github.ai/inference/embeddings": replies.openai_embeddings,
    },
    environment={"GITHUB_MODELS_KEY": "a-key"},
)

HOSTED = (OPENROUTER, GROQ, GITHUB)
