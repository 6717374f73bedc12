"""Embedding models inside this process: `wordllama`, and GGUF files that the user added, which llama.cpp runs.

The weights of `wordllama`, static vectors of tokens that are averaged, are in an installed package. It needs neither
key nor network nor download, and embeds thousands of short texts a second on one core. Only files of that package are
used: its code takes a second to import, sets up logging, and is compiled for some versions of Python only, while older
releases, with the same files, are for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from llm.core.errors import MissingExtraError, ModelError
from llm.engine.embedding_model import EmbeddingModel
from llm.providers.local.catalog import LocalModel, known_models

MODEL_ID = "wordllama"
ALIASES = ("local-embed",)
DIMENSIONS = 256

_PACKAGE = "wordllama"
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")
_WEIGHTS = Path("weights", "l2_supercat_256.safetensors")
_TOGETHER = 64  #: texts that are cut into tokens at once
_TOKENS = 4096  #: of a text whose vectors are in memory at once
_loading = threading.Lock()


def embeddings_available() -> bool:
    """Tell whether the package with the weights is installed. Imports nothing."""
    return _package_folder() is not None


class WordLlamaModel(EmbeddingModel):
    """Embeds English text into 256 dimensions, on this machine."""

    model_id = MODEL_ID
    batch_size: int | None = 1000

    def embed_batch(
        self,
        items: Iterable[str | bytes],
        *,
        key: str | None = None,  # noqa: ARG002 - none is needed here
    ) -> Iterator[list[float]]:
        """Yield the vectors of texts, in their order. A text without words gets a vector of zeros.

        Raises `MissingExtraError` if the package is not installed, and `ModelError` if its weights cannot be read.
        """
        with _loading:
            tokenizer, vectors = _loaded()
        texts = iter(items)
        while batch := list(islice(texts, _TOGETHER)):
            for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
                yield _mean(vectors, encoding.ids)

    def __str__(self) -> str:
        return f"Local: {self.model_id}"


class LocalEmbedding(EmbeddingModel):
    """A GGUF file run by llama.cpp in this process."""

    batch_size: int | None = 32

    def __init__(self, model: LocalModel) -> None:
        self.local_model = model
        self.model_id = model.name

    def embed_batch(
        self,
        items: Iterable[str | bytes],
        *,
        key: str | None = None,  # noqa: ARG002 - none is needed here
    ) -> list[list[float]]:
        """Return the vectors of texts, in their order.

        Raises `MissingExtraError` without llama.cpp, and `ModelError` if the weights cannot be loaded or a text is
        empty or longer than the model's context.
        """
        from llm.providers.local.runtime import RuntimeSettings, check_available, runtime_for
        from llm.providers.local.weights import path_of

        check_available()
        model = self.local_model
        settings = RuntimeSettings(path_of(model), model.context, fits=False, embedding=True)
        try:
            return runtime_for(settings).embed([str(item) for item in items])
        except ModelError as error:
            if "too large" not in str(error):
                raise
            raise ModelError(
                f"A text is too long for '{self.model_id}', which takes {model.context} tokens. Cut it, or add the "
                "model again with a larger --context, up to what it was trained for"
            ) from error

    def __str__(self) -> str:
        return f"Local: {self.model_id}"


def register_embedding_models(register: Callable[..., None]) -> None:
    """Register the model where its package is installed, and the GGUF files that the user added for this."""
    if embeddings_available():
        register(WordLlamaModel(), aliases=ALIASES)
    for model in known_models():
        if model.embedding:
            register(LocalEmbedding(model))


def _mean(vectors: Any, tokens: list[int]) -> list[float]:
    """Return the mean of the vectors of tokens, a bounded number at a time."""
    import numpy as np

    total = np.zeros(vectors.shape[1], np.float32)
    for start in range(0, len(tokens), _TOKENS):
        total += vectors[np.array(tokens[start : start + _TOKENS])].sum(axis=0)
    mean: list[float] = (total / max(len(tokens), 1)).tolist()
    return mean


def _package_folder() -> Path | None:
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


@cache
def _loaded() -> tuple[Any, Any]:
    """Return what cuts texts into tokens, and the vectors of all tokens."""
    folder = _package_folder()
    if folder is None:
        raise MissingExtraError(f"The model {MODEL_ID} needs the local extra: llm install 'llm[local]'")
    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        [vectors] = load_file(folder / _WEIGHTS).values()
    except Exception as error:  # both packages raise exceptions that have no other base
        raise ModelError(f"The weights of {MODEL_ID} in {folder} cannot be read: {error}") from error
    tokenizer.no_padding()
    return tokenizer, vectors.astype(np.float32)
