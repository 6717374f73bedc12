"""Embedding models: batches, kinds of items, keys of new and old plugins."""

from __future__ import annotations

import json
import threading
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import llm


class Lengths(llm.EmbeddingModel):
    """The vector of an item is its length; it records what it is given."""

    supports_binary = True

    def __init__(self, **attributes: Any) -> None:
        self.model_id = "lengths"
        self.batches: list[Any] = []
        self.keys: list[Any] = []
        for name, value in attributes.items():
            setattr(self, name, value)

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        self.keys.append(key)
        self.batches.append(items)
        return ([float(len(item))] for item in items)


class Older(llm.EmbeddingModel):
    """A plugin of the time when the key was an attribute."""

    model_id = "older"
    needs_key: str | None = "older"

    def __init__(self) -> None:
        self.keys: list[Any] = []

    def embed_batch(self, items: Any) -> Any:  # type: ignore[override]
        for text in items:
            self.keys.append(self.key)
            yield [float(len(text))]


def test_attributes() -> None:
    """The base has these attributes, none of which needs a constructor; it is abstract."""
    base = llm.EmbeddingModel
    assert (base.key, base.needs_key, base.key_env_var, base.batch_size) == (None, None, None, None)
    assert (base.supports_text, base.supports_binary) == (True, False)
    assert base.__module__ == "llm.models"
    with pytest.raises(TypeError, match="embed_batch"):
        type("Without", (base,), {})()


def test_names() -> None:
    """`str` and `repr` are as for models."""
    assert (str(Lengths()), repr(Lengths())) == ("Lengths: lengths", "<Lengths: lengths>")


def test_embed() -> None:
    """embed() gives the first vector of a batch of one, which is the list `[item]`."""
    model = Lengths()
    assert model.embed("abc") == [3.0]
    assert model.batches == [["abc"]]


def test_embed_multi_in_batches() -> None:
    """embed_multi() consumes items lazily in batches of `batch_size`, else of the model's."""
    taken: list[str] = []

    def items() -> Iterator[str]:
        for item in ("a", "bb", "ccc", "dddd", "eeeee"):
            taken.append(item)
            yield item

    for model, size in ((Lengths(), 2), (Lengths(batch_size=2), None)):
        taken.clear()
        vectors = model.embed_multi(items(), size)
        assert taken == []
        assert next(vectors) == [1.0]
        assert taken == ["a", "bb"]
        assert list(vectors) == [[2.0], [3.0], [4.0], [5.0]]
        assert model.batches == [["a", "bb"], ["ccc", "dddd"], ["eeeee"]]
    model = Lengths(batch_size=2)
    assert len(list(model.embed_multi(items(), batch_size=4))) == 5
    assert [len(batch) for batch in model.batches] == [4, 1]


def test_nothing_runs_before_it_is_iterated() -> None:
    """embed_multi() returns a generator object; until that is iterated no item is taken or checked, no key sought."""
    model = Lengths(needs_key="lengths", supports_binary=False)
    taken: list[bytes] = []

    def items() -> Iterator[bytes]:
        taken.append(b"x")
        yield b"x"

    for size in (None, 2):
        assert isinstance(model.embed_multi(items(), size), types.GeneratorType)
    assert (taken, model.batches, model.keys) == ([], [], [])


def test_how_many_calls() -> None:
    """1000 items with a batch size of 10 make 100 calls, each with a list; no items make none; endless input works."""
    model = Lengths(batch_size=10)
    assert len(list(model.embed_multi(str(n) for n in range(1000)))) == 1000
    assert len(model.batches) == 100
    assert {type(batch) for batch in model.batches} == {list}
    idle = Lengths(batch_size=10)
    assert list(idle.embed_multi([])) == []
    assert idle.batches == []
    endless = Lengths(batch_size=10).embed_multi(iter(lambda: "x", None))
    assert [next(endless) for _ in range(25)] == [[1.0]] * 25


