"""`llm logs recover`, and what `llm logs` does about killed processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from llm.cli import cli
from llm.core.errors import LogStoreError
from llm.store.database import open_log_database
from llm.store.journal import Journal
from llm.store.recovery import import_file, recovery_file, save_to_file
from tests.store.samples import turn
from tests.store.test_journal import DEAD, running, say


@pytest.fixture
def database(user_path: Path) -> Path:
    """The user's log, which is empty."""
    path = user_path / "logs.db"
    open_log_database(path).close()
    return path


def leave_behind(path: Path) -> None:
    """Leave in the journal what a killed process leaves."""
    with closing(Journal(str(path), interval=None, owner=DEAD)) as journal:
        say(journal.begin(running("question")), "half an answer")
        assert journal.flush()


def test_listing_recovers(database: Path) -> None:
    """`llm logs` shows what a killed process has left, with its state."""
    leave_behind(database)
    result = CliRunner().invoke(cli, ["logs"])
    assert result.exit_code == 0
    assert "State: **recovered**" in result.output
    assert "half an answer" in result.output


def test_listing_another_file_changes_nothing(database: Path) -> None:
    """A file that is named is only looked at: what a killed process has left is shown from where it is."""
    leave_behind(database)
    result = CliRunner().invoke(cli, ["logs", "-d", str(database)])
    assert (result.exit_code, result.output.count("half an answer")) == (0, 1)
    with closing(open_log_database(database)) as conn:
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_recover(database: Path) -> None:
    """`llm logs recover` puts the turns of the recovery file and of the journal into the log."""
    leave_behind(database)
    save_to_file(recovery_file(database), [turn("a", "saved").record, turn("b", "saved too").record])
    result = CliRunner().invoke(cli, ["logs", "recover"])
    assert (result.exit_code, result.output) == (0, "Turns put into the log: 3\n")
    assert not recovery_file(database).exists()
    assert CliRunner().invoke(cli, ["logs", "recover"]).output == "Turns put into the log: 0\n"


def test_recover_named_files(database: Path, tmp_path: Path) -> None:
    """A recovery file and a database can be named; lines that cannot be read are reported, and stay."""
    other = tmp_path / "other.db"
    open_log_database(other).close()
    saved = tmp_path / "saved"
    save_to_file(saved, [turn("a", "saved").record])
    saved.write_text(f"{saved.read_text()}nonsense\n")
    result = CliRunner().invoke(cli, ["logs", "recover", str(saved), "-d", str(other)])
    assert result.exit_code == 1
    assert "Turns put into the log: 1\n" in result.output
    assert "Error: Lines of the recovery file that cannot be read: 1" in result.output
    assert saved.read_text() == "nonsense\n"


def test_recover_from_no_file(database: Path, tmp_path: Path) -> None:
    """What is no plain file is refused, and stays: the file that was read is removed, as /dev/null must not be."""
    folder = tmp_path / "folder"  # the command refuses folders, but no devices
    folder.mkdir()
    with closing(open_log_database(database)) as conn, pytest.raises(LogStoreError, match="is no file with turns"):
        import_file(conn, folder)
    assert folder.is_dir()


def test_recover_without_database(user_path: Path) -> None:
    """Without a log there is nothing to put turns into."""
    result = CliRunner().invoke(cli, ["logs", "recover"])
    assert result.exit_code == 1
    assert "No log database found" in result.output


def test_recover_into_new_database(user_path: Path) -> None:
    """After a damaged database was moved away, the turns it did not take go into a new one."""
    save_to_file(recovery_file(user_path / "logs.db"), [turn("a", "saved").record])
    assert CliRunner().invoke(cli, ["logs", "recover"]).output == "Turns put into the log: 1\n"
    assert "saved" in CliRunner().invoke(cli, ["logs"]).output
