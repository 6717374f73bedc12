"""The embedding model `wordllama`."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

import llm
from llm.core.errors import MissingExtraError
from llm.providers.local import embeddings

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
    embeddings._runtime.cache_clear()
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
    """A long text has the vector that the package itself gives it: the mean over all its tokens."""
    text = "some words again and again " * 2000
    [expected] = embeddings._runtime().embed([text]).tolist()
    assert embeddings.WordLlamaModel().embed(text) == pytest.approx(expected, abs=1e-4)


@pytest.mark.local
@needs_package
def test_logging_stays_as_it_was() -> None:
    """Loading the model adds no log handler and changes no level."""
    code = (
        "import logging; from llm.providers.local.embeddings import WordLlamaModel\n"
        "WordLlamaModel().embed('x'); print(logging.getLogger().handlers, logging.getLogger().level)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == f"[] {logging.WARNING}\n"


def test_only_text() -> None:
    """Bytes raise ValueError."""
    value: Any = b"x"
    with pytest.raises(ValueError, match="binary"):
        embeddings.WordLlamaModel().embed(value)
