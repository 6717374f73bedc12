"""What can stand where the cursor is in a line of a chat."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from llm.features.chat_commands import COMMANDS, Takes
from llm.features.chat_input import EDIT, FRAGMENT, MULTI
from llm.features.completion import SPECIAL, candidates_of

#: what a command takes -> where `features.completion` gets the names
SOURCES = {Takes.MODEL: "models", Takes.TOOL: "tools"}


@dataclass(frozen=True, slots=True)
class Completions:
    """The words that fit, and how many characters before the cursor each of them replaces."""

    words: Sequence[str] = ()
    length: int = 0


def completions(line: str) -> Completions:
    """Return what completes a line that ends at the cursor."""
    word, _, rest = line.partition(" ")
    if word == line:
        known = [*COMMANDS, MULTI, EDIT, FRAGMENT] if line[:1] in ("/", "!") else []
        return _fitting(line, known)
    last = rest.rpartition(" ")[2]
    if word == FRAGMENT:
        return _fitting(last, [*_named("fragments"), *_paths(last)])
    command = COMMANDS.get(word)
    if command is None:
        return Completions()
    if command.takes is Takes.FILE:
        return _fitting(rest, _paths(rest))
    source = SOURCES.get(command.takes)
    return _fitting(rest, _named(source)) if source else Completions()


def _named(source: str) -> list[str]:
    """Return the names of one kind; none where that fails, as nobody asked for anything but a suggestion."""
    with contextlib.suppress(Exception):
        return [candidate.value for candidate in candidates_of(source) if candidate.kind not in SPECIAL]
    return []


def _fitting(begun: str, words: Iterable[str]) -> Completions:
    return Completions(sorted({word for word in words if word.startswith(begun)}), len(begun))


def _paths(begun: str) -> list[str]:
    """Return the files and folders whose path begins so; folders end with a separator."""
    folder, name = os.path.split(begun)
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        entries = sorted(Path(folder or ".").expanduser().iterdir())
        shown = [entry for entry in entries if name.startswith(".") or not entry.name.startswith(".")]
        return [os.path.join(folder, entry.name) + (os.sep if entry.is_dir() else "") for entry in shown]  # noqa: PTH118 - as typed
    return []
