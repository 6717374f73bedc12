"""Reading `extra-openai-models.yaml`.

Importing a YAML parser takes longer than listing all models, so the command `llm` remembers what it has read, as JSON
beside the plugin cache, for as long as the file does not change.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

from llm.core.yaml_text import parsed_yaml
from llm.registry.cache_files import UNUSABLE, cache_path, load, save
from llm.registry.manifest_in_use import manifest_in_use
from llm.registry.notices import warn
from llm.registry.stamps import Stamp, settled, stamps_of

_CACHE = "extra-openai-models.cache"
_FORMAT = 1

# The stamp of the file that was read last, and its entries: programs list the models several times.
_last: tuple[dict[str, Stamp], list[Any]] | None = None
_lock = threading.Lock()


def entries_of(path: str) -> list[Any]:
    """Return the entries of the file; none if there is no file, or if it makes no sense, which is told."""
    global _last  # noqa: PLW0603 - under its lock
    stamps = stamps_of([path])
    if not stamps:
        return []
    with _lock:
        if _last is None or _last[0] != stamps:
            _last = (stamps, _remembered(path, stamps) if _may_remember() else _parsed(path) or [])
        return _last[1]


def _may_remember() -> bool:
    """Tell whether this process is the command `llm`, and is allowed to keep what it found out."""
    return manifest_in_use() is not None and not os.environ.get("LLM_NO_PLUGIN_CACHE")


def _remembered(path: str, stamps: dict[str, Stamp]) -> list[Any]:
    try:
        known = load(cache_path(_CACHE), form=_FORMAT)
        if known["stamps"] == stamps:
            return list(known["entries"])
    except UNUSABLE:
        pass
    began = time.time_ns()
    entries = _parsed(path)
    if entries is not None and settled(stamps, began) and _is_json(entries):
        save(cache_path(_CACHE), {"stamps": stamps, "entries": entries}, form=_FORMAT)
    return entries or []


def _parsed(path: str) -> list[Any] | None:
    """Return the entries of the file, or None after telling the user why there are none."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs its import
            content = parsed_yaml(file.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        warn(f"{path} cannot be read: {reason}")
        return None
    if not isinstance(content, list):
        warn(f"{path} is left out: it has to hold a list of models" + (", but is empty" if content is None else ""))
        return None
    return content


def _is_json(entries: list[Any]) -> bool:
    """Tell whether JSON gives back the same: YAML knows dates, and keys that are no text."""
    try:
        same: bool = json.loads(json.dumps(entries)) == entries
    except (TypeError, ValueError, RecursionError):
        return False
    return same
