"""Whether weights are there and what they should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llm.core.errors import ModelError
from llm.providers.local import supply, weights
from llm.providers.local.catalog import LocalModel
from tests.providers.local.published import CONTENT, small_weights

PUBLISHED = small_weights()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / PUBLISHED.file
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were hashed."""
    seen: list[Path] = []
    real = weights.sha256_of

    def noting(path: Path) -> str:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(weights, "sha256_of", noting)
    return seen


def test_hashed_once(file: Path, hashed: list[Path]) -> None:
    """A file that was found right is not hashed again."""
    assert weights.is_intact(file, PUBLISHED)
    assert weights.is_intact(file, PUBLISHED)
    assert hashed == [file]


def test_hashed_again_after_a_change(file: Path, hashed: list[Path]) -> None:
    """A file with another time is hashed again, and may be right."""
    assert weights.is_intact(file, PUBLISHED)
    os.utime(file, ns=(1, 1))
    assert weights.is_intact(file, PUBLISHED)
    assert hashed == [file, file]


def test_changed_content(file: Path) -> None:
    """A file of the right size with another content is not the published one."""
    assert weights.is_intact(file, PUBLISHED)
    file.write_bytes(CONTENT[:-1] + b"?")
    os.utime(file, ns=(1, 1))
    assert not weights.is_intact(file, PUBLISHED)


def test_wrong_size_is_not_hashed(file: Path, hashed: list[Path]) -> None:
    """A file of another size is refused without reading it."""
    file.write_bytes(CONTENT[:100])
    assert not weights.is_intact(file, PUBLISHED)
    assert hashed == []


def test_note_about_other_weights(file: Path) -> None:
    """That a file was found to be one thing does not make it another of the same size."""
    assert weights.is_intact(file, PUBLISHED)
    assert not weights.is_intact(file, PUBLISHED._replace(sha256="0" * 64))


def test_damaged_note(file: Path, hashed: list[Path]) -> None:
    """A note that cannot be read says nothing."""
    weights._note_path(file).write_text("not even JSON")
    assert weights.is_intact(file, PUBLISHED)
    assert hashed == [file]


def test_absent_file(tmp_path: Path) -> None:
    """A file that is not there is not intact."""
    assert not weights.is_intact(tmp_path / "none.gguf", PUBLISHED)


def test_delete(file: Path) -> None:
    """Deleting takes the note along, and tells whether there was something."""
    weights.note_intact(file, PUBLISHED)
    assert weights.delete(file)
    assert not weights.delete(file)
    assert list(file.parent.iterdir()) == []


def test_added_file_is_used_where_it_is(file: Path) -> None:
    """The weights of an added model are the user's file."""
    assert supply.ready(LocalModel("mine", file=file)) == file


def test_added_file_that_went_away(tmp_path: Path) -> None:
    """An added model whose file is gone fails with the command that says where it is now."""
    with pytest.raises(ModelError, match=r"Cannot read .*gone\.gguf.*llm local add mine"):
        supply.ready(LocalModel("mine", file=tmp_path / "gone.gguf"))
