"""`llm embed-multi --files`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.embed_multi.runs import embedded, query, run, stored
from tests.embedding_models import Lengths


def test_files(user_path: Path, folder: Path) -> None:
    """Files, with `**` those below too, come under relative paths, as UTF-8, else Latin-1; line ends are plain."""
    found = embedded(user_path, "--files", str(folder), "**/*")
    assert found == [("a.txt", "fünf"), ("b.txt", "fünf\nab"), ("sub/c.md", "deep")]
    assert [model for (model,) in query(user_path, "SELECT model FROM collections")] == ["lengths"]


def test_directories_are_no_files(user_path: Path, folder: Path) -> None:
    """A directory that matches the pattern is skipped."""
    (folder / "d.txt").mkdir()
    assert [item for item, _ in embedded(user_path, "--files", str(folder), "*.txt")] == ["a.txt", "b.txt"]


def test_several_patterns(user_path: Path, folder: Path) -> None:
    """`--files` may be given several times."""
    found = embedded(user_path, "--files", str(folder), "b*", "--files", str(folder / "sub"), "*.md")
    assert [item for item, _ in found] == ["b.txt", "c.md"]


def test_order_of_files(user_path: Path, folder: Path, model: Lengths) -> None:
    """Files come sorted, whatever the file system says."""
    embedded(user_path, "--files", str(folder), "**/*")
    assert model.seen == ["fünf", "fünf\nab", "deep"]


def test_encodings(user_path: Path, folder: Path) -> None:
    """Only the encodings that are named are tried; a file that none of them fits is skipped and told about."""
    result = run("c", "--files", str(folder), "*.txt", "--encoding", "ascii", "--encoding", "utf-8", "--store")
    assert (result.exit_code, result.stdout) == (0, "Embedding\n")
    assert result.stderr == f"Could not decode text in file {folder / 'a.txt'}\n"
    assert stored(user_path) == [("b.txt", "fünf\nab")]


def test_binary_files(user_path: Path, folder: Path) -> None:
    """With `--binary` files are embedded as bytes, an empty one too, and nothing is put in front of them."""
    (folder / "empty").touch()
    found = embedded(user_path, "--files", str(folder), "*", "--binary", "--prepend", "x", "--prefix", "p/")
    assert found == [("p/a.txt", b"f\xfcnf"), ("p/b.txt", b"f\xc3\xbcnf\r\nab"), ("p/empty", b"")]