def test_vectors_are_handed_on_unchanged() -> None:
    """What the model returns is what the caller gets: a list of ints stays a list of ints, the same object."""
    vector: Any = [5, 0]
    model = Lengths(embed_batch=lambda items, key=None: [vector])
    assert model.embed("a") is vector
    assert next(iter(model.embed_multi(["a"]))) is vector
    assert {type(number) for number in vector} == {int}


def test_embed_multi_without_batches() -> None:
    """Without a batch size embed_batch() is called once, with an iterator over all items."""
    model = Lengths()
    assert list(model.embed_multi(["a", "bb"])) == [[1.0], [2.0]]
    [items] = model.batches
    assert iter(items) is items
    assert list(model.embed_multi([])) == []


@pytest.mark.parametrize("returned", [[[1.0]], ([1.0],), iter([[1.0]])])
def test_vectors_come_in_any_iterable(returned: Any) -> None:
    """embed_batch() may return a list, a generator or any iterable."""
    model = Lengths(embed_batch=lambda items, key=None: returned)
    assert model.embed("a") == [1.0]


def test_an_empty_result() -> None:
    """A batch result without a vector makes embed() raise `ValueError` that names the model."""
    with pytest.raises(ValueError, match="lengths"):
        Lengths(embed_batch=lambda items, key=None: []).embed("a")


@pytest.mark.parametrize("size", [0, -1])
def test_batch_size_must_be_positive(size: int) -> None:
    """A batch size below one raises `ValueError`."""
    with pytest.raises(ValueError, match="batch_size"):
        list(Lengths().embed_multi(["a"], size))
    with pytest.raises(ValueError, match="batch_size"):
        list(Lengths(batch_size=size).embed_multi(["a"]))


def test_kinds_of_items() -> None:
    """Text for a binary-only model and bytes for a text-only one raise `ValueError`; in embed_multi() when reached."""
    text_only, binary_only = Lengths(supports_binary=False), Lengths(supports_text=False)
    with pytest.raises(ValueError, match=r"lengths.*binary"):
        text_only.embed(b"x")
    with pytest.raises(ValueError, match=r"lengths.*text"):
        binary_only.embed("x")
    assert text_only.batches == binary_only.batches == []
    vectors = text_only.embed_multi(["a", b"b"], 1)
    assert next(vectors) == [1.0]
    with pytest.raises(ValueError, match="binary"):
        next(vectors)
    assert Lengths().embed(b"xy") == [2.0]


# Keys


def test_the_key_is_resolved(user_path: Path) -> None:
    """The key is resolved like that of any model, once a batch, and handed on as `key=`; without need it is None."""
    (user_path / "keys.json").write_text(json.dumps({"lengths": "stored"}))
    model = Lengths(needs_key="lengths")
    model.embed("a")
    model.embed("a", key="explicit")
    list(model.embed_multi(["a", "b"], 1))
    list(model.embed_multi(["a"], key="explicit"))
    assert model.keys == ["stored", "explicit", "stored", "stored", "explicit"]
    Lengths().embed("a", key="ignored")
    unkeyed = Lengths()
    unkeyed.embed("a", key="ignored")
    assert unkeyed.keys == [None]


def test_names_of_keys(user_path: Path) -> None:
    """`key=` is a literal key or the name of a stored one, and beats the model's own, which beats what is stored."""
    (user_path / "keys.json").write_text(json.dumps({"second": "from-the-file"}))
    model = Lengths(needs_key="lengths")
    model.embed("a", key="literal")
    model.embed("a", key="second")
    model.key = "own"
    model.embed("a")
    model.embed("a", key="literal")
    assert model.keys == ["literal", "from-the-file", "own", "literal"]
    assert (model.get_key(), model.get_key("second")) == ("own", "from-the-file")


def test_the_text_about_a_missing_key() -> None:
    """The error names the command that stores the key, and the environment variable if there is one."""
    with pytest.raises(llm.NeedsKeyException, match="llm keys set lengths") as without:
        Lengths(needs_key="lengths").embed("a")
    assert "environment" not in str(without.value)
    with pytest.raises(llm.NeedsKeyException, match=r"llm keys set lengths.* LENGTHS_KEY"):
        Lengths(needs_key="lengths", key_env_var="LENGTHS_KEY").embed("a")


