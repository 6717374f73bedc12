"""`llm logs show`, and turns that are still running."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm.core.fragments import Fragment
from llm.store.database import Handle, open_log_database
from llm.store.journal import Journal
from llm.store.logstore import LogStore
from tests.cli.log_runs import prompts, run, shown
from tests.store.samples import turn
from tests.store.test_journal import DEAD, running, say

LONG = "a word and another one " * 30


@pytest.fixture
def database(user_path: Path) -> Path:
    """The user's log with one conversation of two turns."""
    path = user_path / "logs.db"
    with closing(open_log_database(path)) as conn:
        store = LogStore(Handle(conn))
        store.log(
            turn("first", LONG, id="01t1", thread_id="01c", fragments=[Fragment(LONG)], state="failed", error="no")
        )
        store.log(turn("second", "short", id="01t2", thread_id="01c"))
    return path


@pytest.fixture
def journal(database: Path) -> Iterator[Journal]:
    """The journal of a process that runs."""
    with closing(Journal(str(database), interval=None)) as made:
        yield made


def test_one_turn(database: Path) -> None:
    """The id of a turn shows this turn whole: nothing is cut, fragments have their content, usage is included."""
    text = shown("show", "01t1")
    assert text.count("# ") >= 2
    assert "conversation: 01c id: 01t1" in text
    assert "State: **failed** -- no" in text
    assert text.count(LONG.strip()) == 2
    assert "## Token usage" in text
    assert "second" not in text


def test_one_conversation(database: Path) -> None:
    """The id of a conversation shows all of its turns, oldest first; only the first names the conversation."""
    text = shown("show", "01c")
    assert text.index("first") < text.index("second")
    assert text.count("conversation: 01c") == 1


def test_as_json(database: Path) -> None:
    """`--json` shows the same as a JSON array in the form of `llm logs --json`, fragments whole."""
    rows = json.loads(shown("show", "01c", "--json"))
    assert [row["id"] for row in rows] == ["01t1", "01t2"]
    assert rows[0]["prompt_fragments"][0]["content"] == LONG
    assert rows == json.loads(shown("--cid", "01c", "--json", "-e"))


def test_unknown_id(database: Path) -> None:
    """An id that is neither is an error that names it and says where ids are shown."""
    result = run("show", "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No turn or conversation found with id nowhere" in result.stderr
    assert "llm logs" in result.stderr


def test_another_database(database: Path, user_path: Path) -> None:
    """`-d` names another database; without one that exists there is an error."""
    moved = database.rename(user_path / "moved.db")
    assert "first" in shown("show", "01t1", "-d", str(moved))
    assert "No log database found" in run("show", "01t1").stderr


def test_running_turn(database: Path, journal: Journal) -> None:
    """A turn that is running is listed after those that are logged, with what it said so far and its state."""
    entry = journal.begin(running("third", thread_id="01c"))
    say(entry, "so ", "far")
    assert journal.flush()
    assert prompts("-n", "1") == ["second", "third"]
    assert prompts("--cid", "01c") == ["first", "second", "third"]
    *_, row = json.loads(shown("--json"))
    assert (row["response"], row["state"], row["error"]) == ("so far", "running", None)
    assert list(row)[-2:] == ["state", "error"]
    assert row["conversation_name"] == "first"
    assert "State: **running**" in shown("-n", "1")
    assert "so far" in shown("show", entry.turn_id)
    assert shown("-r") == "short\n"


def test_running_turns_are_filtered(database: Path, journal: Journal) -> None:
    """What a listing asks for holds for running turns too."""
    say(journal.begin(running("third")), "pelican")
    assert journal.flush()
    assert prompts("-q", "pelican") == ["third"]
    assert prompts("-m", "other-model") == []
    assert prompts("--cid", "01c") == ["first", "second"]


def test_running_turn_is_not_taken_from_its_process(database: Path, journal: Journal) -> None:
    """Looking at a running turn changes nothing in the database."""
    say(journal.begin(running("third")), "so far")
    assert journal.flush()
    shown()
    with closing(open_log_database(database)) as conn:
        assert conn.execute("SELECT count(*) FROM llm_journal").fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (2,)


def test_complete_round_of_a_running_chain(database: Path, journal: Journal) -> None:
    """A turn that is complete but not logged yet, as its chain still runs, is listed without a state."""
    entry = journal.begin(running("third"))
    say(entry, "all")
    entry.complete(turn("third", "all", id=entry.turn_id).record)
    assert journal.flush()
    row = json.loads(shown("--json"))[-1]
    assert (row["prompt"], row["response"]) == ("third", "all")
    assert "state" not in row


def test_killed_process_in_another_database(database: Path) -> None:
    """A database that is named with `-d` is only looked at; what a killed process left there is shown."""
    with closing(Journal(str(database), interval=None, owner=DEAD)) as left:
        say(left.begin(running("third")), "half")
        assert left.flush()
    rows = json.loads(shown("-d", str(database), "--json"))
    assert [row.get("state") for row in rows] == ["failed", None, "recovered"]
    with closing(open_log_database(database)) as conn:
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (2,)


def test_damaged_journal(database: Path, journal: Journal) -> None:
    """A row of the journal that cannot be read hides nothing else."""
    say(journal.begin(running("third")), "so far")
    say(journal.begin(running("fourth")), "so far")
    assert journal.flush()
    with closing(open_log_database(database)) as conn:
        conn.execute("UPDATE llm_journal SET header = '{' WHERE turn_id = (SELECT min(turn_id) FROM llm_journal)")
        conn.commit()
    assert prompts() == ["first", "second", "fourth"]
