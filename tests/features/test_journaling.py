"""Answers whose turns get into the log, whatever becomes of the command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.features import journaling
from llm.features.journaling import recover_turns
from llm.features.log_markdown import MarkdownLog
from llm.features.log_views import annotate_log_rows, logs_json_for_response_ids
from llm.store.database import Handle, open_log_database
from llm.store.journal import Journal
from llm.store.listing import merged_log_rows
from tests.engine.faces import AsyncFace, BlockingFace, Face
from tests.engine.script import Round
from tests.features.journal_log import Log, upper


@pytest.fixture
def log(tmp_path: Path, conn: sqlite3.Connection) -> Log:
    """A new log database."""
    return Log(tmp_path / "logs.db", conn)


def test_complete_answer(face: Face, log: Log) -> None:
    """An answer that came to its end is logged as it is, without a state; the journal is empty again."""
    answer = face.model(["one ", "two"]).prompt("x")
    with log.journaled(answer):
        assert face.text(answer) == "one two"
    assert log.turns() == [("one two", None, None)]
    assert (log.count("llm_turn_states"), log.count("llm_journal"), log.warnings) == (0, 0, [])


def test_failing_model(face: Face, log: Log) -> None:
    """What a model said before it failed is logged as a failed turn with the error, which goes on unchanged."""
    error = llm.ModelError("no more tokens")
    answer = face.model(["half ", error]).prompt("x")
    with pytest.raises(llm.ModelError) as caught, log.journaled(answer):
        face.text(answer)
    assert caught.value is error
    assert log.turns() == [("half ", "failed", "no more tokens")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyboardInterrupt(), "Interrupted from the keyboard"),
        (BrokenPipeError(32, "Broken pipe"), "Nobody read the output any more"),
        (SystemExit(143), "Terminated"),
    ],
)
def test_interruptions(blocking: BlockingFace, log: Log, error: BaseException, reason: str) -> None:
    """Ctrl-C, a reader that went away and a termination leave a turn that is marked interrupted."""
    answer = blocking.model(["half ", "an answer"]).prompt("x")
    with pytest.raises(type(error)), log.journaled(answer):  # noqa: PT012 -- the error comes while it is read
        for _chunk in answer:
            raise error
    assert log.turns() == [("half ", "interrupted", reason)]


def test_cancelled_task(log: Log) -> None:
    """A cancelled task leaves a turn that is marked interrupted."""
    face = AsyncFace()
    answer = face.model(["half ", asyncio.CancelledError()]).prompt("x")
    with pytest.raises(asyncio.CancelledError), log.journaled(answer):
        face.text(answer)
    face.close()
    assert log.turns() == [("half ", "interrupted", "Cancelled")]


def test_nothing_produced(face: Face, log: Log) -> None:
    """A call that failed before the model produced anything leaves no turn, no thread and no message."""
    answer = face.model([llm.ModelError("no")]).prompt("x")
    with pytest.raises(llm.ModelError), log.journaled(answer):
        face.text(answer)
    assert [log.count(table) for table in ("turns", "threads", "messages", "llm_journal")] == [0, 0, 0, 0]


def test_answer_that_was_not_read(blocking: BlockingFace, log: Log) -> None:
    """An answer of which a command read a part only is logged as interrupted, without an error."""
    answer = blocking.model(["a", "b"]).prompt("x")
    with log.journaled(answer):
        next(iter(answer))
    assert log.turns() == [("a", "interrupted", None)]


def test_partial_record_of_chain(face: Face, log: Log) -> None:
    """Of a chain that fails, complete rounds are logged as complete, the last one as failed."""
    model = face.model(["look ", llm.ToolCall("upper", {"text": "a"}, "c1")], ["so ", llm.ModelError("no")])
    answer = model.conversation().chain("x", tools=[upper])
    with pytest.raises(llm.ModelError), log.journaled(answer):
        face.text(answer)
    assert log.turns() == [("look ", None, None), ("so ", "failed", "no")]
    assert (log.count("llm_journal"), log.count("threads")) == (0, 1)


def test_one_transaction_for_a_chain(blocking: BlockingFace, log: Log) -> None:
    """All turns of a finished chain are written in one transaction."""
    answer = blocking.model(["a ", *calls_of("upper")], ["b ", *calls_of("upper")], ["c"]).chain("x", tools=[upper])
    seen: list[str] = []
    with log.journaled(answer):
        answer.text()
        log.conn.set_trace_callback(seen.append)
    log.conn.set_trace_callback(None)
    writing = [word for word in (statement.split()[0].upper() for statement in seen) if word in {"BEGIN", "COMMIT"}]
    assert writing == ["BEGIN", "COMMIT"]
    assert len(log.turns()) == 3


def test_failure_between_rounds(face: Face, log: Log) -> None:
    """An error of the chain itself marks no turn: what the model said is complete."""
    model = face.model(["a ", llm.ToolCall("upper", {"text": "a"}, "c1")], ["b"])
    answer = model.conversation().chain("x", tools=[upper], chain_limit=1)
    with pytest.raises(ValueError, match="Chain limit"), log.journaled(answer):
        face.text(answer)
    assert log.turns() == [("a ", None, None)]


def test_unfinished_tool_call(blocking: BlockingFace, log: Log) -> None:
    """A tool call that the model has not registered when it is cut short is not logged: nobody must run it."""
    name = llm.parts.StreamEvent("tool_call_name", "upper", tool_call_id="c")
    answer = blocking.model(["a", name, llm.ModelError("no")]).prompt("x", tools=[upper])
    with pytest.raises(llm.ModelError), log.journaled(answer):
        answer.text()
    assert log.turns() == [("a", "failed", "no")]
    assert log.count("parts") == 2


def test_conversation_goes_on(blocking: BlockingFace, log: Log) -> None:
    """A conversation continues from what is there of an interrupted turn."""
    from llm.features.conversations import load_conversation

    model = blocking.model(["half ", llm.ModelError("no")], model_id="going-on")
    with contextlib.suppress(llm.ModelError), log.journaled(answer := model.conversation().prompt("x")):
        answer.text()
    thread = log.conn.execute("SELECT id FROM threads").fetchone()[0]
    with only_model(model):
        loaded = load_conversation(thread, database=str(log.path))
    assert loaded is not None
    assert loaded.loaded_messages is not None
    assert [message.role for message in loaded.loaded_messages] == ["user", "assistant"]


@contextlib.contextmanager
def only_model(model: Any) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(llm, "get_model", lambda *_args, **_named: model)
        yield


def test_killed_process(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process that was killed had written of a chain becomes turns: complete rounds complete."""
    from tests.store.test_journal import DEAD

    journals: list[Journal] = []

    def journal(path: str) -> Journal:
        journals.append(Journal(path, interval=None, owner=DEAD))
        return journals[-1]

    monkeypatch.setattr(journaling, "Journal", journal)
    model = blocking.model(["look ", llm.ToolCall("upper", {"text": "a"}, "c1")], ["so ", "it is", "!"])
    answer = model.conversation().chain("x", tools=[upper])
    watched = journaling.AnswerJournal(log.conn, log.path, answer, warn=log.warnings.append)
    seen = ""
    for chunk in answer:
        seen += chunk
        journals[0].flush()
        if chunk == "it is":
            break
    del watched
    journals[0].close()
    assert recover_turns(log.conn) == 2
    assert log.turns() == [
        ("look ", None, None),
        ("so it is", "recovered", "The process ended before the answer was complete"),
    ]
    assert log.count("tools") == 1
    assert recover_turns(log.conn) == 0


