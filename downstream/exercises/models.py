"""Plugins for the APIs of those who make the models."""

from __future__ import annotations

import json

from downstream import replies
from downstream.exercise import Exercise, llm
from downstream.exercises.talking import talking

CLAUDE = "anthropic/claude-sonnet-4-5"
SCHEMA = ("--schema", "name, age int")

ANTHROPIC = Exercise(
    plugin="llm-anthropic",
    what="prompts streamed, whole, async, continued; attachment; schema; logs; its commands",
    steps=(
        *talking(CLAUDE, asks="api.anthropic.com/v1/messages"),
        llm("-m", CLAUDE, "Look", "-a", "page.pdf", prints=(replies.TEXT,), asks=("application/pdf",)),
        llm("-m", CLAUDE, "Make one", *SCHEMA, prints=(replies.TEXT,), asks=('"age"',)),
        llm("-m", CLAUDE, "Short", "-o", "max_tokens", "9", asks=('"max_tokens":9',)),
        llm("anthropic", "--help", prints=("Usage: ",)),
        llm("anthropic", "models", prints=("claude",), asks=("/v1/models",)),
    ),
    replies={
        "api.anthropic.com/v1/messages": replies.anthropic,
        "api.anthropic.com/v1/models": replies.fixed(
            {
                "data": [{"type": "model", "id": "claude-stub", "display_name": "Stub", "created_at": "2026-01-01"}],
                "has_more": False, "first_id": None, "last_id": None,
            }
        ),
    },
    environment={"ANTHROPIC_API_KEY": "a-key"},
    files={"page.pdf": "%PDF-1.4 nothing"},
)  # fmt: skip

GEMINI_VECTORS = {"embeddings": [{"values": [1.0, 2.0, 3.0]}]}
GEMINI_MODELS = {"models": [{"name": "models/gemini-stub", "supportedGenerationMethods": ["generateContent"]}]}
GEMINI = Exercise(
    plugin="llm-gemini",
    what="prompts streamed, whole, async, continued; attachment; schema; server-side tool; embeddings; logs; commands",
    steps=(
        *talking("gemini-2.5-flash", asks="generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"),
        llm("-m", "gemini-2.5-flash", "Look", "-a", "page.pdf", prints=(replies.TEXT,), asks=("application/pdf",)),
        llm("-m", "gemini-2.5-flash", "Make one", *SCHEMA, prints=(replies.TEXT,), asks=('"age"',)),
        llm("-m", "gemini-2.5-flash", "Search", "-T", "GoogleSearch", asks=('"googleSearch"',)),
        llm("embed", "-m", "gemini-embedding-001", "-c", "text", prints=("[1.0, 2.0, 3.0]",)),
        llm("gemini", "models", prints=("gemini-stub",)),
    ),
    replies={
        "streamGenerateContent": replies.gemini,
        "batchEmbedContents": replies.fixed(GEMINI_VECTORS),
        "v1beta/models?": replies.fixed(GEMINI_MODELS),
        "v1beta/models": replies.fixed(GEMINI_MODELS),
    },
    environment={"LLM_GEMINI_KEY": "a-key"},
    files={"page.pdf": "%PDF-1.4 nothing"},
)

MISTRAL_CAPABILITIES = {"completion_chat": True, "vision": True, "function_calling": True}
MISTRAL_MODELS = {
    "object": "list",
    "data": [
        {
            "id": "mistral-stub", "object": "model", "created": 1, "owned_by": "x", "type": "base",
            "capabilities": MISTRAL_CAPABILITIES,
        }
    ],
}  # fmt: skip
MISTRAL = Exercise(
    plugin="llm-mistral",
    what="prompts streamed, whole, async, continued; schema; list of models from the API; embeddings; logs; commands",
    steps=(
        *talking("mistral/mistral-stub", asks="api.mistral.ai/v1/chat/completions"),
        llm("-m", "mistral/mistral-stub", "Make one", *SCHEMA, prints=(replies.TEXT,), asks=('"age"',)),
        llm("embed", "-m", "mistral-embed", "-c", "text", prints=("[1.0, 2.0, 0.0]",)),
        llm("mistral", "refresh", prints=("No changes",)),
    ),
    replies={
        "api.mistral.ai/v1/chat/completions": replies.openai_chat,
        "api.mistral.ai/v1/models": replies.fixed(MISTRAL_MODELS),
        "api.mistral.ai/v1/embeddings": replies.openai_embeddings,
    },
    environment={"LLM_MISTRAL_KEY": "a-key"},
)

OLLAMA_MODEL = {
    "model": "stub-model:latest", "name": "stub-model:latest", "digest": "abc", "size": 1,
    "modified_at": "2026-01-01T00:00:00Z", "details": {"family": "stub", "parameter_size": "1B"},
}  # fmt: skip
OLLAMA = Exercise(
    plugin="llm-ollama",
    what="prompts streamed, whole, async, continued; list of models from the server; embeddings; logs; commands",
    steps=(
        *talking("ollama/stub-model:latest", asks="/api/chat"),
        llm("embed", "-m", "ollama/stub-embed:latest", "-c", "text", prints=("[1.0, 2.0, 3.0]",)),
        llm("ollama", "models", prints=("stub-model",)),
    ),
    replies={
        "/api/chat": replies.ollama_chat,
        "/api/tags": replies.fixed(
            {"models": [OLLAMA_MODEL, {**OLLAMA_MODEL, "model": "stub-embed:latest", "digest": "def"}]}
        ),
        "/api/show": lambda request: replies.fixed(
            {
                "capabilities": ["embedding"] if b"stub-embed" in request.body else ["completion", "tools"],
                "model_info": {},
            }
        )(request),
        "/api/embed": replies.fixed({"model": "stub-embed", "embeddings": [[1.0, 2.0, 3.0]]}),
    },
    environment={"OLLAMA_HOST": "http://{stub}"},
)

