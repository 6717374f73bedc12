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

GROK = Exercise(
    plugin="llm-grok",
    what="its own history, over httpx: prompts streamed, whole, continued; options; a tool; logs; its commands",
    steps=(
        *talking("grok-3-latest", asks="api.x.ai/v1/chat/completions", asynchronous=False),
        llm("-m", "grok-3-latest", "Cool", "-o", "temperature", "0.25", asks=('"temperature":0.25',)),
        llm("-m", "grok-3-latest", "Which", "-T", "llm_version", prints=(replies.TEXT,), asks=('"llm_version"',)),
        llm("-m", "grok-3-latest", "No", "-o", "temperature", "9", prints=("Error: temperature",), code=1),
        llm("grok", "models", prints=("grok-4-1-fast (default)",)),
    ),
    replies={"api.x.ai/v1/chat/completions": replies.openai_chat},
    environment={"XAI_API_KEY": "a-key"},
)

CEREBRAS_MODELS = {"object": "list", "data": [{"id": "stub-model", "object": "model", "created": 1}]}
CEREBRAS = Exercise(
    plugin="llm-cerebras",
    what="a model that looks up its key itself: prompts streamed, whole, continued; schema; list of models; logs",
    steps=(
        *talking("cerebras-stub-model", asks="api.cerebras.ai/v1/chat/completions", asynchronous=False, system=False),
        llm("-m", "cerebras-stub-model", "One", "--schema", "name, age int", prints=(replies.TEXT,), asks=("age",)),
        llm("-m", "cerebras-stub-model", "Warm", "-o", "temperature", "0.25", asks=('"temperature":0.25',)),
        llm("cerebras", "refresh", prints=("Refreshed 1 Cerebras models", "cerebras-stub-model")),
    ),
    replies={
        "api.cerebras.ai/v1/chat/completions": replies.openai_chat,
        "api.cerebras.ai/v1/models": replies.fixed(CEREBRAS_MODELS),
    },
    user_files={"keys.json": '{"cerebras": "a-key"}'},
    also=("llm-echo", "jsonschema"),  # without which the plugin warns at each start
)

VENICE_CAPABILITIES = {"supportsResponseSchema": True, "supportsFunctionCalling": True, "supportsWebSearch": True}
VENICE_MODELS = {
    "object": "list",
    "data": [{"id": "stub-model", "type": "text", "model_spec": {"capabilities": VENICE_CAPABILITIES}}],
}
VENICE = Exercise(
    plugin="llm-venice",
    what="our prompt and chat popped and wrapped, Chat subclasses: streamed, whole, async, continued; schema; commands",
    steps=(
        *talking("venice/stub-model", asks="api.venice.ai/api/v1/chat/completions"),
        llm("-m", "venice/stub-model", "One", "--schema", "name, age int", asks=('"age"', '"strict":true')),
        llm("-m", "venice/stub-model", "Find", "--web-search", "on", asks=('"enable_web_search":"on"',)),
        llm("prompt", "--help", prints=("--web-search", "--system")),
        llm("chat", "-m", "venice/stub-model", stdin="Hi\nexit\n", prints=(replies.TEXT,), asks=("Hi",)),
        llm("-m", "echo", "hi", prints=('"prompt": "hi"',)),
        llm("venice", "refresh", prints=("1 models",)),
        llm("-m", "venice/stub-model", "hi", "--key", "", "-o", "nope", "1", prints=("Error: ",), code=1),
    ),
    replies={
        "api.venice.ai/api/v1/chat/completions": replies.openai_chat,
        "api.venice.ai/api/v1/models": replies.fixed(VENICE_MODELS),
    },
    user_files={"keys.json": '{"venice": "a-key"}'},
)

ZAI_CHAT = "api.z.ai/api/paas/v4/chat/completions"
ZAI = Exercise(
    plugin="llm-zai-glm",
    what="Chat subclasses with requests of their own: streamed, whole, async, continued; option; a tool; logs",
    steps=(
        *talking("glm-5-turbo", asks=ZAI_CHAT),
        llm("-m", "glm-5.2", "Warm", "-o", "temperature", "0.25", asks=('"temperature":0.25', '"glm-5.2"')),
        llm("-m", "glm-5-turbo", "Which", "-T", "llm_version", prints=(replies.TEXT,), asks=('"llm_version"',)),
        llm("-m", "glm-5.2-coding", "Code", asks=("api.z.ai/api/coding/paas/v4", '"glm-5.2"')),
    ),
    replies={
        ZAI_CHAT: replies.openai_chat,
        "api.z.ai/api/coding/paas/v4/chat/completions": replies.openai_chat,
    },
    user_files={"keys.json": '{"zai": "a-key"}'},
)

OPENAI_PLUGIN = Exercise(
    plugin="llm-openai-plugin",
    what="the OpenAI SDK, and its own history: streamed, whole, async, continued; schema; options; logs",
    steps=(
        *talking("openai/gpt-4o-mini", asks="api.openai.com/v1/responses"),
        llm("-m", "openai/gpt-4o-mini", "One", "--schema", "name, age int", prints=(replies.TEXT,), asks=('"age"',)),
        llm("-m", "openai/gpt-4o-mini", "Cool", "-o", "temperature", "0.25", asks=('"temperature":0.25',)),
        llm("-m", "openai/gpt-4o-mini", "No", "-o", "temperature", "9", prints=("Error: temperature",), code=1),
    ),
    replies={"api.openai.com/v1/responses": replies.openai_responses},
    user_files={"keys.json": '{"openai": "a-key"}'},
)

COMMAND_R = Exercise(
    plugin="llm-command-r",
    what="Cohere's SDK with its own history: streamed, whole, continued; schema; its command, which logs by itself",
    steps=(
        *talking("command-r-plus", asks="api.cohere.com/v1/chat", asynchronous=False),
        llm("-m", "r", "One", "--schema", "name, age int", prints=(replies.TEXT,), asks=('"age"',)),
        llm(
            "command-r-search",
            "What is new",
            prints=(replies.TEXT, "- A page - https://example.com"),
            asks=("web-search",),
        ),
        llm("logs", "-n", "1", prints=("What is new", replies.TEXT, "command-r")),
    ),
    replies={"api.cohere.com/v1/chat": replies.cohere_chat},
    environment={"COHERE_API_KEY": "a-key"},
)

HOSTED = (OPENROUTER, GROQ, GITHUB, GROK, CEREBRAS, VENICE, ZAI, OPENAI_PLUGIN, COMMAND_R)
