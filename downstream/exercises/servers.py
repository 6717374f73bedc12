"""Plugins for model servers on the user's own machine, and one that is such a server."""

from __future__ import annotations

from downstream import replies
from downstream.exercise import Exercise, Step, llm
from downstream.exercises.talking import talking

DOT = "GIF89a\x01\0\x01\0\0\0\0"
LOCAL_CHAT = "localhost:8080/v1/chat/completions"
LLAMA_SERVER = Exercise(
    plugin="llm-llama-server",
    what="subclasses of our Chat classes with a key of their own: streamed, whole, async, continued; a tool; logs",
    steps=(
        *talking("llama-server", asks=LOCAL_CHAT),
        llm(
            "-m", "llama-server-tools", "--async", "-T", "llm_version", "Which", prints=(replies.TEXT,),
            asks=(LOCAL_CHAT, '"llm_version"'),
        ),
        llm("-m", "llama-server-vision", "Look", "-a", "dot.gif", asks=("data:image/gif;base64",)),
    ),
    replies={LOCAL_CHAT: replies.openai_chat},
    files={"dot.gif": DOT},
)  # fmt: skip
LLAMAFILE = Exercise(
    plugin="llm-llamafile",
    what="subclass of our Chat class with a key of its own: prompts streamed, whole, continued; logs",
    steps=talking("llamafile", asks=LOCAL_CHAT, asynchronous=False),
    replies={LOCAL_CHAT: replies.openai_chat},
)
LMSTUDIO_MODELS = {
    "data": [
        {"id": "stub-model", "type": "vlm", "state": "loaded", "arch": "stub"},
        {"id": "stub-embed", "type": "embeddings", "state": "not-loaded"},
    ]
}
LMSTUDIO = Exercise(
    plugin="llm-lmstudio",
    what="prompts streamed, whole, async, continued; attachment; schema; a tool; list of models; embeddings; logs",
    steps=(
        *talking("lmstudio/stub-model", asks="/api/v0/chat/completions"),
        llm("-m", "lmstudio/stub-model", "Look", "-a", "dot.gif", asks=("image/gif;base64",)),
        llm("-m", "lmstudio/stub-model", "One", "--schema", "name, age int", prints=(replies.TEXT,), asks=('"age"',)),
        llm("-m", "lmstudio/stub-model", "Which", "-T", "llm_version", asks=('"llm_version"',)),
        llm("embed", "-m", "stub-embed", "-c", "text", prints=("[1.0, 2.0, 0.0]",)),
    ),
    replies={
        "/api/v0/models/stub-model": replies.fixed({"id": "stub-model", "state": "loaded"}),
        "/api/v0/models": replies.fixed(LMSTUDIO_MODELS),
        "/api/v0/chat/completions": replies.openai_chat,
        "/v1/chat/completions": replies.openai_chat,
        "/api/v0/embeddings": replies.openai_embeddings,
    },
    environment={"LMSTUDIO_API_BASE": "http://{stub}"},
    files={"dot.gif": DOT},
)

LITELLM_MODELS = {"object": "list", "data": [{"id": "stub-model", "object": "model", "owned_by": "x"}]}
LITELLM = Exercise(
    plugin="llm-litellm",
    what="Chat subclasses with a property for an attribute: streamed, whole, async, continued; option; commands",
    steps=(
        *talking("litellm/stub-model", asks="/v1/chat/completions"),
        llm(
            "-m", "litellm/stub-model", "Warm", "-o", "temperature", "0.25", asks=('"temperature":0.25', '"stub-model"')
        ),
        llm("litellm", "refresh", prints=("Refreshed 1 models",)),
        llm("litellm", "models", prints=("- id: stub-model",)),
        llm("litellm", "status", prints=("is running",)),
    ),
    replies={
        "/v1/chat/completions": replies.openai_chat,
        "/v1/models": replies.fixed(LITELLM_MODELS),
        "/health": replies.fixed({"healthy": 1}),
    },
    environment={"LITELLM_URL": "http://{stub}", "LITELLM_KEY": "a-key"},
)
ASK_THE_SERVER = """
import asyncio, json, sys
import httpx
from llm_chat_completions_server import app

async def ask(**body):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
        models = (await client.get("/v1/models")).json()
        body = {"model": "echo", "messages": [
            {"role": "system", "content": "Be terse"}, {"role": "user", "content": "First"},
            {"role": "assistant", "content": "One"}, {"role": "user", "content": "Second"},
        ], **body}
        response = await client.post("/v1/chat/completions", json=body)
        return response.status_code, "echo" in [model["id"] for model in models["data"]], response.text

print(*asyncio.run(ask(**json.loads(sys.argv[1]))))
"""
CHAT_COMPLETIONS_SERVER = Exercise(
    plugin="llm-chat-completions-server",
    what="async models behind an API of its own: messages, whole and streamed; an unknown model; help; logs",
    steps=(
        llm("chat-completions-server", "--help", prints=("--port",)),
        Step(("-c", ASK_THE_SERVER, "{}"), prints=("200 True", "Second", "Be terse", '"finish_reason":"stop"')),
        Step(("-c", ASK_THE_SERVER, '{"stream": true}'), prints=("200 True", "chat.completion.chunk", "[DONE]")),
        Step(("-c", ASK_THE_SERVER, '{"model": "nothing-like-it"}'), prints=("404", "error")),
        llm("logs", "-n", "1", prints=("Second", "**echo**")),
    ),
)

SERVERS = (LLAMA_SERVER, LLAMAFILE, LMSTUDIO, LITELLM, CHAT_COMPLETIONS_SERVER)