@pytest.mark.parametrize("base", [Lengths, Older])
def test_type_errors_of_plugins(base: Any) -> None:
    """A TypeError inside `embed_batch` is the plugin's error, and no sign of an older signature."""
    calls: list[Any] = []

    def failing(self: Any, items: Any, **key: Any) -> Any:
        calls.append(items)
        raise TypeError("embed_batch() got an unexpected keyword argument 'key'")

    model = type("Failing", (base,), {"embed_batch": failing})()
    with pytest.raises(TypeError, match="unexpected keyword"):
        model.embed("a", key="k")
    assert len(calls) == 1


def test_a_missing_key() -> None:
    """A missing key raises `NeedsKeyException`."""
    for model in (Lengths(needs_key="lengths"), Older()):
        with pytest.raises(llm.NeedsKeyException):
            model.embed("a")
        with pytest.raises(llm.NeedsKeyException):
            list(model.embed_multi(["a"]))


def test_older_plugins_read_their_attribute() -> None:
    """For embed_batch() without `key`, `self.key` is the resolved key during the call, and restored afterwards."""
    model = Older()
    assert model.embed("abc", key="explicit") == [3.0]
    assert list(model.embed_multi(["a", "b"], 1, key="other")) == [[1.0], [1.0]]
    assert model.key is None
    model.key = "own"
    model.embed("a")
    model.embed("a", key="explicit")
    assert model.keys == ["explicit", "other", "other", "own", "explicit"]
    assert model.key == "own"


def test_the_attribute_is_restored_after_errors() -> None:
    """`self.key` is restored when embed_batch() raises, at once or while its vectors are taken."""

    class Failing(Older):
        def embed_batch(self, items: Any) -> Any:  # type: ignore[override]
            raise ValueError(self.key)

    class FailingLater(Older):
        def embed_batch(self, items: Any) -> Any:  # type: ignore[override]
            yield [1.0]
            raise ValueError(self.key)

    for model in (Failing(), FailingLater()):
        with pytest.raises(ValueError, match="explicit"):
            list(model.embed_multi(["a", "b"], key="explicit"))
        assert model.key is None


def test_threads_do_not_mix_keys() -> None:
    """Two threads with different keys do not see each other's, and none waits for a consumer of the other."""

    class Meeting(Older):
        def embed_batch(self, items: Any) -> Any:  # type: ignore[override]
            for text in items:
                key = self.key
                never.wait(timeout=0.02)  # long enough for another thread to interfere, if it could
                assert self.key == key
                self.keys.append((text, key))
                yield [1.0]

    never = threading.Event()
    model = Meeting()
    first = model.embed_multi(["one", "one"], key="1")
    next(first)  # held up by its consumer, who never comes back
    threads = [
        threading.Thread(target=lambda: model.embed("two", key="2")),
        threading.Thread(target=lambda: model.embed("three", key="3")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert sorted(model.keys) == [("one", "1"), ("one", "1"), ("three", "3"), ("two", "2")]


def test_an_older_plugin_without_keys_stays_lazy() -> None:
    """Where no key is needed, vectors of an older plugin come as it makes them, and its `key` is its own business."""

    class Keyless(Older):
        needs_key = None

    model = Keyless()
    model.key = "own"
    vectors = model.embed_multi(iter(["a", "b"]))
    next(vectors)
    assert model.keys == ["own"]


def test_replaced_methods() -> None:
    """Whether embed_batch() takes `key` is found from the function at the call, not remembered."""
    model = Lengths(needs_key="lengths")
    model.embed("a", key="k")
    seen: list[Any] = []

    def replaced(items: Any) -> list[list[float]]:
        seen.append(model.key)
        return [[1.0]]

    model.embed_batch = replaced  # type: ignore[method-assign, assignment]
    assert model.embed("a", key="k2") == [1.0]
    assert (model.keys, seen) == (["k"], ["k2"])
