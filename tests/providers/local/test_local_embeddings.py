"""The embedding model `wordllama`, and GGUF files that were added as embedding models."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.core.errors import MissingExtraError, ModelError
from llm.providers.local import catalog, embeddings
from tests.providers.local.scripted import ScriptedLlamaCpp

needs_package = pytest.mark.skipif(find_spec("wordllama") is None, reason="wordllama is not installed")


def registered() -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    embeddings.register_embedding_models(lambda model, aliases: found.append((str(model), aliases)))
    return found


@needs_package
def test_registration() -> None:
    """The model is registered as `wordllama`, with the alias `local-embed`, without loading anything."""
    code = (
        "import sys; from llm.providers.local.embeddings import *\n"
        "register_embedding_models(lambda model, aliases: print(model.model_id, *aliases))\n"
        "assert not {'wordllama', 'numpy', 'tokenizers'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "wordllama local-embed\n"


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package the model is not registered, and using it says what to install."""
    monkeypatch.setattr(embeddings, "_package_folder", lambda: None)
    embeddings._loaded.cache_clear()
    assert registered() == []
    with pytest.raises(MissingExtraError, match=r"llm install 'llm\[local\]'"):
        embeddings.WordLlamaModel().embed("x")


@pytest.mark.local
@needs_package
def test_vectors() -> None:
    """Texts get vectors of 256 numbers, one each, in order; those about the same thing are more alike."""
    model = embeddings.WordLlamaModel()
    cat, kitten, bond, empty = model.embed_multi(["a cat", "a small kitten", "interest on bonds", ""])
    assert {len(vector) for vector in (cat, kitten, bond, empty)} == {256}
    assert llm.cosine_similarity(cat, kitten) > llm.cosine_similarity(cat, bond)
    assert set(empty) == {0.0}
    assert model.embed("a cat") == cat


@pytest.mark.local
@needs_package
def test_long_texts() -> None:
    """The vector of a text, however long it is, is the mean of the vectors of all its tokens."""
    text = "some words again and again " * 2000
    tokenizer, vectors = embeddings._loaded()
    expected = vectors[tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0, dtype="float64")
    assert embeddings.WordLlamaModel().embed(text) == pytest.approx(expected.tolist(), abs=1e-4)


@pytest.mark.local
@needs_package
def test_only_files_of_the_package() -> None:
    """The package's code, which sets up logging and is not compiled for every Python, is not run."""
    code = (
        "import sys; from llm.providers.local.embeddings import WordLlamaModel\n"
        "WordLlamaModel().embed('x'); assert not {'wordllama', 'logging', 'pydantic'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.local
@needs_package
def test_damaged_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files that are missing, or cannot be read, are an error that names the folder."""
    monkeypatch.setattr(embeddings, "_package_folder", lambda: tmp_path)
    embeddings._loaded.cache_clear()
    with pytest.raises(ModelError, match=re.escape(f"in {tmp_path} cannot be read")):
        embeddings.WordLlamaModel().embed("x")


def test_only_text() -> None:
    """Bytes raise ValueError."""
    value: Any = b"x"
    with pytest.raises(ValueError, match="binary"):
        embeddings.WordLlamaModel().embed(value)


# GGUF files


def gguf(path: Path, metadata: bytes = b"") -> Path:
    path.write_bytes(b"GGUF" + metadata)
    return path


def test_added_file(llama_cpp: ScriptedLlamaCpp, tmp_path: Path) -> None:
    """A GGUF file added as an embedding model is one, and no chat model; vectors come in the order of the texts."""
    catalog.add("v", gguf(tmp_path / "v.gguf"), context=99, embedding=True)
    model = llm.get_embedding_model("v")
    assert list(model.embed_multi(["a", "bcd"])) == [[1.0, 1.0], [3.0, 1.0]]
    assert llama_cpp.requests == [{"input": ["a", "bcd"]}]
    assert (str(model), model.supports_binary) == ("Local: v", False)
    with pytest.raises(llm.UnknownModelError):
        llm.get_model("v")


def test_how_it_is_loaded(llama_cpp: ScriptedLlamaCpp, tmp_path: Path) -> None:
    """A text has to fit into one batch; a file that does not name its pooling is a chat model's: the mean is taken."""
    catalog.add("chat", gguf(tmp_path / "a.gguf"), context=99, embedding=True)
    catalog.add("bert", gguf(tmp_path / "b.gguf", b"bert.pooling_type"), context=99, embedding=True)
    for name in ("chat", "bert"):
        llm.get_embedding_model(name).embed("x")
    assert [params.pooling_type for params in llama_cpp.loaded] == ["mean", None]
    assert [(params.embedding, params.n_batch, params.n_ubatch) for params in llama_cpp.loaded] == [(True, 99, 99)] * 2


def test_a_refused_text(llama_cpp: ScriptedLlamaCpp, tmp_path: Path) -> None:
    """What llama.cpp refuses is a model's error; for a text that is too long it says what can be done."""
    catalog.add("v", gguf(tmp_path / "v.gguf"), context=99, embedding=True)
    model = llm.get_embedding_model("v")
    llama_cpp.refused_texts = "Input content cannot be empty"
    with pytest.raises(ModelError, match="cannot be empty"):
        model.embed("")
    llama_cpp.refused_texts = "input (100 tokens) is too large to process"
    with pytest.raises(ModelError, match=r"99 tokens.*--context"):
        model.embed("x")
    llama_cpp.refusal = RuntimeError("broken")
    with pytest.raises(ModelError, match="broken"):
        model.embed("x")


def test_remembered(tmp_path: Path) -> None:
    """What kind of model a file is is remembered, and so is its context."""
    catalog.add("v", gguf(tmp_path / "v.gguf"), context=99, embedding=True)
    catalog.add("c", gguf(tmp_path / "v.gguf"))
    assert [(model.name, model.embedding, model.context) for model in catalog.added_models()] == [
        ("v", True, 99), ("c", False, 8192),
    ]  # fmt: skip
