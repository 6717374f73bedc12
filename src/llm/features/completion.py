"""What a word on the command line could stand for: names of models, templates, fragments and so on, for completion.

A shell waits for these at every press of a key, so nothing is read that is not needed for the one kind of name asked
for, and no template is parsed, no database created.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

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
    return _models_of("models")


def _embedding_models() -> Iterator[Candidate]:
    return _models_of("embedding_models")


def _models_of(kind: str) -> Iterator[Candidate]:
    from llm.registry.offered_names import offered_names

    ids = set()
    for model_id, *aliases in offered_names(kind):
        ids.add(model_id)
        yield Candidate(model_id)
        for alias in aliases:
            yield Candidate(alias, model_id)
    yield from (candidate for candidate in _user_aliases() if candidate.help in ids)


def _user_aliases() -> Iterator[Candidate]:
    from llm.registry.alias_file import user_aliases

    return _named(user_aliases().items())


def _keys() -> Iterator[Candidate]:
    from llm.registry.keys import all_key_names

    for name in all_key_names():
        yield Candidate(name)


def _templates() -> Iterator[Candidate]:
    yield from _stored_templates()
    yield from _prefixes("template_loaders")
    yield FILES


def _stored_templates() -> Iterator[Candidate]:
    import llm
    from llm.registry.paths import TEMPLATES_FOLDER

    folder = llm.user_dir() / TEMPLATES_FOLDER
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names are all that is wanted
    for name in sorted(names):
        stem, extension = os.path.splitext(name)  # noqa: PTH122 - likewise
        if extension == ".yaml":
            yield Candidate(stem)


def _fragments() -> Iterator[Candidate]:
    yield from _fragment_aliases()
    yield from _prefixes("fragment_loaders")
    yield FILES


def _fragment_aliases() -> Iterator[Candidate]:
    from llm.store.names import fragment_names

    return _named(fragment_names(_logs(), LIMIT))


def _prefixes(kind: str) -> Iterator[Candidate]:
    from llm.registry.offered_names import offered_single_names

    for prefix in offered_single_names(kind):
        yield Candidate(f"{prefix}:", kind="part")


def _schemas() -> Iterator[Candidate]:
    yield from _schema_ids()
    yield from (Candidate(f"t:{template.value}", "the schema of a template") for template in _stored_templates())
    yield FILES


def _schema_ids() -> Iterator[Candidate]:
    from llm.store.names import schema_names

    return _named(schema_names(_logs(), LIMIT))


def _tools() -> Iterator[Candidate]:
    from llm.registry.offered_names import offered_single_names

    return (Candidate(name) for name in offered_single_names("tools"))


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
