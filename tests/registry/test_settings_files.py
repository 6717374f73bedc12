from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.errors import SettingsError
from llm.registry import file_lock
from llm.registry.settings import (
    DamagedSettingsError,
    read_json_object,
    set_aside_if_damaged,
    update_json_object,
    write_text_atomically,
)


def put(path: Path, key: str, value: Any, **how: Any) -> None:
    update_json_object(
        path, lambda content: content.update({key: value}), **{"indent": 2, "final_newline": True, **how}
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    content=st.dictionaries(st.text(), json_values, max_size=4), indent=st.integers(0, 4), final_newline=st.booleans()
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], indent: int, final_newline: bool
) -> None:
    """Any JSON object survives, in Python's JSON form with the indentation and ending asked for."""
    path = tmp_path_factory.mktemp("settings") / "file.json"
    update_json_object(path, lambda stored: stored.update(content), indent=indent, final_newline=final_newline)
    assert read_json_object(path) == content
    assert path.read_text(encoding="utf-8") == json.dumps(content, indent=indent) + ("\n" if final_newline else "")


def test_missing_file_is_empty(tmp_path: Path) -> None:
    """Nothing stored reads as nothing, and makes no file."""
    assert read_json_object(tmp_path / "file.json") == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe\xff", b'{"a": \xff}', b"[" * 100_000])
def test_damaged_file_is_refused_and_kept(tmp_path: Path, damage: bytes) -> None:
    """What is no JSON object is never overwritten; the error names the file and is a `ValueError` too."""
    path = tmp_path / "file.json"
    path.write_bytes(damage)
    for attempt in (lambda: read_json_object(path), lambda: put(path, "a", 1)):
        with pytest.raises(DamagedSettingsError, match=r"file\.json") as caught:
            attempt()
        assert isinstance(caught.value, SettingsError)
        assert isinstance(caught.value, ValueError)
    assert path.read_bytes() == damage


def test_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    """Editors on Windows may begin a file with one."""
    (tmp_path / "file.json").write_text('{"a": "é"}', encoding="utf-8-sig")
    assert read_json_object(tmp_path / "file.json") == {"a": "é"}


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """What the system says of a path comes as one error that names it."""
    for attempt in (read_json_object, lambda path: write_text_atomically(path, "x")):
        with pytest.raises(SettingsError, match=str(tmp_path)):
            attempt(tmp_path)
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*"))


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    """A folder where the file should be is named as what is wrong, with what to do."""
    with pytest.raises(SettingsError, match=f"{tmp_path} is a folder, where a file should be. Move it away"):
        put(tmp_path, "a", 1)


def test_link_to_nowhere(tmp_path: Path) -> None:
    """A link whose target cannot be written is told with the target; the link stays."""
    link = tmp_path / "keys.json"
    link.symlink_to(tmp_path / "gone" / "keys.json")
    with pytest.raises(SettingsError, match=f"{link}, a link to {tmp_path / 'gone'}"):
        put(link, "a", 1)
    assert link.is_symlink()


def test_private_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of secrets is never readable by others, not even the copy that is renamed, whatever it was before."""
    path = tmp_path / "keys.json"
    path.write_text("{}")
    path.chmod(0o644)
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode)))
    put(path, "a", "secret", private=True)
    assert seen[0] == 0o600
    assert mode(path) == 0o600


def test_new_private_file(tmp_path: Path) -> None:
    """A new file of secrets is private whatever the umask says."""
    before = os.umask(0)
    try:
        put(tmp_path / "keys.json", "a", "secret", private=True)
    finally:
        os.umask(before)
    assert mode(tmp_path / "keys.json") == 0o600


@pytest.mark.parametrize("before", [0o600, 0o664])
def test_permissions_stay(tmp_path: Path, before: int) -> None:
    """Other files keep the permissions that they have."""
    path = tmp_path / "aliases.json"
    path.write_text("{}")
    path.chmod(before)
    put(path, "a", "b")
    assert mode(path) == before


def test_symbolic_link_stays(tmp_path: Path) -> None:
    """Who keeps settings elsewhere and links to them keeps the link."""
    real, link = tmp_path / "elsewhere.json", tmp_path / "aliases.json"
    real.write_text('{"a": 1}')
    link.symlink_to(real)
    put(link, "b", 2)
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"a": 1, "b": 2}


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs nothing: the old content is there, no half-written file beside it."""
    path = tmp_path / "aliases.json"
    path.write_text('{"a": 1}')

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match=r"aliases\.json: No space left"):
        put(path, "b", 2)
    assert path.read_text() == '{"a": 1}'
    assert {entry.name for entry in tmp_path.iterdir()} == {"aliases.json", file_lock.LOCK_FILE}


