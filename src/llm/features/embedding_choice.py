"""Which embedding model is used when a new collection, or a text without one, is to be embedded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm.core.errors import UnknownModelError, UserError

if TYPE_CHECKING:
    from llm.engine.embedding_model import EmbeddingModel

LOCAL_MODEL = "wordllama"  #: registered where the optional part `llm[local]` is installed


class NoEmbeddingModelError(UserError):
    """Nobody named an embedding model, and there is no default."""


@dataclass(frozen=True, slots=True)
class EmbeddingChoice:
    """A model, and what the user should know about why it is this one."""

    model: EmbeddingModel
    notice: str | None = None


def choose_embedding_model(name: str | None) -> EmbeddingChoice:
    """Return the named model, or the default one, or else the one that runs on this machine without a key.

    Raises `UnknownModelError` and `NoEmbeddingModelError`.
    """
    from llm.registry.defaults import get_default_embedding_model
    from llm.registry.finding import find_embedding_model

    wanted = name or get_default_embedding_model()
    if wanted:
        return EmbeddingChoice(find_embedding_model(wanted))
    try:
        local = find_embedding_model(LOCAL_MODEL)
    except UnknownModelError as error:
        raise NoEmbeddingModelError("You need to specify an embedding model (no default model is set)") from error
    return EmbeddingChoice(
        local,
        f"Embedding with {LOCAL_MODEL}, which runs on this machine. "
        "Set another default with 'llm embed-models default MODEL'.",
    )
