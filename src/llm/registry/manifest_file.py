"""The manifest on disk: one file for each environment, which is believed as long as nothing in that has changed.

It is a cache. A file that is missing, damaged, outdated or cannot be written means that plugins are loaded, no more.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from llm._version import __version__
from llm.registry.installed import declares_plugins, metadata_state
from llm.registry.manifest import Manifest, PluginRecord
from llm.registry.paths import PLUGIN_CACHE_FOLDER, user_folder
from llm.registry.plugin_sources import GROUP
from llm.registry.stamps import Stamp, settled, stamps_of, unchanged

FORMAT = 1  #: of the file; others are ignored
UNUSABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)  #: what reading a bad file raises
KEPT = 8  #: files; those of environments that were not used for longest are removed


@dataclass(slots=True)
class Cache:
    """Where the manifest of this environment is, and what it has to agree with."""

    path: Path
    environment: list[str]
    state: str  #: of what is installed
    began: int  #: before any plugin was loaded, in nanoseconds
    stamps: dict[str, Stamp] = field(default_factory=dict)  #: of the plugins' files


def open_cache(chosen: str | None) -> Cache | None:
    """Return the place of this process's manifest, or None if it has to do without.

    `chosen` is the value of `LLM_LOAD_PLUGINS`, which leaves no doubt about what to load.
    """
    if os.environ.get("LLM_NO_PLUGIN_CACHE") or chosen is not None or hasattr(sys, "_called_from_test"):
        return None
    began = time.time_ns()
    state = metadata_state()
    if state is None:
        return None
    environment = [__version__, sys.version, sys.prefix, *sys.path]
    name = f"{crc32(os.fsencode(os.linesep.join(environment))):08x}.json"
    return Cache(user_folder() / PLUGIN_CACHE_FOLDER / name, environment, state, began)


def nothing_to_load(chosen: str | None) -> bool:
    """Tell whether there are no plugins but the built-in ones."""
    if chosen is not None:
        return not chosen.strip(", ")
    return hasattr(sys, "_called_from_test") or not declares_plugins(GROUP)


def read(cache: Cache) -> Manifest | None:
    """Return the manifest if there is one that still holds."""
    try:
        content = _content(cache)
        if [content["environment"], content["state"]] != [cache.environment, cache.state]:
            return None
        if not unchanged(content["stamps"]):
            return None
        cache.stamps = content["stamps"]
        return Manifest([PluginRecord(**row) for row in content["plugins"]])
    except UNUSABLE:
        return None


def earlier(cache: Cache) -> Manifest | None:
    """Return the manifest whether it still holds or not, for what was learnt about plugins that stayed the same."""
    try:
        return Manifest([PluginRecord(**row) for row in _content(cache)["plugins"]])
    except UNUSABLE:
        return None


def write(cache: Cache, manifest: Manifest) -> None:
    """Store the manifest, if it can be relied on and stored."""
    import json

    if not settled(cache.stamps, cache.began):
        return
    content = {
        "format": FORMAT,
        "environment": cache.environment,
        "state": cache.state,
        "stamps": cache.stamps,
        "plugins": [asdict(plugin) for plugin in manifest.plugins],
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    temporary = cache.path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
    with suppress(OSError):
        _make_room(cache.path.parent)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text + b"\n" + f"{crc32(text):x}".encode())
            temporary.replace(cache.path)
        finally:
            temporary.unlink(missing_ok=True)


def stamp(cache: Cache, paths: list[str]) -> None:
    """Note the files of the plugins as they are now."""
    cache.stamps = stamps_of(paths)


def _content(cache: Cache) -> dict[str, Any]:
    import json

    text, _, checksum = cache.path.read_bytes().rpartition(b"\n")
    content: dict[str, Any] = json.loads(text)
    if int(checksum, 16) != crc32(text) or content["format"] != FORMAT:
        raise ValueError("damaged, or of another format")
    return content


def _make_room(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    left_behind = [path for path in folder.glob("*.tmp") if time.time() - path.stat().st_mtime > 3600]
    for path in [*files[: max(0, len(files) - KEPT)], *left_behind]:
        path.unlink(missing_ok=True)