DEEPSEEK = Exercise(
    plugin="llm-deepseek",
    what="subclass of our Chat class: prompts streamed, whole, async, continued; option; logs",
    steps=(
        *talking("deepseek-chat", asks="api.deepseek.com/chat/completions"),
        llm("-m", "deepseek-chat", "Warm", "-o", "temperature", "1.5", asks=('"temperature":1.5',)),
    ),
    replies={"api.deepseek.com/chat/completions": replies.openai_chat},
    environment={"LLM_DEEPSEEK_KEY": "a-key"},
)

PERPLEXITY = Exercise(
    plugin="llm-perplexity",
    what="the OpenAI SDK in a plugin: prompts streamed, whole, continued; logs",
    steps=talking("sonar", asks="api.perplexity.ai/v1/responses", asynchronous=False),
    replies={"api.perplexity.ai/v1/responses": replies.openai_responses},
    environment={"LLM_PERPLEXITY_KEY": "a-key"},
)

LLAMA_CPP = """
class Llama:
    def __init__(self, **named): pass
    def create_chat_completion(self, messages, stream):
        said = ["Hello ", "from ", "the stub", f" after {len(messages)} messages"]
        return ({"choices": [{"delta": {"content": word}}]} for word in said)
    def create_embedding(self, texts):
        return {"data": [{"embedding": [1.0, 2.0, 3.0]} for _ in texts]}
"""
GGUF = Exercise(
    plugin="llm-gguf",
    what="with a stand-in for llama_cpp, which is not built: register, prompt, continue, embed",
    steps=(
        llm("gguf", "register-model", "tiny", "weights.gguf", "--alias", "t"),
        llm("gguf", "register-embed-model", "tiny-embed", "weights.gguf"),
        llm("gguf", "models", prints=('"tiny"',)),
        llm("-m", "t", "First", prints=(f"{replies.TEXT} after 1 messages",)),
        llm("-c", "Second", prints=("after 3 messages",)),
        llm("embed", "-m", "gguf/tiny-embed", "-c", "text", prints=("[1.0, 2.0, 3.0]",)),
    ),
    files={"weights.gguf": "GGUF"},
    modules={"llama_cpp/__init__.py": LLAMA_CPP, "llama_cpp/llama_chat_format.py": ""},
    without_dependencies=True,
)

REPLICATE_MODEL = {"model": "stub/chatty", "version": "5c7d5dc6", "chat": True, "aliases": ["chatty"]}
PREDICTION = {
    "id": "p1", "version": "5c7d5dc6", "model": "stub/chatty", "status": "succeeded", "input": {}, "logs": "",
    "created_at": "2026-01-01T00:00:00Z", "output": list(replies.WORDS), "error": None, "source": "api",
    "urls": {"get": "https://api.replicate.com/v1/predictions/p1", "cancel": "https://api.replicate.com/x"},
}  # fmt: skip
REPLICATE_VERSION = {
    "id": "5c7d5dc6", "created_at": "2026-01-01T00:00:00Z", "cog_version": "1",
    "openapi_schema": {"components": {"schemas": {"Output": {"type": "array"}}}},
}  # fmt: skip
REPLICATE = Exercise(
    plugin="llm-replicate",
    what="a chat model of the old protocol: prompt, continue, its own use of logs.db",
    steps=(
        llm("models", "list", prints=("Replicate (chat): replicate-stub-chatty (aliases: chatty)",)),
        llm("-m", "chatty", "First question", prints=(replies.TEXT,)),
        llm("-c", "Second question", prints=(replies.TEXT,)),
        llm("logs", "-c", prints=("First question", "Second question")),
        llm("replicate", "--help", prints=("fetch-predictions",)),
    ),
    replies={
        "api.replicate.com/v1/predictions": replies.fixed(PREDICTION),
        "api.replicate.com/v1/models/stub/chatty/versions": replies.fixed(REPLICATE_VERSION),
    },
    environment={"REPLICATE_API_TOKEN": "a-key"},
    user_files={"replicate/models.json": json.dumps([REPLICATE_MODEL])},
)

MARKOV = Exercise(
    plugin="llm-markov",
    what="a model in the process: options with checks, streamed, whole, continued; logs",
    steps=(
        llm("models", "--options", "-q", "markov", prints=("Markov: markov", "length", "delay")),
        llm("-m", "markov", "pelican", "-o", "length", "3", prints=("pelican pelican pelican",), silent=True),
        llm("-m", "markov", "--no-stream", "one", "-o", "length", "2", prints=("one one",), silent=True),
        llm("-c", "two", "-o", "length", "2", prints=("two two",)),
        llm("-m", "markov", "one", "-o", "length", "1", prints=("Error: length", "length must be >= 2"), code=1),
        llm("logs", "-n", "1", "--json", prints=('"length": 2', '"two two')),
    ),
)

MODELS = (ANTHROPIC, GEMINI, MISTRAL, OLLAMA, DEEPSEEK, PERPLEXITY, GGUF, REPLICATE, MARKOV)
