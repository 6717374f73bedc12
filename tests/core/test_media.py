from __future__ import annotations

from pathlib import Path

import pytest

from llm.core.media import mimetype_from_path, mimetype_from_string

SAMPLES = [
    (b"\x89PNG\r\n\x1a\n" + bytes(40), "image/png"),
    (b"GIF89a" + bytes(30), "image/gif"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(30), "image/jpeg"),
    (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30), "image/webp"),
    (b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), "audio/wav"),
    (b"\xff\xfb\x90\x64" + bytes(100), "audio/mpeg"),
    (b"ID3\x03\0\0\0\0\0\x21" + bytes(60), "audio/mpeg"),
    (b"ID3\x04\0\0\0\0\0\x21TIT2" + bytes(60), "audio/mpeg"),
    (b"%PDF-1.4\n%abc\n%%EOF", "application/pdf"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(30), "video/mp4"),
    (b"hello world", None),
    (b"", None),
]


@pytest.mark.parametrize(("content", "expected"), SAMPLES)
def test_types_of_bytes_and_files(tmp_path: Path, content: bytes, expected: str | None) -> None:
    """The type comes from the first bytes, of a string or a file; what is unknown or empty has none."""
    path = tmp_path / "sample"
    path.write_bytes(content)
    assert mimetype_from_string(content) == expected
    assert mimetype_from_path(path) == expected
    assert mimetype_from_path(str(path)) == expected


def test_unreadable_files_have_no_type(tmp_path: Path) -> None:
    """A missing file and a directory have no type."""
    assert mimetype_from_path(tmp_path / "gone.png") is None
    assert mimetype_from_path(tmp_path) is None
