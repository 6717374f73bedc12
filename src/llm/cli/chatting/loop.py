"""The chat itself: ask, do what was entered, show the answer, log it, ask again."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from llm.cli.answers import show_stream
from llm.cli.chatting.readers import Reader
from llm.cli.errors import ALWAYS_REPORTED, EXPECTED, as_click_error, wants_tracebacks
from llm.cli.rendering.choice import Display
from llm.cli.shortfalls import warn_of_shortfalls
from llm.cli.turn_log import TurnLog
from llm.core.attachments import Attachment
from llm.core.fragments import Fragment
from llm.features.chat import Chat, ChatMessage, refuse_standard_input
from llm.features.chat_input import Action, ChatInput, Collect, Command, Edit, End, Send

if TYPE_CHECKING:
    from llm.engine.chains import ChainResponse


class ChatLoop:
    """One chat from its first question to its end.

    Without a log nothing is logged, and there are no fragments. `goes_on` says whether it does after an error.
    """

    def __init__(
        self, chat: Chat, reader: Reader, turn_log: TurnLog | None, display: Display, *, goes_on: bool = True
    ) -> None:
        self._chat = chat
        self._reader = reader
        self._turn_log = turn_log
        self._display = display
        self._goes_on = goes_on
        self._input = ChatInput(tuple(reader.commands), fragments=turn_log is not None)
        self._collected: list[Fragment | Attachment] = []  # for the message that is being collected

    def run(self) -> None:
        """Ask until the user ends it. Raises `click.Abort` for Ctrl-C at the question and the end of input."""
        goes_on = True
        while goes_on:
            entered = self._reader.read(collecting=self._input.is_collecting)
            if entered is None:
                return
            try:
                goes_on = self._do(self._input.feed(entered))
            except KeyboardInterrupt:
                if not self._reader.is_interactive:
                    raise
                click.echo(err=True)

    def _do(self, actions: Iterable[Action]) -> bool:
        """Do what was entered; tell whether the chat goes on. What goes wrong is reported, and ends nothing."""
        for action in actions:
            if isinstance(action, End):
                return False
            if isinstance(action, Edit):
                if not self._do(self._input.edited(self._edited())):
                    return False
                continue
            try:
                self._act(action)
            except (click.Abort, BrokenPipeError):
                raise
            except Exception as error:
                is_defect = not isinstance(error, (*ALWAYS_REPORTED, *EXPECTED, click.ClickException))
                if not self._goes_on or (is_defect and wants_tracebacks()):
                    raise
                _report(error)
        return True

    def _act(self, action: Send | Collect | Command) -> None:
        if isinstance(action, Command):
            self._command(action)
        elif isinstance(action, Collect):
            self._collected += self._resolved(action.fragments)
        else:
            along = [*self._collected, *self._resolved(action.fragments)]
            self._collected.clear()
            attached = [*self._chat.attachments, *(one for one in along if isinstance(one, Attachment))]
            self._chat.attachments.clear()
            fragments = [one for one in along if isinstance(one, Fragment)]
            self._answer(ChatMessage(text=action.text, fragments=fragments, attachments=attached))

    def _command(self, action: Command) -> None:
        from llm.cli.safe_echo import echo_foreign
        from llm.features.chat_commands import run_command

        outcome = run_command(self._chat, action.name, action.argument)
        if outcome.says:
            echo_foreign(outcome.says)
        if outcome.message is not None:
            self._answer(outcome.message)

    def _answer(self, message: ChatMessage) -> None:
        """Have a message answered. One that fails is forgotten; one that is stopped counts with what had come."""
        chat = self._chat
        answer: ChainResponse | None = None
        try:
            answer = chat.begin(message)
            with self._turn_log.keeping(answer) if self._turn_log else nullcontext():
                show_stream(answer, self._display)
        except (KeyboardInterrupt, click.Abort):
            if answer is None or not self._reader.is_interactive:
                chat.drop()
                raise
            self._stop(answer)
        except BaseException:
            chat.drop()
            _end_line(answer)
            raise
        else:
            chat.finish()
            warn_of_shortfalls(answer)

    def _stop(self, answer: ChainResponse) -> None:
        """Go on after an answer that the user has stopped."""
        kept = self._chat.stop(answer)
        click.echo()
        click.echo("Stopped. What came so far counts" if kept else "Stopped", err=True)

    def _resolved(self, names: Iterable[str]) -> list[Fragment | Attachment]:
        names = list(names)
        if not names or self._turn_log is None:
            return []
        from llm.features.fragments import resolve_fragments

        refuse_standard_input(names)
        return resolve_fragments(self._turn_log.database, names, allow_attachments=True)

    @staticmethod
    def _edited() -> str | None:
        try:
            text = click.edit()
        except click.ClickException as error:
            error.show()
            return None
        if text is None:
            click.echo("Nothing was saved in the editor, so nothing is sent", err=True)
        return text


def _report(error: Exception) -> None:
    (error if isinstance(error, click.ClickException) else as_click_error(error)).show()


def _end_line(answer: ChainResponse | None) -> None:
    """End the line on which an answer broke off, so that what follows begins a new one."""
    if answer is not None and any(response._chunks for response in answer._rounds) and not sys.stdout.closed:
        click.echo()
