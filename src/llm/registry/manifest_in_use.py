"""The manifest of this process, if it has one: read once, kept in memory, and added to as plugins show what they offer.

Only the command line of a process that is the command `llm` sets it. In every other process there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from llm.registry.manifest import Manifest
from llm.registry.manifest_file import Cache, write


class _InUse:
    """The manifest, and where it is stored (nowhere, if no plugins are installed)."""

    manifest: Manifest | None = None
    cache: Cache | None = None


_in_use = _InUse()


def use_manifest(manifest: Manifest | None, cache: Cache | None = None) -> None:
    """Go by this manifest from now on; changes are stored with `cache`."""
    _in_use.manifest, _in_use.cache = manifest, cache


def manifest_in_use() -> Manifest | None:
    """Return the manifest of this process, None if it has none."""
    return _in_use.manifest


def plugins_offering(kind: str, names: Collection[str]) -> set[str] | None:
    """Return the plugins that matter for things of a kind with one of these names; None if all of them do."""
    manifest = _in_use.manifest
    return None if manifest is None else manifest.offering(kind, names)


def known_names(kind: str) -> list[list[str]] | None:
    """Return the names of what installed plugins offer of a kind, each with its aliases; loads nothing.

    Kinds are those of `manifest.HOOKS`. None if that is not known without loading the plugins. Built-in plugins are
    not in it.
    """
    manifest = _in_use.manifest
    return None if manifest is None else manifest.names(kind)


def observed(kind: str, offered: Mapping[str, list[list[str]]]) -> None:
    """Take note of what plugins have just offered."""
    manifest = _in_use.manifest
    if manifest is None or not manifest.observe(kind, offered):
        return
    from llm.registry.manifest_recording import mark_intruders

    mark_intruders(manifest.plugins, ())
    store_manifest()


def store_manifest() -> None:
    """Write the manifest down, if it has a place."""
    if _in_use.manifest is not None and _in_use.cache is not None:
        write(_in_use.cache, _in_use.manifest)
