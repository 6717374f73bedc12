"""From what was typed after `-f` to the text of fragments, and to attachments that loaders add."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.core.fragments import Fragment
from llm.core.text import has_plugin_prefix
from llm.features.named_files import is_readable
from llm.features.standard_input import StandardInput
from llm.features.web import FetchText, fetch_text, is_web_url

if TYPE_CHECKING:
    from llm.store.database import HasConnection

#: A line of a chat that begins so names fragments.
CHAT_MARKER = "!fragment "


class FragmentNotFound(UserError):
    """A fragment does not exist or cannot be loaded. The message names it."""

    __module__ = "llm.cli"


def resolve_fragments(
    db: HasConnection,
    fragments: Iterable[str],
    allow_attachments: bool = False,
    *,
    fetch: FetchText = fetch_text,
    stdin: StandardInput | None = None,
) -> list[Fragment | Attachment]:
    """Return what each of these stands for, tried in this order.

    A URL, `-` for standard input, `PREFIX:ARGUMENT` for a loader of a plugin (which may give several, attachments
    among them if those are allowed), the alias or full hash of a fragment in the log database `db`, a file of text.
    Raises `FragmentNotFound`.
    """
    finder = _Finder(db, fetch, stdin or StandardInput())
    return [one for name in fragments for one in finder.find(name, attachments=allow_attachments)]


def fragment_hashes(db: HasConnection, fragments: Iterable[str]) -> list[str]:
    """Return the hashes under which the log keeps these fragments. Raises `FragmentNotFound`."""
    return [fragment.id() for fragment in resolve_fragments(db, fragments) if isinstance(fragment, Fragment)]


def process_fragments_in_chat(
    db: HasConnection, prompt: str
) -> tuple[str, list[Fragment], list[Attachment]]:  # fmt: skip
    """Return a message of a chat without its lines `!fragment NAME...`, and the fragments and attachments they name.

    Raises `FragmentNotFound`.
    """
    lines = prompt.splitlines()
    names = [name for line in lines if line.startswith(CHAT_MARKER) for name in line[len(CHAT_MARKER) :].split()]
    text = "\n".join(line for line in lines if not line.startswith(CHAT_MARKER))
    found = resolve_fragments(db, names, allow_attachments=True)
    return (
        text,
        [one for one in found if isinstance(one, Fragment)],
        [one for one in found if isinstance(one, Attachment)],
    )


class _Finder:
    def __init__(self, db: HasConnection, fetch: FetchText, stdin: StandardInput) -> None:
        self._db = db
        self._fetch = fetch
        self._stdin = stdin

    def find(self, name: str, *, attachments: bool) -> list[Fragment | Attachment]:
        if is_web_url(name):
            return [self._fetched(name)]
        if name == "-":
            return [Fragment(self._stdin.text(), name)]
        is_file = is_readable(name)
        if has_plugin_prefix(name) and not is_file:
            return _loaded(name, attachments=attachments)
        stored = self._stored(name)
        if stored is not None:
            return [stored]
        if is_file:
            return [_read(name)]
        raise FragmentNotFound(f"Fragment '{name}' not found")

    def _fetched(self, url: str) -> Fragment:
        try:
            return Fragment(self._fetch(url), url)
        except UserError as error:
            raise FragmentNotFound(str(error)) from error  # which names the URL

    def _stored(self, name: str) -> Fragment | None:
        from llm.store.stored_fragments import stored_fragment

        return stored_fragment(self._db.conn, name)


def _read(name: str) -> Fragment:
    path = Path(name)
    try:
        # A pipe has no path that anybody could find again.
        return Fragment(path.read_text(encoding="utf-8"), str(path.resolve() if path.is_file() else path))
    except UnicodeDecodeError as error:
        raise FragmentNotFound(
            f"Could not load fragment {name}: it is not UTF-8 text. Attach other files with -a"
        ) from error
    except OSError as error:
        raise FragmentNotFound(f"Could not load fragment {name}: {error.strerror}") from error


def _loaded(name: str, *, attachments: bool) -> list[Fragment | Attachment]:
    from llm.registry.finding import find_loaders

    prefix, _, argument = name.partition(":")
    loader = find_loaders("fragment_loaders", prefix).get(prefix)
    if loader is None:
        raise FragmentNotFound(f"Unknown fragment prefix: {prefix}. 'llm fragments loaders' lists those there are")
    try:
        found = loader(argument)
        results = list(found) if isinstance(found, (list, tuple)) else [found]
    except Exception as error:
        raise FragmentNotFound(f"Could not load fragment {name}: {error}") from error
    return [_accepted(name, one, attachments=attachments) for one in results]


def _accepted(name: str, found: object, *, attachments: bool) -> Fragment | Attachment:
    """Return what a loader gave; text that does not know its source gets the name it was asked for by."""
    if isinstance(found, Fragment) or (attachments and isinstance(found, Attachment)):
        return found
    if isinstance(found, str):
        return Fragment(found, name)
    what = "an attachment, which cannot be used here" if isinstance(found, Attachment) else f"no text but {found!r}"
    raise FragmentNotFound(f"Could not load fragment {name}: its loader returned {what}")
