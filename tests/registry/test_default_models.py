from __future__ import annotations

from pathlib import Path

import pytest

import llm
from llm.core.errors import SettingsError
from llm.registry.defaults import (
    DEFAULT_MODEL,
    get_default_embedding_model,
    get_default_model,
    set_default_embedding_model,
    set_default_model,
)


def test_built_in_defaults() -> None:
    """Without a setting the chat model is a fixed one; there is no embedding model."""
    assert get_default_model() == DEFAULT_MODEL == "gpt-5.6-luna"
    assert get_default_model(default=None) is None
    assert get_default_embedding_model() is None


def test_id_is_written_as_given(user_path: Path) -> None:
    """Nothing is checked, resolved or added; each default has its file."""
    set_default_model("né")
    set_default_embedding_model("e-1")
    assert (user_path / "default_model.txt").read_bytes() == "né".encode()
    assert (user_path / "default_embedding_model.txt").read_bytes() == b"e-1"
    assert (get_default_model(), get_default_embedding_model()) == ("né", "e-1")


def test_file_is_stripped_and_may_be_named(user_path: Path) -> None:
    """White space around the id does not matter; plugins keep defaults of their own in other files."""
    (user_path / "other.txt").write_text("\n m-1 \n")
    assert get_default_model(filename="other.txt") == "m-1"
    assert get_default_model("other.txt", None) == "m-1"
    set_default_model("m-2", filename="other.txt")
    assert get_default_model("other.txt") == "m-2"


@pytest.mark.parametrize("content", ["", " \n"])
def test_empty_file_is_no_setting(user_path: Path, content: str) -> None:
    """A file without an id counts as unset."""
    (user_path / "default_model.txt").write_text(content)
    assert get_default_model() == DEFAULT_MODEL
    assert get_default_model(default=None) is None


def test_none_removes_the_setting(user_path: Path) -> None:
    """None deletes the file, and does nothing where there is none."""
    set_default_model("m-1")
    set_default_model(None)
    assert not (user_path / "default_model.txt").exists()
    set_default_model(None)
    set_default_embedding_model(None)
    assert get_default_model() == DEFAULT_MODEL


def test_unreadable_file(user_path: Path) -> None:
    """What is no UTF-8 text, or no file, is reported with its path."""
    path = user_path / "default_model.txt"
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=r"default_model\.txt"):
        get_default_model()
    path.unlink()
    path.mkdir()
    for attempt in (get_default_model, lambda: set_default_model("m"), lambda: set_default_model(None)):
        with pytest.raises(SettingsError, match=r"default_model\.txt"):
            attempt()


def test_folder_is_found_through_the_public_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A replaced `llm.user_dir` decides where the setting is."""
    (tmp_path / "default_model.txt").write_text("m-9")
    monkeypatch.setattr(llm, "user_dir", lambda: tmp_path)
    assert get_default_model() == "m-9"
