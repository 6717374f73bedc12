"""The manifest on disk: one file for each environment, which is believed as long as nothing in that has changed.

It is a cache: without a file that can be used, plugins are loaded, no more.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from llm._version import __version__
from llm.registry.cache_files import UNUSABLE, cache_path, load, save
from llm.registry.distributions import brings_plugins, fingerprint, installed_now
from llm.registry.manifest import Manifest, PluginRecord
from llm.registry.stamps import Stamp, settled, stamps_of, unchanged

FORMAT = 1  #: of the file; others are ignored
KEPT = 8  #: files; those of environments that were not used for longest are removed


class Cache:
    """Where the manifest of this environment is, and what it has to agree with."""

    def __init__(self, installed: Mapping[str, str], *, began: int) -> None:
        self.environment: list[str] = [__version__, sys.version, sys.prefix, *sys.path]
        self.state: str = fingerprint(installed)
        self.began = began  #: before any plugin was loaded, in nanoseconds
        self.stamps: dict[str, Stamp] = {}  #: of the plugins' files
        self.path: Path = cache_path(f"{crc32(os.fsencode(os.linesep.join(self.environment))):08x}.json")


def stored_manifest() -> tuple[Manifest | None, Cache | None]:
    """Return the manifest of this process, and where it is stored.

    No manifest: plugins have to be loaded to know. No place: there is nothing to store, or it may not be stored.
    """
    began = time.time_ns()
    chosen = os.environ.get("LLM_LOAD_PLUGINS")
    if chosen is not None:  # leaves no doubt about what to load
        return (None if chosen.strip(", ") else Manifest()), None
    if hasattr(sys, "_called_from_test"):
        return Manifest(), None
    installed = installed_now()
    cache = stored = None
    if installed is not None and not os.environ.get("LLM_NO_PLUGIN_CACHE"):
        cache = Cache(installed, began=began)
        stored = read(cache)
    if stored is None and not brings_plugins(installed):
        return Manifest(), None
    return stored, cache


def read(cache: Cache) -> Manifest | None:
    """Return the manifest if there is one that still holds."""
    try:
        content = load(cache.path, form=FORMAT)
        if [content["environment"], content["state"]] != [cache.environment, cache.state]:
            return None
        if not unchanged(content["stamps"]):
            return None
        cache.stamps = content["stamps"]
        return Manifest(PluginRecord(**row) for row in content["plugins"])
    except UNUSABLE:
        return None


def earlier(cache: Cache) -> Manifest | None:
    """Return the manifest whether it still holds or not, for what was learnt about plugins that stayed the same."""
    try:
        return Manifest(PluginRecord(**row) for row in load(cache.path, form=FORMAT)["plugins"])
    except UNUSABLE:
        return None


def write(cache: Cache, manifest: Manifest) -> None:
    """Store the manifest, if it can be relied on and stored."""
    if not settled(cache.stamps, cache.began):
        return
    content = {
        "environment": cache.environment,
        "state": cache.state,
        "stamps": cache.stamps,
        "plugins": [plugin.as_row() for plugin in manifest.plugins],
    }
    with suppress(OSError):
        _make_room(cache.path.parent)
    save(cache.path, content, form=FORMAT)


def stamp(cache: Cache, paths: list[str]) -> None:
    """Note the files of the plugins as they are now."""
    cache.stamps = stamps_of(paths)


def _make_room(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    left_behind = [path for path in folder.glob("*.tmp") if time.time() - path.stat().st_mtime > 3600]
    for path in [*files[: max(0, len(files) - KEPT)], *left_behind]:
        path.unlink(missing_ok=True)
