"""A stand-in for the module `xllamacpp`: records how it is used and answers with chunks given in advance."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

Chunk = dict[str, Any]


def text_chunk(text: str, **more: Any) -> Chunk:
    """A chunk of a stream as llama.cpp sends it."""
    return {
        "id": "c1",
        "created": 5,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    } | more


def last_chunks(reason: str = "stop") -> list[Chunk]:
    """The two chunks that end a stream."""
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    return [
        {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {"id": "c1", "choices": [], "usage": usage, "timings": {"prompt_n": 7}},
    ]


def answer(*texts: str, reason: str = "stop") -> list[Chunk]:
    """The chunks of a whole answer."""
    role = {"id": "c1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]}
    return [role, *(text_chunk(text) for text in texts), *last_chunks(reason)]


POOLING = SimpleNamespace(LLAMA_POOLING_TYPE_MEAN="mean")


class ScriptedLlamaCpp:
    """The module and what happened to it."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = answer("Hel", "lo")
        self.endless = False  #: repeat the first text until stopped
        self.refusal: Exception | None = None
        self.refused_texts = ""  #: why texts are not embedded
        self.unloadable: str | None = None  #: what llama.cpp writes to standard error when it cannot load
        self.loaded: list[Any] = []  #: the parameters of each load
        self.requests: list[Chunk] = []
        self.addresses_existed: list[bool] = []
        self.answering = threading.Lock()
        self.stopped = threading.Event()
        self.module = ModuleType("xllamacpp")
        self.module.__spec__ = ModuleSpec("xllamacpp", None)
        self.module.__dict__.update(CommonParams=_params, Server=self._serve, llama_pooling_type=POOLING)

    def _serve(self, params: Any) -> Any:
        if self.unloadable is not None:
            if params.verbosity > 0:
                os.write(2, self.unloadable.encode())
            raise RuntimeError("Failed to init server, please check the input params.")
        self.loaded.append(params)
        self.addresses_existed += [Path(name).parent.is_dir() for name in params.hostnames]
        return SimpleNamespace(handle_chat_completions=self._answer, handle_embeddings=self._embed)

    def _embed(self, request: Chunk) -> Chunk:
        self.requests.append(request)
        if self.refusal is not None:
            raise self.refusal
        if self.refused_texts:
            return {"error": {"code": 400, "message": self.refused_texts}}
        entries = [{"index": n, "embedding": [float(len(text)), 1.0]} for n, text in enumerate(request["input"])]
        return {"data": entries[::-1]}

    def _answer(self, request: Chunk, callback: Callable[[Chunk], bool]) -> None:
        assert self.answering.acquire(blocking=False), "two requests at once"
        try:
            self.requests.append(request)
            if self.refusal is not None:
                raise self.refusal
            while self.endless:
                if callback(text_chunk("more ")):
                    self.stopped.set()
                    return
            for chunk in self.chunks:
                if callback(chunk):
                    self.stopped.set()
                    return
        finally:
            self.answering.release()


def _params() -> Any:
    return SimpleNamespace(
        model=SimpleNamespace(path=""), cpuparams=SimpleNamespace(n_threads=-1), hostnames=[], pooling_type=None
    )
