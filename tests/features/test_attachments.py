from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.features.attachments import (
    AttachmentError,
    AttachmentRequest,
    resolve_attachment,
    resolve_attachment_with_type,
    resolve_attachments,
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"


def test_file(folder: Path) -> None:
    """A file becomes its absolute path, and its type is found in the bytes."""
    (folder / "x").write_bytes(PNG)
    assert resolve_attachment("x") == Attachment(type="image/png", path=str(folder.resolve() / "x"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("u.bin", b"\x01\x02\x03zz", "media type of u.bin"),
        ("empty", b"", "empty is empty"),
        ("gone", None, "gone does not exist"),
        (".", None, "is a folder"),
        ("nu\0l", None, "nu\0l"),
    ],
)
def test_unusable_file(folder: Path, name: str, content: bytes | None, reason: str) -> None:
    """A file that is missing, empty or of unknown type, and a folder, are errors that name them."""
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(AttachmentError) as caught:
        resolve_attachment(name)
    assert reason in str(caught.value)


@pytest.mark.parametrize("found", ["image/png", None])
def test_url(found: str | None) -> None:
    """A URL stays one; the type is what the server says, or none."""
    assert resolve_attachment("https://x/y", probe=lambda _: found) == Attachment(type=found, url="https://x/y")


def test_unreachable_url() -> None:
    """A URL that does not answer is an error."""

    def fail(url: str) -> str | None:
        raise UserError(f"{url} is away")

    with pytest.raises(AttachmentError, match="foo://x is away"):
        resolve_attachment("foo://x", probe=fail)


def test_standard_input(pipe: Callable[[bytes], None]) -> None:
    """`-` takes the bytes of standard input, with the type found in them or given."""
    pipe(PNG)
    assert resolve_attachment("-") == Attachment(type="image/png", content=PNG)
    pipe(b"abc")
    assert resolve_attachment_with_type("-", "x/y") == Attachment(type="x/y", content=b"abc")


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "nothing to attach"), (b"\x01\x02zz", "media type of standard input")]
)
def test_unusable_input(pipe: Callable[[bytes], None], content: bytes, reason: str) -> None:
    """Standard input that is empty or of unknown type is an error."""
    pipe(content)
    with pytest.raises(AttachmentError, match=reason):
        resolve_attachment("-")


def test_empty_input_with_type(pipe: Callable[[bytes], None]) -> None:
    """A type does not make an attachment of nothing."""
    pipe(b"")
    with pytest.raises(AttachmentError, match="nothing to attach"):
        resolve_attachment_with_type("-", "image/png")


def test_given_type(folder: Path) -> None:
    """A given type is taken as it is, for any file and for any URL, which nobody asks."""
    (folder / "x").write_bytes(b"\x01")
    assert resolve_attachment_with_type("x", "a/b") == Attachment(type="a/b", path=str(folder.resolve() / "x"))
    assert resolve_attachment_with_type("foo://x", "a/b") == Attachment(type="a/b", url="foo://x")
    with pytest.raises(AttachmentError, match="gone does not exist"):
        resolve_attachment_with_type("gone", "a/b")


def test_requests(folder: Path) -> None:
    """Requests of templates are resolved where they stand, with or without type; attachments stay as they are."""
    (folder / "x").write_bytes(PNG)
    path = str(folder.resolve() / "x")
    own = Attachment(content=b"1")
    assert resolve_attachments([AttachmentRequest("x"), own, AttachmentRequest("x", "a/b")]) == [
        Attachment(type="image/png", path=path),
        own,
        Attachment(type="a/b", path=path),
    ]


def test_pipe_of_a_shell(substitution: Callable[[bytes], str]) -> None:
    """What a command gives through a pipe is read at once, as it cannot be read again."""
    assert resolve_attachment(substitution(PNG)) == Attachment(type="image/png", content=PNG)
    assert resolve_attachment_with_type(substitution(b"x"), "a/b") == Attachment(type="a/b", content=b"x")
    name = substitution(b"")
    with pytest.raises(AttachmentError, match=f"nothing to attach in {name}"):
        resolve_attachment(name)