def test_log_to_db_is_called_on_the_response(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs replace `log_to_db` on the class: complete turns are logged by that method."""
    logged: list[Any] = []
    original: Callable[..., Any] = llm.Response.log_to_db

    def log_to_db(response: llm.Response, db: Any) -> None:
        logged.append(response)
        original(response, db)

    monkeypatch.setattr(llm.Response, "log_to_db", log_to_db)
    answer = blocking.model(["a"]).prompt("x")
    with log.journaled(answer):
        answer.text()
    assert logged == [answer]
    assert log.turns() == [("a", None, None)]


def test_state_in_json(blocking: BlockingFace, log: Log) -> None:
    """In JSON, `state` and `error` come after all other keys, and only for turns that are not complete."""
    ids = []
    scripts: list[Round] = [["a"], ["a", llm.ModelError("no")]]
    for steps in scripts:
        answer = blocking.model(steps).prompt("x")
        ids.append(answer.id)
        with contextlib.suppress(llm.ModelError), log.journaled(answer):
            answer.text()
    complete, failed = json.loads(logs_json_for_response_ids(Handle(log.conn), ids))
    assert list(failed) == [*complete, "state", "error"]
    assert (failed["state"], failed["error"]) == ("failed", "no")


def test_state_in_markdown(blocking: BlockingFace, log: Log) -> None:
    """In Markdown, one line after that of the model tells of the state, whatever the error contains."""
    answer = blocking.model(["a", llm.ModelError("no\n\n# more")]).prompt("x")
    with contextlib.suppress(llm.ModelError), log.journaled(answer):
        answer.text()
    [row] = rows = merged_log_rows(Handle(log.conn))
    attachments = annotate_log_rows(log.conn, rows)
    shown = MarkdownLog(one_conversation=True)
    assert "\n\nModel: **scripted**\n\nState: **failed** -- no # more\n\n## Prompt" in shown.entry(
        row, attachments[row["id"]]
    )
    second = shown.entry({**row, "error": None}, [])
    assert "\n\nState: **failed**\n\n## Prompt" in second


def test_database_in_memory(blocking: BlockingFace) -> None:
    """A database in memory, which no other connection reaches, works without a journal."""
    with closing(open_log_database(":memory:")) as conn:
        log = Log(Path(":memory:"), conn)
        answer = blocking.model(["a", llm.ModelError("no")]).prompt("x")
        with pytest.raises(llm.ModelError), log.journaled(answer):
            answer.text()
        assert log.turns() == [("a", "failed", "no")]


@pytest.fixture
def blocking() -> BlockingFace:
    """Ordinary code."""
    return BlockingFace()


def calls_of(*names: str) -> list[Any]:
    return [llm.ToolCall(name, {"text": "a"}, f"c{number}") for number, name in enumerate(names)]


def interrupt(text: str) -> str:
    """Be interrupted."""
    raise KeyboardInterrupt


def continued(log: Log, model: Any) -> list[Any]:
    from llm.features.conversations import load_conversation

    with only_model(model):
        loaded: Any = load_conversation(None, database=str(log.path))
    return [part for message in loaded.loaded_messages for part in message.parts]


def test_results_of_an_interrupted_chain(blocking: BlockingFace, log: Log) -> None:
    """The conversation goes on from what tools had returned when their chain was interrupted, while another ran."""
    model = blocking.model(["a ", *calls_of("upper", "interrupt")])
    answer = model.conversation().chain("x", tools=[upper, interrupt])
    with pytest.raises(KeyboardInterrupt), log.journaled(answer):
        answer.text()
    assert log.turns() == [("a ", None, None)]
    assert [part.output for part in continued(log, model) if isinstance(part, llm.parts.ToolResultPart)] == ["A"]


def test_results_before_a_failing_round(face: Face, log: Log) -> None:
    """They are also kept when the model fails before it has said anything to them; that call leaves no turn."""
    model = face.model(["a ", *calls_of("upper")], [llm.ModelError("no")])
    answer = model.conversation().chain("x", tools=[upper])
    with pytest.raises(llm.ModelError), log.journaled(answer):
        face.text(answer)
    assert log.turns() == [("a ", None, None)]
    tips = log.conn.execute("SELECT role FROM threads JOIN messages ON hash = threads.tip_message_hash").fetchall()
    assert tips == [("tool",)]


def test_results_of_a_killed_process(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tools had returned when the process was killed is recovered with the turn that asked for it."""
    from tests.store.test_journal import DEAD

    def killed(text: str) -> str:
        [journal] = journals
        journal.flush()
        monkeypatch.setattr(journaling.AnswerJournal, "finish", lambda *_: journal.close())
        raise KeyboardInterrupt

    journals: list[Journal] = []

    def make(path: str) -> Journal:
        journals.append(Journal(path, interval=None, owner=DEAD))
        return journals[-1]

    monkeypatch.setattr("llm.features.journaling.Journal", make)
    model = blocking.model(["a ", *calls_of("upper", "killed")])
    answer = model.conversation().chain("x", tools=[upper, killed])
    with pytest.raises(KeyboardInterrupt), log.journaled(answer):
        answer.text()
    assert recover_turns(log.conn) == 1
    assert log.turns() == [("a ", None, None)]
    assert [part.output for part in continued(log, model) if isinstance(part, llm.parts.ToolResultPart)] == ["A"]


def test_results_that_the_model_was_told(face: Face, log: Log) -> None:
    """Of a chain that goes on, results are in the input of the next turn, once."""
    model = face.model(["a ", *calls_of("upper")], ["b"])
    answer = model.conversation().chain("x", tools=[upper])
    with log.journaled(answer):
        face.text(answer)
    assert log.turns() == [("a ", None, None), ("b", None, None)]
    assert log.conn.execute("SELECT count(*) FROM parts WHERE type = 'tool_result'").fetchone() == (1,)
    tips = log.conn.execute("SELECT role FROM threads JOIN messages ON hash = threads.tip_message_hash").fetchall()
    assert tips == [("assistant",)]
