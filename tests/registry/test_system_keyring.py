from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import llm
from llm.core.errors import SettingsError
from llm.registry.keys import all_key_names, get_key, remove_key, set_key, stored_key
from llm.registry.system_keyring import KeyringError


class Keyring(ModuleType):
    """The functions of the package `keyring` that are used, over a dictionary."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None

    def get_password(self, service: str, name: str) -> str | None:
        if self.fault:
            raise self.fault
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        if self.fault:
            raise self.fault
        self.entries[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        del self.entries[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """A system keyring, empty and unlocked."""
    found = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", found)
    return found


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without the package `keyring`."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def test_stored_and_found(user_path: Path, keyring: Keyring) -> None:
    """A key in the keyring is found like one in the file; the files in the user directory do not hold its value."""
    set_key("a", "s3cret", keyring=True)
    assert list(keyring.entries.values()) == ["s3cret"]
    assert get_key(alias="a") == "s3cret"
    assert get_key("a") == "s3cret"
    assert stored_key("a") == "s3cret"
    assert all_key_names() == ["a"]
    assert not any("s3cret" in path.read_text() for path in user_path.iterdir())


def test_stored_key_beats_the_variable(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the keyring is a stored key, which counts before the environment variable."""
    monkeypatch.setenv("SERVICE_KEY", "from-environment")
    set_key("a", "s3cret", keyring=True)
    assert get_key(alias="a", env="SERVICE_KEY") == "s3cret"
    assert get_key(alias="b", env="SERVICE_KEY") == "from-environment"