def test_failed_change_writes_nothing(tmp_path: Path) -> None:
    """What the change raises comes through, and the file is as before."""
    path = tmp_path / "aliases.json"
    path.write_text('{"a":1}')

    def change(content: dict[str, Any]) -> None:
        del content["a"], content["missing"]

    with pytest.raises(KeyError, match="missing"):
        update_json_object(path, change, indent=2, final_newline=True)
    assert path.read_text() == '{"a":1}'


def test_parent_folders_are_made(tmp_path: Path) -> None:
    """The folder of the file need not exist."""
    put(tmp_path / "new" / "file.json", "a", 1)
    assert read_json_object(tmp_path / "new" / "file.json") == {"a": 1}


def test_threads_lose_no_update(tmp_path: Path) -> None:
    """Threads that change one file at once all get their change in."""
    path = tmp_path / "file.json"
    threads = [threading.Thread(target=put, args=(path, str(number), number)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_json_object(path)) == 20


def test_processes_lose_no_update(tmp_path: Path) -> None:
    """Processes that change one file at once all get their changes in."""
    code = (
        "import sys; from pathlib import Path; from llm.registry.settings import update_json_object\n"
        "for number in range(10):\n"
        "    update_json_object(Path(sys.argv[1]), lambda content: content.update({sys.argv[2] + str(number): 1}),"
        " indent=2, final_newline=True)\n"
    )
    path = tmp_path / "file.json"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(read_json_object(path)) == 30


@contextmanager
def lock_held(folder: Path) -> Iterator[None]:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with file_lock.settings_lock(folder):
            held.set()
            release.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    try:
        yield
    finally:
        release.set()
        thread.join()


def test_lock_that_is_never_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs while it holds the lock does not hang the others for ever."""
    monkeypatch.setattr(file_lock, "PATIENCE", 0.0)
    with lock_held(tmp_path), pytest.raises(SettingsError, match="Another process"):
        put(tmp_path / "file.json", "a", 1)


def test_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no locks, settings can still be changed."""

    def unsupported(descriptor: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(file_lock, "_lock", unsupported)
    put(tmp_path / "file.json", "a", 1)
    assert read_json_object(tmp_path / "file.json") == {"a": 1}


def test_setting_aside(tmp_path: Path) -> None:
    """A damaged file is kept under a name of its own, every time; one in order is left."""
    path = tmp_path / "aliases.json"
    kept = []
    for damage in ("[1", "[2"):
        path.write_text(damage)
        aside = set_aside_if_damaged(path)
        assert aside is not None
        kept.append(aside)
        assert not path.exists()
    assert [aside.read_text() for aside in kept] == ["[1", "[2"]
    path.write_text("{}")
    assert set_aside_if_damaged(path) is None
    assert path.read_text() == "{}"


def test_text_is_written_in_utf_8(tmp_path: Path) -> None:
    """Text is kept to the letter, in UTF-8, without a newline of our own."""
    path = tmp_path / "default_model.txt"
    write_text_atomically(path, "modèle\r\n")
    assert path.read_bytes() == "modèle\r\n".encode()
