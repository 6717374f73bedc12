from __future__ import annotations

import json
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.core.errors import SettingsError
from llm.registry.keys import get_key, key_names, load_keys, set_key


@pytest.fixture
def stored(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERVICE_KEY", "from-environment")
    monkeypatch.setenv("EMPTY_KEY", "")
    path = user_path / "keys.json"
    path.write_text(json.dumps({"// Note": "a note", "service": "from-file", "other": "other-key", "empty": ""}))
    return path


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("arguments", "keywords", "expected"),
    [
        ((), {"alias": "service"}, "from-file"),
        ((), {"alias": "service", "env": "SERVICE_KEY"}, "from-file"),
        ((), {"alias": "unknown", "env": "SERVICE_KEY"}, "from-environment"),
        ((), {"env": "SERVICE_KEY"}, "from-environment"),
        ((), {"input": "literal", "alias": "service", "env": "SERVICE_KEY"}, "literal"),
        ((), {"input": "other", "alias": "service", "env": "SERVICE_KEY"}, "other-key"),
        (("sk-x", "service", "SERVICE_KEY"), {}, "sk-x"),
        (("", "service", "SERVICE_KEY"), {}, "from-file"),
        ((None, "service"), {}, "from-file"),
        ((None, "unknown", "SERVICE_KEY"), {}, "from-environment"),
        (("other",), {}, "other-key"),
        ((), {"explicit_key": None, "key_alias": "service", "env_var": "SERVICE_KEY"}, "from-file"),
        ((), {"explicit_key": "literal", "key_alias": "service", "env_var": "SERVICE_KEY"}, "literal"),
        (("first",), {"input": "second"}, "second"),
        (("first",), {"input": ""}, "first"),
        ((None, "service"), {"alias": "other"}, "other-key"),
        ((None, "service"), {"alias": ""}, "from-file"),
        ((None, None, "EMPTY_KEY"), {"env": "SERVICE_KEY"}, "from-environment"),
        ((), {"alias": "unknown", "env": "UNSET_KEY"}, None),
        ((), {"env": "EMPTY_KEY"}, None),
        ((), {"alias": "empty", "env": "SERVICE_KEY"}, "from-environment"),
        ((), {"alias": "empty"}, None),
        ((), {"input": "empty"}, "empty"),
        ((), {"alias": "// Note", "env": "SERVICE_KEY"}, "from-environment"),
        ((), {"input": "// Note"}, "// Note"),
        ((), {}, None),
    ],
)
def test_which_key_is_used(arguments: tuple[Any, ...], keywords: dict[str, Any], expected: str | None) -> None:
    """A stored key for what was given, what was given, the stored key, the variable; empty counts as missing."""
    assert get_key(*arguments, **keywords) == expected


def test_keys_are_loaded_through_the_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that replaces `llm.load_keys` decides what `get_key` finds."""
    monkeypatch.setattr(llm, "load_keys", lambda: {"service": "replaced"})
    assert get_key(alias="service") == "replaced"


def test_folder_is_found_through_the_public_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A replaced `llm.user_dir` decides where keys are."""
    (tmp_path / "keys.json").write_text('{"a": "b"}')
    monkeypatch.setattr(llm, "user_dir", lambda: tmp_path)
    assert load_keys() == {"a": "b"}


def test_no_file_no_keys() -> None:
    """Without a file there are no keys, and none is made."""
    assert load_keys() == {}
    assert get_key(alias="service") is None


def test_damaged_file(user_path: Path) -> None:
    """Invalid JSON raises an error that names the file, for reading and for setting; the file is not touched."""
    path = user_path / "keys.json"
    path.write_text('{"a": "secret",')
    for attempt in (load_keys, lambda: set_key("b", "c"), lambda: get_key(alias="a")):
        with pytest.raises(SettingsError, match=r"keys\.json") as caught:
            attempt()
        assert isinstance(caught.value, json.JSONDecodeError)  # what programs expect of `load_keys`
        assert "secret" not in f"{caught.value} {caught.value.doc}"
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert path.read_text() == '{"a": "secret",'


def test_file_format(user_path: Path) -> None:
    """A new file begins with the note; keys follow in the order of setting, two spaces, final newline, mode 0600."""
    set_key("b", "1")
    set_key("a", "é")
    set_key("b", "2")
    path = user_path / "keys.json"
    assert path.read_text() == (
        '{\n  "// Note": "This file stores secret API credentials. Do not share!",\n  "b": "2",\n  "a": "\\u00e9"\n}\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_existing_file_gets_no_note_and_tighter_permissions(user_path: Path) -> None:
    """Other programs' keys are kept as they are; others can no longer read them."""
    path = user_path / "keys.json"
    path.write_text('{"a": "1"}')
    path.chmod(0o644)
    set_key("b", "2")
    assert json.loads(path.read_text()) == {"a": "1", "b": "2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names(stored: Path) -> None:
    """Names come sorted, without comments."""
    assert key_names(load_keys()) == ["empty", "other", "service"]
