"""What the lines of a chat mean: from what was entered to what is to be done, with neither terminal nor model."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from llm.features.fragments import CHAT_MARKER

MULTI = "!multi"
END = "!end"
EDIT = "!edit"
FRAGMENT = CHAT_MARKER.strip()
EXIT_WORDS = ("exit", "quit")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this text with the named fragments, which belong to it alone."""

    text: str
    fragments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collect:
    """Keep the named fragments for the message that is being collected."""

    fragments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Open an editor, and hand its text to `edited`."""


@dataclass(frozen=True, slots=True)
class Command:
    """Carry out a slash command."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class End:
    """End the chat."""


Action: TypeAlias = Send | Collect | Edit | Command | End


class ChatInput:
    """Takes what was entered and gives actions.

    `commands` are the slash commands that are known; without `fragments`, lines that name some are text.
    """

    def __init__(self, commands: Collection[str] = (), *, fragments: bool = True) -> None:
        self._commands = commands
        self._knows_fragments = fragments
        self._lines: list[str] | None = None  # of the message that is being collected
        self._end = END

    @property
    def is_collecting(self) -> bool:
        """Whether lines are collected, to be sent as one message."""
        return self._lines is not None

    def feed(self, entered: str) -> Iterator[Action]:
        """Yield what is to be done about what was entered: one line, or several that were pasted at once."""
        lines = entered.split("\n")
        if len(lines) == 1 or (not self.is_collecting and not _begins_collecting(lines[0])):
            yield from self._single(entered)
            return
        for number, line in enumerate(lines):
            was_collecting = self.is_collecting
            yield from self._single(line)
            if was_collecting and not self.is_collecting:
                rest = "\n".join(lines[number + 1 :])
                if rest.strip():
                    yield from self.feed(rest)
                return

    def edited(self, text: str | None) -> Iterator[Action]:
        """Yield what is to be done about the text of an editor; `None` if it was closed without saving."""
        text = (text or "").strip()
        if self._lines is not None:
            if text:
                yield from self._collected(text)
        elif text in EXIT_WORDS:
            yield End()
        elif text:
            yield self._message(text)

    def _single(self, entered: str) -> Iterator[Action]:
        bare = entered.strip()
        if self._lines is not None:
            yield from self._into_message(entered, bare)
        elif _begins_collecting(bare):
            self._lines = []
            self._end = " ".join([END, *bare.split()[1:]])
        elif bare == EDIT:
            yield Edit()
        elif bare in EXIT_WORDS:
            yield End()
        elif bare:
            yield self._command(bare) or self._message(entered)

    def _into_message(self, line: str, bare: str) -> Iterator[Action]:
        """Collect a line: what is no end and names no fragments is text, whatever it says."""
        if bare == self._end:
            text = "\n".join(self._lines or ())
            self._lines = None
            yield Send(text)
        elif bare == EDIT:
            yield Edit()
        else:
            yield from self._collected(line)

    def _collected(self, text: str) -> Iterator[Action]:
        message = self._message(text)
        if message.fragments:
            yield Collect(message.fragments)
        if self._lines is not None and (message.text or not message.fragments):
            self._lines.append(message.text)

    def _message(self, entered: str) -> Send:
        """Return a message without the lines that name fragments; those are named in it."""
        lines = entered.split("\n")
        named = [line for line in lines if self._knows_fragments and line.startswith(CHAT_MARKER)]
        if not named:
            return Send(entered)
        names = tuple(name for line in named for name in line[len(CHAT_MARKER) :].split())
        return Send("\n".join(line for line in lines if line not in named), names)

    def _command(self, bare: str) -> Command | None:
        name, _, argument = bare.partition(" ")
        return Command(name, argument.strip()) if name in self._commands and "\n" not in bare else None


def _begins_collecting(line: str) -> bool:
    return line.strip().startswith(MULTI)
