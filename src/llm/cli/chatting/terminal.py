"""Editing what is said in a chat, with prompt-toolkit: history, completion, pasting of many lines.

The only module that loads prompt-toolkit, which is done when a chat begins on a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from llm.cli.chatting.readers import QUESTION
from llm.features.chat_commands import COMMANDS
from llm.features.chat_completion import completions

HISTORY_FILE = "chat_history"


class TerminalReader:
    """Asks at a terminal. What was entered is kept in the user directory, for its owner alone."""

    is_interactive = True

    def __init__(self, *, without: Collection[str] = ()) -> None:
        self.commands: Iterable[str] = [word for word in COMMANDS if word not in without]
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            completer=_Completer(),
            complete_while_typing=False,
            key_bindings=_keys(),
            enable_open_in_editor=False,
        )

    def read(self, *, collecting: bool) -> str | None:
        """Return what was entered; pasted lines come as one."""
        try:
            entered: str = self._session.prompt("" if collecting else QUESTION, prompt_continuation="")
        except KeyboardInterrupt as error:
            raise click.Abort from error
        except EOFError:
            return None
        return entered


class _Completer(Completer):
    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002 - the toolkit's signature
        found = completions(document.text_before_cursor)
        return [Completion(word, start_position=-found.length) for word in found.words]


def _keys() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline()

    return bindings


def _history() -> History:
    """Return what was entered in earlier chats; kept in memory where the file cannot be written."""
    import llm

    path = Path(llm.user_dir()) / HISTORY_FILE
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
