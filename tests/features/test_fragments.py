from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.core.fragments import Fragment
from llm.features.fragments import FragmentNotFound, fragment_hashes, process_fragments_in_chat, resolve_fragments
from llm.features.standard_input import StandardInput
from llm.store.database import Handle
from llm.store.stored_fragments import set_fragment_alias
from tests.registry.stand_ins import plugin

PICTURE = Attachment(type="image/png", content=b"x")


def _fail(argument: str) -> Any:
    raise RuntimeError(f"boom {argument}")


def _register_fragment_loaders(register: Any) -> None:
    register("one", lambda argument: Fragment(f"one {argument}", f"src:{argument}"))
    register("many", lambda argument: [Fragment("a", "1"), PICTURE, Fragment(argument, "2")])
    register("plain", lambda argument: f"plain {argument}")
    register("picture", lambda _: PICTURE)
    register("empty", lambda _: [])
    register("number", lambda _: 5)
    register("fail", _fail)


@pytest.fixture(autouse=True)
def _plugin(register_plugins: Callable[..., None]) -> None:
    register_plugins(plugin("fragments_plugin", register_fragment_loaders=_register_fragment_loaders))


def found(db: Handle, *names: str, **arguments: Any) -> list[tuple[str, str]]:
    return [(str(one), one.source) for one in resolve_fragments(db, names, **arguments) if isinstance(one, Fragment)]


def reason(db: Handle, name: str) -> str:
    with pytest.raises(FragmentNotFound) as caught:
        resolve_fragments(db, [name])
    return str(caught.value)


def test_the_error_of_the_command_line(db: Handle) -> None:
    """A fragment that cannot be found is a `llm.cli.FragmentNotFound`, as callers name it."""
    import llm.cli

    with pytest.raises(llm.cli.FragmentNotFound):
        llm.cli.resolve_fragments(db, ["nowhere"])


def test_url(db: Handle) -> None:
    """A URL is fetched; its source is the URL."""
    assert found(db, "https://x/y", fetch=lambda url: f"text of {url}") == [("text of https://x/y", "https://x/y")]


def test_unreachable_url(db: Handle) -> None:
    """A URL that cannot be fetched is not found."""

    def fail(url: str) -> str:
        raise UserError(f"{url} is away")

    with pytest.raises(FragmentNotFound, match="http://x is away"):
        resolve_fragments(db, ["http://x"], fetch=fail)


def test_standard_input(db: Handle, pipe: Callable[[bytes], None]) -> None:
    """`-` is standard input, read once: a second `-` is the same text, also in a later call with the same reader."""
    pipe("é\r\nx".encode())
    stdin = StandardInput()
    assert found(db, "-", "-", stdin=stdin) == [("é\r\nx", "-")] * 2
    assert found(db, "-", stdin=stdin) == [("é\r\nx", "-")]


def test_undecodable_input(db: Handle, pipe: Callable[[bytes], None]) -> None:
    """Bytes that are no UTF-8 are replaced, before anything is paid for."""
    pipe(b"a\xffb")
    assert found(db, "-") == [("a\ufffdb", "-")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one:x", [("one x", "src:x")]),
        ("one:", [("one ", "src:")]),
        ("one:a:b", [("one a:b", "src:a:b")]),
        ("plain:q", [("plain q", "plain:q")]),
        ("empty:", []),
    ],
)
def test_loader(db: Handle, name: str, expected: list[tuple[str, str]]) -> None:
    """The text after the first colon goes to the loader of the prefix."""
    assert found(db, name) == expected


def test_attachments(db: Handle) -> None:
    """Loaders may mix in attachments where those are allowed; the order is kept."""
    assert resolve_fragments(db, ["many:x", "picture:"], allow_attachments=True) == ["a", PICTURE, "x", PICTURE]
    for name in ("many:x", "picture:"):
        assert name in reason(db, name)


