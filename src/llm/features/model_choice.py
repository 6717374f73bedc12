"""Which model answers when nobody named one.

The default model needs a key, which a new user does not have. Then a model that runs on this machine answers, if it is
installed; otherwise the error tells the ways on. A model that was named, by whatever means, is never replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from llm.core.errors import NeedsKeyException, UserError
from llm.registry.paths import EXTRA_OPENAI_MODELS_FILE

if TYPE_CHECKING:
    from llm.engine.worlds import AnyModel
    from llm.registry.models import AsyncModels, SyncModels

LOCAL_MODEL = "smollm2"


class NoModelReadyError(UserError):
    """Nobody named a model, and the default one cannot run."""


class NoMatchingModelError(UserError):
    """No model matches all of the queries."""


class ModelChoice(NamedTuple):
    """A model, and what the user should know about why it is this one."""

    model: SyncModels | AsyncModels
    notice: str | None = None


def matching_model_id(queries: Sequence[str]) -> str:
    """Return the shortest of the ids of the models that match every query, see `ModelWithAliases.matches`.

    Raises `NoMatchingModelError`.
    """
    from llm.registry.finding import all_models
    from llm.registry.lookup import model_id_of

    matching = [model_id_of(entry) for entry in all_models() if all(map(entry.matches, queries))]
    if not matching:
        raise NoMatchingModelError(f"No model found matching queries {', '.join(queries)}. 'llm models' lists them all")
    return min(matching, key=len)


def default_model(*, key: str | None = None, asynchronous: bool = False) -> ModelChoice:
    """Return the model for a prompt that names none; `key` is the key given for this prompt, if any.

    Raises `NoModelReadyError` if the built-in default has no key and no local model is installed.
    """
    import llm
    from llm.registry.finding import find_model

    chosen = find_model(asynchronous=asynchronous)
    if key or llm.get_default_model(default=None) is not None:
        return ModelChoice(chosen)
    try:
        chosen.get_key(None)
    except NeedsKeyException as error:
        return _local_instead(chosen, error, asynchronous=asynchronous)
    return ModelChoice(chosen)


def _local_instead(chosen: AnyModel, error: NeedsKeyException, *, asynchronous: bool) -> ModelChoice:
    from llm.registry.finding import find_model

    local: Any = find_model(LOCAL_MODEL, asynchronous=asynchronous)  # of `providers.local`, so it knows `available`
    provider = chosen.needs_key
    if not local.available():
        raise NoModelReadyError(
            f"No key found for the default model {chosen.model_id}. Ways on:\n"
            f"  llm keys set {provider}           store a key\n"
            f"  llm install 'llm[local]'      answer on this machine, without a key\n"
            f"  {_extra_models_file()}  describe any OpenAI-compatible server, then: llm -m ID"
        ) from error
    return ModelChoice(
        local,
        f"Answering with {LOCAL_MODEL}, which runs on this machine: no key for {chosen.model_id}. "
        f"Set one with 'llm keys set {provider}', or another default with 'llm models default MODEL'.",
    )


def _extra_models_file() -> str:
    import llm

    return str(llm.user_dir() / EXTRA_OPENAI_MODELS_FILE)
