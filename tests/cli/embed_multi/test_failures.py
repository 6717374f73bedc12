"""What `llm embed-multi` refuses, and what it stores nevertheless."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.embed_multi.runs import query, run, stored


def test_failing_items(user_path: Path) -> None:
    """An item that the model refuses is named at the end, exit code 1; all others stay; a next run tries it again."""
    rows = "id,a\n1,x\n2,y\n3,boom\n4,z\n"
    result = run("c", "-", piped=rows, model="broken")
    assert (result.exit_code, result.stdout) == (1, "Embedding\n")
    assert result.stderr == (
        "Error: 1 item could not be embedded; 3 were. To try again, run the same command\n  3: the provider hung up\n"
    )
    assert [item for item, _ in stored(user_path)] == ["1", "2", "4"]
    assert run("c", "-", piped=rows.replace("boom", "fine")).exit_code == 0
    assert [item for item, _ in stored(user_path)] == ["1", "2", "3", "4"]


def test_many_failing_items(user_path: Path) -> None:
    """Of many items that failed the first twenty are named, and how many more there are."""
    rows = "id,a\n" + "".join(f"{n},{'boom' if n % 2 else n}\n" for n in range(50))
    result = run("c", "-", piped=rows, model="broken")
    assert result.stderr.count("the provider hung up") == 20
    assert result.stderr.endswith("  and 5 more\n")
    assert len(stored(user_path)) == 25


@pytest.mark.parametrize(
    ("model", "arguments", "piped"),
    [
        ("zork", ("-",), "id,a\n1,x\n"),
        ("keyed", ("-",), "id,a\n1,x\n"),
        ("broken", ("-",), "id,a\n1,boom\n"),
        ("len", ("-",), "[nonsense"),
        ("len", ("--sql", "SELECT * FROM zork"), None),
        ("text-only", ("--files", ".", "*.toml", "--binary"), None),
    ],
)
def test_no_collection_after_a_failure(
    user_path: Path, model: str | None, arguments: tuple[str, ...], piped: str | None
) -> None:
    """A first run that fails leaves no collection bound to its model."""
    result = run("c", *arguments, piped=piped, model=model, DEMO_KEY="")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert query(user_path, "SELECT name FROM sqlite_master WHERE name = 'collections'") == [] or (
        query(user_path, "SELECT * FROM collections") == []
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("-", "--binary"), "--binary"),
        (("--files", ".", "*", "--binary", "--encoding", "utf-8"), "--encoding"),
        ((), "--sql"),
        (("-", "--files", ".", "*"), "--files"),
        (("--sql", "SELECT 1", "--files", ".", "*"), "--files"),
        (("--format", "csv", "--files", ".", "*"), "--files"),
        (("missing.csv",), "missing.csv"),
        ((".",), "directory"),
        (("--files", "missing", "*"), "Invalid directory: missing"),
        (("--files", ".", ""), "pattern"),
        (("--files", ".", "/*"), "pattern"),
        (("--files", ".", "*", "--encoding", "zork"), "Unknown encoding: zork"),
        (("--files", ".", "*", "--encoding", "hex"), "Unknown encoding: hex"),
        (("-", "--batch-size", "-1"), "-1"),
        (("-", "--concurrency", "0"), "0"),
    ],
)
def test_usage_errors(user_path: Path, arguments: tuple[str, ...], error: str) -> None:
    """What cannot be meant is exit code 2, with the reason."""
    result = run("c", *arguments, piped="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert error in result.stderr