@pytest.mark.parametrize(
    ("name", "parts"), [("zz:x", ["zz"]), ("fail:x", ["fail:x", "boom x"]), ("number:", ["number:", "5"])]
)
def test_failing_loader(db: Handle, name: str, parts: list[str]) -> None:
    """An unknown prefix, an error in a loader and a result of another kind are errors that name them."""
    assert all(part in reason(db, name) for part in parts)


def test_stored(db: Handle, conn: sqlite3.Connection, folder: Path) -> None:
    """An alias or the full hash names a stored fragment, and hides a file of that name; parts of a hash do not."""
    fragment = Fragment("stored", "where")
    set_fragment_alias(conn, "docs", fragment)
    (folder / "docs").write_text("file")
    assert found(db, "docs", fragment.id()) == [("stored", "where")] * 2
    assert reason(db, fragment.id()[:10]) == f"Fragment '{fragment.id()[:10]}' not found"


def test_alias_before_hash(db: Handle, conn: sqlite3.Connection) -> None:
    """An alias that looks like the hash of another fragment is an alias."""
    other = Fragment("other")
    set_fragment_alias(conn, "other", other)
    set_fragment_alias(conn, other.id(), Fragment("aliased"))
    assert found(db, other.id()) == [("aliased", "")]


def test_file(db: Handle, folder: Path) -> None:
    """A file is read as UTF-8; its source is the absolute path without links."""
    (folder / "f.txt").write_bytes("é\r\n".encode())
    (folder / "link").symlink_to("f.txt")
    assert found(db, "f.txt", "link") == [("é\n", str(folder.resolve() / "f.txt"))] * 2


def test_file_with_a_colon(db: Handle, folder: Path) -> None:
    """A file whose whole name looks like a prefix and an argument is that file."""
    (folder / "zz:x").write_text("file")
    assert found(db, "zz:x")[0][0] == "file"


@pytest.mark.parametrize("name", ["nope", "", ".", "x" * 5000, "nu\0l"])
def test_not_found(db: Handle, folder: Path, name: str) -> None:
    """What is nothing, or a folder, is not found."""
    assert reason(db, name) == f"Fragment '{name}' not found"


def test_binary_file(db: Handle, folder: Path) -> None:
    """A file that is no text is an error that names it."""
    (folder / "f.bin").write_bytes(b"\xff")
    assert "f.bin" in reason(db, "f.bin")


@pytest.mark.parametrize(
    ("message", "text", "fragments"),
    [
        ("hi", "hi", []),
        ("!fragment one:a\nrest", "rest", ["one a"]),
        ("a\n!fragment one:a  one:b\n b \n\n", "a\n b \n", ["one a", "one b"]),
        ("  !fragment one:a", "  !fragment one:a", []),
        ("!fragment", "!fragment", []),
        ("!fragmentx one:a", "!fragmentx one:a", []),
        ("!fragment many:x\n!fragment one:z", "", ["a", "x", "one z"]),
    ],
)
def test_chat(db: Handle, message: str, text: str, fragments: list[str]) -> None:
    """Lines that begin with `!fragment ` are taken out, and what they name is resolved."""
    assert process_fragments_in_chat(db, message)[:2] == (text, fragments)


def test_chat_attachments(db: Handle) -> None:
    """Attachments of loaders are returned apart from the fragments."""
    assert process_fragments_in_chat(db, "!fragment many:x") == ("", ["a", "x"], [PICTURE])


def test_chat_unknown_fragment(db: Handle) -> None:
    """An unknown fragment is an error that names it."""
    with pytest.raises(FragmentNotFound, match="Fragment 'nope' not found"):
        process_fragments_in_chat(db, "!fragment nope")


def test_hashes(db: Handle) -> None:
    """The hashes for the log are those of what the names stand for."""
    assert fragment_hashes(db, ["one:x"]) == [Fragment("one x").id()]


def test_pipe_of_a_shell(db: Handle, substitution: Callable[[bytes], str]) -> None:
    """What a command gives through a pipe is a fragment, under the name that the shell made up."""
    name = substitution("é".encode())
    (fragment,) = resolve_fragments(db, [name])
    assert isinstance(fragment, Fragment)
    assert (fragment, fragment.source) == ("é", name)
