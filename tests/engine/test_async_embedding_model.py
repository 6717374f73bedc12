"""Embedding in async code: models that can, and those that are run in a thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import llm
from tests.embedding_models import Keyed, Lengths
from tests.registry.stand_ins import only_these_plugins


class Coroutine(llm.AsyncEmbeddingModel):
    """Returns the lengths of items from a coroutine function."""

    model_id = "async-lengths"
    supports_binary = True

    def __init__(self, **attributes: Any) -> None:
        self.batches: list[Any] = []
        self.keys: list[Any] = []
        vars(self).update(attributes)

    async def embed_batch(self, items: list[str | bytes], *, key: str | None = None) -> list[list[float]]:
        await asyncio.sleep(0)
        self.batches.append(items)
        self.keys.append(key)
        return [[float(len(item))] for item in items]


class Generator(Coroutine):
    """The same as an async generator."""

    async def embed_batch(  # type: ignore[override]
        self, items: list[str | bytes], *, key: str | None = None
    ) -> AsyncIterator[list[float]]:
        self.batches.append(items)
        for item in items:
            await asyncio.sleep(0)
            yield [float(len(item))]


KINDS = pytest.mark.parametrize("kind", [Coroutine, Generator])


async def collected(vectors: AsyncIterator[list[float]]) -> list[list[float]]:
    return [vector async for vector in vectors]


@KINDS
def test_embed(kind: type[Coroutine]) -> None:
    """`embed` gives the first vector of a batch of one, from a coroutine function or an async generator."""
    model = kind()
    assert asyncio.run(model.embed("abc")) == [3.0]
    assert model.batches == [["abc"]]


@KINDS
def test_batches(kind: type[Coroutine]) -> None:
    """Items go to the model in batches of the argument's size, else the model's, else all at once; none for none."""
    for model, size, sizes in ((kind(), 2, [2, 2, 1]), (kind(batch_size=3), None, [3, 2]), (kind(), None, [5])):
        vectors = asyncio.run(collected(model.embed_multi(["a", "bb", "ccc", "dd", "e"], size)))
        assert vectors == [[1.0], [2.0], [3.0], [2.0], [1.0]]
        assert [len(batch) for batch in model.batches] == sizes
    empty = kind()
    assert asyncio.run(collected(empty.embed_multi([]))) == []
    assert empty.batches == []


def test_items_are_taken_lazily() -> None:
    """Items, of a blocking or async iterable, are taken a batch at a time, so that endless input works."""

    async def endless() -> AsyncIterator[str]:
        while True:
            yield "x"

    async def first(items: Any) -> list[float]:
        vectors = Coroutine(batch_size=2).embed_multi(items)
        found = [await anext(vectors) for _ in range(3)]
        return found[-1]

    assert asyncio.run(first(endless())) == [1.0]
    assert asyncio.run(first(iter(lambda: "x", None))) == [1.0]

    async def few() -> AsyncIterator[str]:
        yield "a"
        yield "bb"

    assert asyncio.run(collected(Coroutine(batch_size=5).embed_multi(few()))) == [[1.0], [2.0]]


def test_kinds_of_items() -> None:
    """A kind of item that the model does not take raises `ValueError` before it gets there."""
    model = Coroutine(supports_binary=False)
    with pytest.raises(ValueError, match="binary"):
        asyncio.run(model.embed(b"x"))
    with pytest.raises(ValueError, match="binary"):
        asyncio.run(collected(model.embed_multi(["a", b"x"])))
    assert model.batches == []


def test_keys(user_path: Path) -> None:
    """The key is resolved as that of a blocking model; a missing one raises `NeedsKeyException`."""
    model = Coroutine(needs_key="demo")
    with pytest.raises(llm.NeedsKeyException):
        asyncio.run(model.embed("a"))
    (user_path / "keys.json").write_text(json.dumps({"demo": "stored"}))
    asyncio.run(model.embed("a"))
    asyncio.run(model.embed("a", key="explicit"))
    assert model.keys == ["stored", "explicit"]


def test_no_vector_and_bad_sizes() -> None:
    """A model that returns nothing raises `ValueError`, as does a batch size below one."""

    class Silent(Coroutine):
        async def embed_batch(self, items: list[str | bytes], *, key: str | None = None) -> list[list[float]]:
            return []

    with pytest.raises(ValueError, match="no vector"):
        asyncio.run(Silent().embed("a"))
    with pytest.raises(ValueError, match="batch_size"):
        asyncio.run(collected(Coroutine().embed_multi(["a"], 0)))


def test_names() -> None:
    """`str` tells that it is async; the class is found in `llm.models` too."""
    assert (str(Coroutine()), repr(Coroutine())) == (
        "Coroutine (async): async-lengths", "<Coroutine (async): async-lengths>",
    )  # fmt: skip
    assert llm.AsyncEmbeddingModel.__module__ == "llm.models"
    assert llm.models.AsyncEmbeddingModel is llm.AsyncEmbeddingModel


# Finding them


class Plugin:
    """Registers a model with a variant for async code, and one without."""

    __name__ = "p"

    def __init__(self) -> None:
        self.variant = Coroutine()
        self.blocking = Threads("threads", batch_size=2)

    @llm.hookimpl
    def register_embedding_models(self, register: Any) -> None:
        register(Lengths(), aliases=["len"], async_model=self.variant)
        register(self.blocking)
        register(Keyed("keyed"))


class Threads(Lengths):
    """Records in which threads it runs."""

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        self.threads = {*getattr(self, "threads", ()), threading.get_ident()}
        return super().embed_batch(items, key=key)


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    with only_these_plugins() as register:
        one = Plugin()
        register(one)
        yield one


@pytest.mark.parametrize("name", ["lengths", "len"])
def test_registered_variant(plugin: Plugin, name: str) -> None:
    """The variant that a plugin registered is found by id and alias; the blocking model stays what it was."""
    assert llm.get_async_embedding_model(name) is plugin.variant
    assert isinstance(llm.get_embedding_model(name), Lengths)


def test_model_without_a_variant(plugin: Plugin) -> None:
    """Any other model is run in a thread, in the batches that it wants."""
    model = llm.get_async_embedding_model("threads")
    assert (model.model_id, model.batch_size, model.supports_binary, str(model)) == (
        "threads",
        2,
        True,
        "Threads: threads",
    )
    vectors = asyncio.run(collected(model.embed_multi(["a", "bb", "ccc"])))
    assert [vector[0] for vector in vectors] == [1, 2, 3]
    assert plugin.blocking.batches == [["a", "bb"], ["ccc"]]
    assert threading.get_ident() not in plugin.blocking.threads


def test_key_of_a_model_without_a_variant(plugin: Plugin) -> None:
    """Its key is looked up as ever."""
    model = llm.get_async_embedding_model("keyed")
    assert asyncio.run(model.embed("x", key="abc")) == [3.0, 1.0]
    with pytest.raises(llm.NeedsKeyException):
        asyncio.run(model.embed("x"))


def test_unknown(plugin: Plugin) -> None:
    """An unknown name raises `UnknownModelError`."""
    with pytest.raises(llm.UnknownModelError, match="Unknown model: zork"):
        llm.get_async_embedding_model("zork")
