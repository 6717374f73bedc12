"""A turn is never lost: whatever becomes of a command, what a model said until then is in the log.

While an answer is shown, its turns are in the journal (`store.journal`). At the end, complete turns are logged as they
are, and one that was cut short with its state and the reason. What the database does not take goes to a recovery file,
and what a killed process has left in the journal becomes a turn when the log is opened again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm.core.errors import LogStoreError
from llm.core.messages import Message
from llm.core.records import TurnRecord, TurnState
from llm.core.tools import ToolResult
from llm.engine.chains import _BaseChainResponse
from llm.engine.prompt import tool_attachments, tool_messages, user_messages
from llm.engine.recording import messages_so_far
from llm.engine.turn import _BaseResponse
from llm.features.answer_rows import log_response
from llm.features.termination import terminations_raise
from llm.store.database import Handle, is_lock_error, naming_file, open_log_database, writing
from llm.store.journal import Journal, JournalEntry, forget
from llm.store.recovery import ImportResult, import_file, recover, recovery_file, save_to_file, save_to_temporary_file

if TYPE_CHECKING:
    import sqlite3

    from llm.core.events import StreamEvent
    from llm.engine.worlds import Answer, AnyResponse

#: What ended an answer that no model is to blame for, in words; the name of the class where it is not listed.
_INTERRUPTIONS = {
    "KeyboardInterrupt": "Interrupted from the keyboard",
    "BrokenPipeError": "Nobody read the output any more",
    "CancelledError": "Cancelled",
    "SystemExit": "Terminated",
    "GeneratorExit": "Closed",
}


@contextlib.contextmanager
def journaled(
    conn: sqlite3.Connection, path: str | os.PathLike[str], answer: Answer, *, warn: Callable[[str], object]
) -> Iterator[None]:
    """Log the turns of `answer`, however the block ends that runs and shows it.

    `answer` is a response or a chain that has not run yet, blocking or async, `conn` the connection to the log
    database `path`, and `warn` is called with a message when the database does not take a turn. The block's exception
    goes on; none is added to it. A termination signal becomes a `SystemExit` within the block.
    """
    journal = AnswerJournal(conn, path, answer, warn=warn)
    error: BaseException | None = None
    with terminations_raise() as shielded:
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            with shielded():
                journal.finish(error)


class AnswerJournal:
    """The turns of one answer on their way to the log."""

    def __init__(
        self, conn: sqlite3.Connection, path: str | os.PathLike[str], answer: Answer, *, warn: Callable[[str], object]
    ) -> None:
        self._conn = conn
        self._path = os.fspath(path)
        self._answer = answer
        self._warn = warn
        self._journal = Journal(self._path) if self._path != ":memory:" else None
        self._entries: list[JournalEntry] = []
        self._results: dict[str, list[ToolResult]] = {}  # of the tool calls of each turn
        if isinstance(answer, _BaseChainResponse):
            answer._observe_round = self._observe
        elif isinstance(answer, _BaseResponse):
            self._observe(answer)

    def finish(self, error: BaseException | None) -> None:
        """Log what there is; `error` is what ended the answer, if it was no proper end. Reports, and never raises."""
        for entry in self._entries:
            entry.close()
        try:
            self._write(_turns(self._answer, *_outcome(error), self._results))
        except Exception as failure:  # noqa: BLE001 -- the answer was shown, and an error of its own may be on its way
            self._warn(f"Warning: the answer could not be logged: {failure}")
        finally:
            if self._journal is not None:
                self._journal.close()

    def _observe(self, response: _BaseResponse) -> None:
        """Put the turn into the journal as soon as the model has said something."""
        response._observe_result = lambda result: self._note_result(response, result)
        if self._journal is not None and not response._done:
            response._observe = lambda event: self._begin(response, event)

    def _begin(self, response: _BaseResponse, event: StreamEvent) -> None:
        response._observe = None
        with contextlib.suppress(Exception):  # the log must not keep anybody from getting the answer
            assert self._journal is not None  # noqa: S101 -- or nobody observes
            entry = self._journal.begin(replace(response.turn_record(), output=(), state="recovered"))
            self._entries.append(entry)
            entry.append(event)
            response._observe = entry.append
            response._completed.append(lambda done: entry.complete(done.turn_record()))

    def _note_result(self, response: _BaseResponse, result: ToolResult) -> None:
        """Keep the result of a tool: until the model is told, it is nowhere else."""
        results = self._results.setdefault(response.id, [])
        results.append(result)
        entry = next((entry for entry in self._entries if entry.turn_id == response.id), None)
        if entry is not None:
            with contextlib.suppress(Exception):
                entry.complete(replace(response.turn_record(), results=_result_messages(results)))

    def _write(self, turns: Sequence[_Turn]) -> None:
        """Write the turns in one transaction; if that fails, each by itself, and what fails again to a file."""
        if not turns:
            return
        try:
            with writing(self._conn):
                for turn in turns:
                    self._write_turn(turn)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- also what programs raise that log beside us
            # A lock was waited for long enough; and Ctrl-C means that the user does not want to wait for it.
            hopeless = is_lock_error(error) or isinstance(error, KeyboardInterrupt)
            lost = [turn for turn in turns if hopeless or not self._try_to_write(turn)]
            if lost:
                self._save([turn.record() for turn in lost], str(error) or type(error).__name__)

    def _try_to_write(self, turn: _Turn) -> bool:
        """Write a turn by itself; tell whether that went well."""
        try:
            with writing(self._conn):
                self._write_turn(turn)
        except Exception:  # noqa: BLE001 -- the first error is reported
            return False
        return True

    def _write_turn(self, turn: _Turn) -> None:
        turn.log(Handle(self._conn))
        forget(self._conn, turn.id)

    def _save(self, records: Sequence[TurnRecord], reason: str) -> None:
        beside = recovery_file(self._path if self._path != ":memory:" else "logs.db")
        failed = f"Warning: the log database {self._path} did not take this answer: {reason}."
        for save in (partial(save_to_file, beside), save_to_temporary_file):
            try:
                path = save(records)
            except OSError as error:
                failed += f" It could not be saved to a file either: {error}."
            else:
                command = "llm logs recover" if path == beside else f"llm logs recover {path}"
                self._warn(f"{failed} It was saved to {path}; to put it into the log, run: {command}")
                return
        self._warn(f"{failed} The log will not have it.")


class _Turn:
    """A turn to be logged: a finished response, or the record of one that was cut short."""

    def __init__(
        self, response: AnyResponse, partial: TurnRecord | None = None, results: Sequence[ToolResult] = ()
    ) -> None:
        self.id: str = response.id
        self._response = response
        self._partial = partial
        self._results = _result_messages(results)

    def log(self, database: Handle) -> None:
        from llm.store.logstore import LogStore

        if self._partial is not None:
            LogStore(database).log(self)
            return
        log_response(self._response, database.conn)
        conversation = self._response.conversation
        if self._results and conversation is not None:
            with contextlib.suppress(KeyError):  # it was logged elsewhere
                LogStore(database).append(conversation.id, self._results)

    def record(self) -> TurnRecord:
        found = self._response.turn_record() if self._partial is None else self._partial
        return replace(found, results=self._results)

    turn_record = record

    def with_results(self, results: Sequence[ToolResult]) -> _Turn:
        """Return the turn with the results of its tool calls, which the model was not told any more."""
        return _Turn(self._response, self._partial, results)


def recover_turns(conn: sqlite3.Connection) -> int:
    """Log what processes that were killed have left in the journal, and return how many turns that gave.

    For whoever opens a log database for writing; quick when there is nothing. Nothing is raised: where the database
    cannot be written to right now, the next one will do it.
    """
    with contextlib.suppress(Exception):
        return recover(conn, messages_so_far)
    return 0


def recover_log(path: str | os.PathLike[str], saved: str | os.PathLike[str] | None = None) -> ImportResult:
    """Put everything into the log database `path` that did not get there in time.

    That is what the journal holds, and the turns in the recovery file `saved`, by default the one beside the database,
    which need not exist. Raises `LogStoreError`.
    """
    source = Path(saved) if saved is not None else recovery_file(path)
    with contextlib.closing(open_log_database(path)) as conn, naming_file(os.fspath(path)):
        # First the file: it has turns whole of which the journal has the beginning.
        imported = ImportResult(0, 0)
        try:
            imported = import_file(conn, source)
        except FileNotFoundError:
            if saved is not None:
                raise LogStoreError(f"There is no recovery file {source}") from None
        return imported._replace(written=imported.written + recover(conn, messages_so_far))


def _outcome(error: BaseException | None) -> tuple[TurnState, str | None]:
    """Return what is said of a turn that `error` cut short."""
    if error is None:
        return "interrupted", None
    name = type(error).__name__
    if isinstance(error, Exception) and not isinstance(error, BrokenPipeError):
        return "failed", str(error) or name
    return "interrupted", _INTERRUPTIONS.get(name, name)


def _turns(
    answer: Answer, state: TurnState, error: str | None, results: Mapping[str, Sequence[ToolResult]]
) -> list[_Turn]:
    """Return the turns of an answer that have something to log; the last one with what its tools have returned."""
    responses = answer._rounds if isinstance(answer, _BaseChainResponse) else [answer]
    turns = []
    for response in responses:
        if getattr(response, "_done", True):
            turns.append(_Turn(response))
        elif record := response.partial_record(state, error):
            turns.append(_Turn(response, record))
    if turns and turns[-1].id in results:
        turns[-1] = turns[-1].with_results(results[turns[-1].id])
    return turns


def _result_messages(results: Sequence[ToolResult]) -> tuple[Message, ...]:
    """Return the messages by which a chain tells the model of these results."""
    messages = tool_messages(results, with_attachments=False)
    return (*messages, *user_messages("", tool_attachments(results)))
