from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.media import mimetype_from_path, mimetype_from_string

# How files of many kinds begin: the sniffer looks deeper into what it recognises.
MAGIC = [
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\x00\x00\x00WAVE", b"RIFF\x10\x00\x00\x00WEBP",
    b"ID3", b"%PDF-1.7", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b", b"BZh",
    b"7z\xbc\xaf'\x1c", b"\x7fELF", b"MZ", b"{\\rtf", b"<?xml ", b"<html", b"<svg", b"{", b"#!/usr/bin/env python\n",
    b"OggS", b"fLaC", b"\x00\x00\x00\x18ftyp", b"SQLite format 3\x00", b"ustar", b"\xca\xfe\xba\xbe", b"II*\x00",
    b"MM\x00*", b"BM", b"From ", b"\xff\xfb", b"FORM\x00\x00\x00\x10AIFF",
]  # fmt: skip
SUFFIXES = ["", ".png", ".zip", ".docx", ".py", ".json", ".mp3", ".pdf", ".tar", ".x", ".wav", ".csv"]
contents = st.binary(max_size=64) | st.tuples(
    st.sampled_from(MAGIC), st.binary(max_size=64), st.sampled_from([b"", b"\x00" * 600, b"PK\x05\x06" + b"\x00" * 18])
).map(b"".join)


@settings(max_examples=80)
@given(contents)
def test_any_bytes_have_a_type_or_none(content: bytes) -> None:
    """Broken, cut and invented files have a media type or none; none of them makes the sniffer fail."""
    found = mimetype_from_string(content)
    assert found is None or "/" in found


@settings(max_examples=40)
@given(
    contents,
    st.sampled_from(SUFFIXES),
)
def test_any_file_has_a_type_or_none(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str) -> None:
    """The same for files, whatever their names promise."""
    path: Path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    found = mimetype_from_path(path)
    assert found is None or "/" in found
