"""Embedding models."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from llm.core.errors import ModelError, NeedsKeyException
from llm.providers.openai import sdk
from llm.providers.openai.embeddings import OpenAIEmbeddingModel
from tests.loopback import EMBEDDINGS, Loopback, json_reply


@pytest.fixture(params=["thin", "sdk"])
def server(request: pytest.FixtureRequest, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """The server, reached through each client in turn."""
    import openai

    monkeypatch.setattr(sdk, "choose", lambda: openai if request.param == "sdk" else None)
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    return loopback


def reply(*vectors: Any, indexes: list[int] | None = None) -> Any:
    places = indexes or list(range(len(vectors)))
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in zip(places, vectors, strict=True)]
    return json_reply({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_request(server: Loopback) -> None:
    """A batch is one request, with the key and the API's name of the model."""
    server.on(EMBEDDINGS, reply([1, 2], [0.5, 0]))
    vectors = list(OpenAIEmbeddingModel("mine", "theirs").embed_batch(["a", "b"], key="sk-1"))
    assert repr(vectors) == "[[1.0, 2.0], [0.5, 0.0]]"
    assert server.bodies == [{"input": ["a", "b"], "model": "theirs", "encoding_format": "base64"}]
    assert server.requests[0].headers["authorization"] == "Bearer sk-1"


def test_dimensions(server: Loopback) -> None:
    """Shorter vectors are asked for only where the model says so."""
    server.on(EMBEDDINGS, reply(packed(0.5)))
    assert OpenAIEmbeddingModel("mine", "theirs", 256).embed("a", key="k") == [0.5]
    assert server.bodies[0]["dimensions"] == 256


def test_order(server: Loopback) -> None:
    """Vectors are in the order of the texts, whatever order the reply has."""
    server.on(EMBEDDINGS, reply(packed(1), packed(2), packed(0), indexes=[1, 2, 0]))
    assert list(OpenAIEmbeddingModel("m", "m").embed_batch(["a", "b", "c"], key="k")) == [[0.0], [1.0], [2.0]]


def test_count(server: Loopback) -> None:
    """A reply with too few vectors is an error."""
    server.on(EMBEDDINGS, reply(packed(1)))
    with pytest.raises(ModelError, match="1 vectors for 2 texts"):
        OpenAIEmbeddingModel("m", "m").embed_batch(["a", "b"], key="k")


def test_key_from_the_environment(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A direct call without key takes the one in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    server.on(EMBEDDINGS, reply(packed(1)))
    OpenAIEmbeddingModel("m", "m").embed_batch(["a"])
    assert server.requests[0].headers["authorization"] == "Bearer sk-env"


def test_batches(server: Loopback) -> None:
    """Many texts go in batches of a hundred."""
    server.on(EMBEDDINGS, reply(*[packed(0)] * 100), reply(packed(1)))
    vectors = list(OpenAIEmbeddingModel("m", "m").embed_multi((str(i) for i in range(101)), key="k"))
    assert (len(vectors), [len(body["input"]) for body in server.bodies]) == (101, [100, 1])


def test_no_key(server: Loopback) -> None:
    """Without a key nothing is sent."""
    with pytest.raises(NeedsKeyException, match="openai"):
        OpenAIEmbeddingModel("m", "m").embed("a")
    assert server.requests == []


def test_subclass_without_key() -> None:
    """Plugins override `embed_batch` without a key."""

    class Own(OpenAIEmbeddingModel):
        def embed_batch(self, items: Any) -> Any:  # type: ignore[override]
            return [[float(len(item))] for item in items]

    assert Own("m", "m").embed("abc", key="k") == [3.0]
    with pytest.raises(ValueError, match="binary"):
        Own("m", "m").embed(b"abc", key="k")


def test_vectors_come_as_an_iterator(server: Loopback) -> None:
    """A batch gives an iterator of lists of floats; without dimensions, or with 0, none are asked for."""
    server.on(EMBEDDINGS, reply([1]))
    vectors = OpenAIEmbeddingModel("m", "m", 0).embed_batch(["a"], key="k")
    assert iter(vectors) is vectors
    assert repr(next(vectors)) == "[1.0]"
    assert "dimensions" not in server.bodies[0]
