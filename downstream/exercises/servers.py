"""Plugins for model servers on the user's own machine."""

from __future__ import annotations

from downstream import replies
from downstream.exercise import Exercise, llm
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

SERVERS = (LLAMA_SERVER, LLAMAFILE, LMSTUDIO)
