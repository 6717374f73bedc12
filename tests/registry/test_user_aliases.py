from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import llm
from llm.core.errors import SettingsError
from llm.registry.alias_file import user_aliases
from llm.registry.aliases import remove_alias, set_alias
from tests.registry.stand_ins import FakeAsyncModel, FakeModel, embedding_plugin, model_plugin

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture
def models(register_plugins: Callable[..., None]) -> None:
    register_plugins(
        model_plugin("chat", (FakeModel("m-1"), FakeAsyncModel("m-1"), ["one"]), (FakeModel("m-2"),)),
        embedding_plugin("embedding", (FakeModel("e-1"), ["vectors", "one"])),
    )


@pytest.mark.parametrize(
    ("target", "stored"),
    [("m-1", "m-1"), ("one", "m-1"), ("vectors", "e-1"), ("e-1", "e-1"), ("not-installed-yet", "not-installed-yet")],
)
def test_target_is_resolved(user_path: Path, target: str, stored: str) -> None:
    """Chat models come before embedding models; the real id is stored, an unknown name as it was given."""
    set_alias("mine", target)
    assert (user_path / "aliases.json").read_text() == f'{{\n    "mine": "{stored}"\n}}\n'


def test_other_entries_stay(user_path: Path) -> None:
    """Entries of others stay, in order, also those that are no text."""
    before = {"b": "m-2", "plugin's own": {"model": "m-1", "options": {}}, "a": "x"}
    (user_path / "aliases.json").write_text(json.dumps(before))
    set_alias("é", "m-2")
    stored = json.loads((user_path / "aliases.json").read_text(encoding="utf-8"))
    assert list(stored.items()) == [*before.items(), ("é", "m-2")]
    assert user_aliases() == {"b": "m-2", "a": "x", "é": "m-2"}


def test_target_is_found_through_the_public_name(monkeypatch: pytest.MonkeyPatch, user_path: Path) -> None:
    """A replaced `llm.get_model` decides what an alias stands for."""
    monkeypatch.setattr(llm, "get_model", lambda name: FakeModel(f"found for {name}"))
    set_alias("a", "b")
    assert user_aliases() == {"a": "found for b"}


def test_damaged_file_is_kept_when_an_alias_is_set(user_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file makes room for a new one and is kept under a name that standard error tells, in one line."""
    (user_path / "aliases.json").write_text('{"a": ')
    capsys.readouterr()
    set_alias("mine", "m-1")
    aside = user_path / "aliases.json.damaged"
    assert aside.read_text() == '{"a": '
    assert user_aliases() == {"mine": "m-1"}
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(aside) in told


def test_damaged_file_counts_as_empty_for_look_ups(user_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Models are found without their user aliases; standard error names the file once, and nothing is changed."""
    (user_path / "aliases.json").write_text("[]")
    capsys.readouterr()
    assert llm.get_model("one").model_id == "m-1"
    assert llm.get_embedding_model("vectors").model_id == "e-1"
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(user_path / "aliases.json") in told
    assert (user_path / "aliases.json").read_text() == "[]"


def test_removing(user_path: Path) -> None:
    """Only the alias named goes."""
    (user_path / "aliases.json").write_text('{"a": "1", "b": {"2": 3}, "c": "4"}')
    remove_alias("a")
    remove_alias("b")
    assert (user_path / "aliases.json").read_text() == '{\n    "c": "4"\n}\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No aliases.json file exists"),
        ("{", "aliases.json file is not valid JSON"),
        ("[]", "aliases.json file is not valid JSON"),
        ("{}", "No such alias: gone"),
    ],
)
def test_removing_what_is_not_there(user_path: Path, content: str | None, message: str) -> None:
    """The error is a `KeyError` with one of three texts; the file stays as it is."""
    path = user_path / "aliases.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KeyError) as caught:
        remove_alias("gone")
    assert caught.value.args == (message,)
    assert (path.read_text() if path.exists() else None) == content


def test_unwritable_file(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the way of writing is a settings error that names the file."""

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(SettingsError, match=r"aliases\.json: Permission denied"):
        set_alias("a", "m-1")