def test_marker_file(user_path: Path, keyring: Keyring) -> None:
    """Which keys are in the keyring is told by `keyring.json`, private, by name and service, which names the folder."""
    set_key("a", "1", keyring=True)
    path = user_path / "keyring.json"
    assert json.loads(path.read_text()) == {"a": f"llm {user_path.resolve()}"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_user_directories_do_not_share_keys(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two user directories have keys of one name side by side in one keyring; a moved directory keeps its own."""
    for name in ("one", "two"):
        monkeypatch.setattr(llm, "user_dir", lambda name=name: tmp_path / name)
        set_key("a", name, keyring=True)
    (tmp_path / "two").rename(tmp_path / "three")
    monkeypatch.setattr(llm, "user_dir", lambda: tmp_path / "three")
    assert get_key(alias="a") == "two"
    monkeypatch.setattr(llm, "user_dir", lambda: tmp_path / "one")
    assert get_key(alias="a") == "one"


def test_one_place_at_a_time(user_path: Path, keyring: Keyring) -> None:
    """Setting a key in one place removes it from the other, so no old value comes back or stays readable."""
    set_key("a", "1")
    set_key("a", "2", keyring=True)
    assert "a" not in json.loads((user_path / "keys.json").read_text())
    assert stored_key("a") == "2"
    set_key("a", "3")
    assert not keyring.entries
    assert json.loads((user_path / "keyring.json").read_text()) == {}
    assert stored_key("a") == "3"


def test_key_that_another_program_wrote(user_path: Path, keyring: Keyring) -> None:
    """LLM 0.36 knows `keys.json` only: a key that it put there is newer than the one in the keyring."""
    set_key("a", "old", keyring=True)
    (user_path / "keys.json").write_text('{"a": "new"}')
    assert get_key(alias="a") == stored_key("a") == "new"


def test_removed(keyring: Keyring) -> None:
    """A key is removed from wherever it is; a name that is not stored is a `KeyError`."""
    set_key("a", "1", keyring=True)
    set_key("b", "2")
    remove_key("a")
    remove_key("b")
    assert (all_key_names(), keyring.entries) == ([], {})
    with pytest.raises(KeyError):
        remove_key("a")


def test_entry_that_is_gone(keyring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    """An entry deleted in the system's own program counts as missing, with a warning; it can still be removed here."""
    set_key("a", "1", keyring=True)
    keyring.entries.clear()
    assert get_key(alias="a") is None
    assert "llm keys set a" in capsys.readouterr().err
    with pytest.raises(KeyringError, match="'a'"):
        stored_key("a")
    remove_key("a")
    assert all_key_names() == []


def test_locked_keyring(keyring: Keyring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the keyring cannot be used, its key counts as missing: the variable is used, a warning says why."""
    set_key("a", "1", keyring=True)
    keyring.fault = RuntimeError("Failed to unlock\nthe collection!")
    monkeypatch.setenv("SERVICE_KEY", "from-environment")
    assert get_key(alias="a", env="SERVICE_KEY") == "from-environment"
    assert capsys.readouterr().err == (
        "Warning: Cannot read the key 'a' in the system keyring: Failed to unlock the collection!\n"
    )
    with pytest.raises(KeyringError, match="Failed to unlock"):
        stored_key("a")


def test_failed_store_changes_nothing(user_path: Path, keyring: Keyring) -> None:
    """A key that the keyring does not take stays where it was."""
    set_key("a", "1")
    keyring.fault = RuntimeError("locked")
    with pytest.raises(KeyringError, match="locked"):
        set_key("a", "2", keyring=True)
    assert stored_key("a") == "1"
    assert not (user_path / "keyring.json").exists()


def test_keyring_that_keeps_nothing(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that accepts a key and forgets it is found out before the key is removed from the file."""
    set_key("a", "1")
    monkeypatch.setattr(keyring, "set_password", lambda *_: None)
    with pytest.raises(KeyringError, match="did not keep"):
        set_key("a", "2", keyring=True)
    assert stored_key("a") == "1"


def test_removing_without_the_keyring(
    keyring: Keyring, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the keyring is out of reach a key is forgotten all the same, and the entry that is left is named."""
    set_key("a", "1", keyring=True)
    monkeypatch.setitem(sys.modules, "keyring", None)
    remove_key("a")
    assert all_key_names() == []
    warning = capsys.readouterr().err
    assert "llm install keyring" in warning
    assert next(iter(keyring.entries))[0] in warning


@pytest.mark.usefixtures("no_keyring")
def test_package_is_missing(user_path: Path) -> None:
    """Without the package `keyring` storing there fails with the command that installs it, and writes no file."""
    with pytest.raises(KeyringError, match="llm install keyring"):
        set_key("a", "1", keyring=True)
    assert not (user_path / "keys.json").exists()


def test_damaged_marker_file(user_path: Path, keyring: Keyring, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged `keyring.json` is named and not replaced; keys in the file and in variables are found all the same."""
    (user_path / "keys.json").write_text('{"a": "1"}')
    (user_path / "keyring.json").write_text("[")
    assert get_key(alias="a") == "1"
    assert get_key(alias="b") is None
    assert "keyring.json" in capsys.readouterr().err
    with pytest.raises(SettingsError, match=r"keyring\.json"):
        set_key("a", "2", keyring=True)
    assert (user_path / "keyring.json").read_text() == "["


def test_damaged_keys_file(user_path: Path, keyring: Keyring) -> None:
    """With a damaged `keys.json` nothing is put into the keyring: the key could not be removed from the file."""
    (user_path / "keys.json").write_text("[")
    with pytest.raises(SettingsError, match=r"keys\.json"):
        set_key("a", "2", keyring=True)
    assert not keyring.entries


def test_not_imported_for_other_keys(user_path: Path) -> None:
    """The package is imported for a key that is in the keyring, and for no other: its absence would be reported."""
    (user_path / "keyring.json").write_text('{"other": "llm"}')
    (user_path / "keys.json").write_text('{"a": "1"}')
    code = (
        "import sys, llm\n"
        "sys.modules['keyring'] = None\n"
        "assert (llm.get_key(alias='a'), llm.get_key(alias='b')) == ('1', None)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
