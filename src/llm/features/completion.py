"""What a word on the command line could stand for: names of models, templates, fragments and so on, for completion.

A shell waits for these at every press of a key, so nothing is read that is not needed for the one kind of name asked
for, and no template is parsed, no database created.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 200  #: names of one kind from a database


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word, or the beginning of one."""

    value: str
    help: str = ""
    kind: str = "value"


#: Candidates that stand for what the shell finds by itself.
FILES = Candidate("", kind="files")
FOLDERS = Candidate("", kind="folders")
SPECIAL = (FILES.kind, FOLDERS.kind)


def candidates_of(source: str) -> Iterator[Candidate]:
    """Yield the candidates of a source, which is a key of `SOURCES`."""
    yield from SOURCES[source]()


def _models() -> Iterator[Candidate]:
    import llm

    return _of_models(llm.get_models_with_aliases())


def _embedding_models() -> Iterator[Candidate]:
    from llm.registry.embedding_models import get_embedding_models_with_aliases

    return _of_models(get_embedding_models_with_aliases())


def _of_models(entries: Iterable[Any]) -> Iterator[Candidate]:
    from llm.registry.lookup import model_id_of

    for entry in entries:
        model_id = model_id_of(entry)
        yield Candidate(model_id)
        for alias in entry.aliases:
            yield Candidate(alias, model_id)


def _user_aliases() -> Iterator[Candidate]:
    from llm.registry.alias_file import user_aliases

    return _named(user_aliases().items())


def _keys() -> Iterator[Candidate]:
    from llm.registry.keys import all_key_names

    for name in all_key_names():
        yield Candidate(name)


def _templates() -> Iterator[Candidate]:
    from llm.registry.loaders import get_template_loaders

    yield from _stored_templates()
    yield from _prefixes(get_template_loaders())
    yield FILES


def _stored_templates() -> Iterator[Candidate]:
    import llm
    from llm.registry.paths import TEMPLATES_FOLDER

    folder = llm.user_dir() / TEMPLATES_FOLDER
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names are all that is wanted
    for name in sorted(names):
        stem, extension = os.path.splitext(name)  # noqa: PTH122
        if extension == ".yaml":
            yield Candidate(stem)


def _fragments() -> Iterator[Candidate]:
    from llm.registry.loaders import get_fragment_loaders

    yield from _fragment_aliases()
    yield from _prefixes(get_fragment_loaders())
    yield FILES


def _fragment_aliases() -> Iterator[Candidate]:
    from llm.store.names import fragment_names

    return _named(fragment_names(_logs(), LIMIT))


def _prefixes(loaders: Mapping[str, Callable[..., Any]]) -> Iterator[Candidate]:
    for prefix, loader in loaders.items():
        yield Candidate(f"{prefix}:", (loader.__doc__ or "").strip().partition("\n")[0], kind="part")


def _schemas() -> Iterator[Candidate]:
    yield from _schema_ids()
    yield from (Candidate(f"t:{template.value}", "the schema of a template") for template in _stored_templates())
    yield FILES


def _schema_ids() -> Iterator[Candidate]:
    from llm.store.names import schema_names

    return _named(schema_names(_logs(), LIMIT))


def _tools() -> Iterator[Candidate]:
    from llm.registry.tools import get_tools

    for name, tool in get_tools().items():
        yield Candidate(name, (getattr(tool, "description", None) or tool.__doc__ or "").strip().partition("\n")[0])


def _conversations() -> Iterator[Candidate]:
    from llm.store.names import thread_names

    return _named(thread_names(_logs(), LIMIT))


def _collections() -> Iterator[Candidate]:
    import llm
    from llm.registry.paths import EMBEDDINGS_DATABASE_FILE
    from llm.store.names import collection_names

    path = os.environ.get("LLM_EMBEDDINGS_DB") or llm.user_dir() / EMBEDDINGS_DATABASE_FILE
    return _named(collection_names(Path(path), LIMIT))


def _hooks() -> Iterator[Candidate]:
    from llm.registry import hookspecs

    for name in vars(hookspecs):
        if name.startswith("register_"):
            yield Candidate(name)


def _plugins() -> Iterator[Candidate]:
    from llm.registry.plugins import get_plugins

    for plugin in get_plugins():
        if "version" in plugin:
            yield Candidate(plugin["name"], plugin["version"])


def _named(rows: Iterable[tuple[str, str]]) -> Iterator[Candidate]:
    return (Candidate(name, about) for name, about in rows)


def _logs() -> Path:
    from llm.features.log_files import logs_db_path

    return logs_db_path()


SOURCES: Mapping[str, Callable[[], Iterable[Candidate]]] = {
    "aliases": _user_aliases,
    "collections": _collections,
    "conversations": _conversations,
    "embedding models": _embedding_models,
    "files": lambda: [FILES],
    "fragment aliases": _fragment_aliases,
    "fragments": _fragments,
    "hooks": _hooks,
    "keys": _keys,
    "models": _models,
    "plugins": _plugins,
    "schema ids": _schema_ids,
    "schemas": _schemas,
    "stored templates": _stored_templates,
    "templates": _templates,
    "tools": _tools,
}
