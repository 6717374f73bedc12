"""Reading what is to be embedded, row by row, from files, text in several formats, and queries.

Nothing is read as a whole, so that input may be larger than memory. A row is the id and the values beside it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from llm.core.errors import UserError

#: an id and the text or bytes to embed
Entry = tuple[str, str | bytes]

_BLOCK = 1 << 16
_LONGEST_FIELD = (1 << 31) - 1  #: a field may be a whole document; the module's own limit is 128 KB
_FORMAT_OF_SUFFIX = {".jsonl": "nl", ".ndjson": "nl", ".tsv": "tsv", ".csv": "csv"}


class InputError(UserError):
    """The input is not what its format says, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Source:
    """Entries to embed, and for showing progress how much there is and how much of it was read, where that is known."""

    entries: Generator[Entry, None, None]  #: to be closed by who does not read it to its end
    total: int | None = None
    done: Callable[[], int] | None = None


def text_source(file: BinaryIO, name: str, chosen: str | None, *, total: int | None = None) -> Source:
    """Return the entries of a file or pipe; `chosen` is its format (`json`, `nl`, `csv`, `tsv`), None to recognise it.

    `total` is the size of a file. Raises `InputError`, also later, when the entries are read.
    """
    return Source(entries_of_rows(_rows(file, name, chosen)), total, file.tell if total is not None else None)


def entries_of_rows(rows: Iterable[Sequence[Any]]) -> Generator[Entry, None, None]:
    """Yield entries: the first column is the id, the others are joined by a space; what is missing is empty."""
    for item_id, *values in rows:
        if len(values) == 1 and isinstance(values[0], str):  # as most are
            yield str(item_id), values[0]
        else:
            yield str(item_id), " ".join(["" if value is None else str(value) for value in values])


def file_source(
    directories: Iterable[tuple[str, str]], read: Callable[[Path], str | bytes | None]
) -> Source:  # fmt: skip
    """Return the files below directories that match patterns, each as one entry, its id being the relative path.

    What `read` gives None for is skipped. Raises `ValueError` for a pattern that is none.
    """
    found = [(path, root) for root, pattern in directories for path in _matching(Path(root), pattern)]
    taken = 0

    def entries() -> Generator[Entry, None, None]:
        nonlocal taken
        for path, root in found:
            taken += 1
            content = read(path)
            if content is not None:
                yield str(path.relative_to(root)), content

    return Source(entries(), len(found), lambda: taken)


def text_of_file(path: Path, encodings: Iterable[str]) -> str | None:
    r"""Return the text of a file in the first encoding that fits, with line ends as `\n`; None if none fits."""
    content = path.read_bytes()
    for encoding in encodings:
        try:
            return with_plain_line_ends(content.decode(encoding))
        except UnicodeError:
            continue
    return None


def with_plain_line_ends(text: str) -> str:
    r"""Return the text with `\n` as its only line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_text_encoding(name: str) -> bool:
    """Tell whether Python knows a text encoding by this name."""
    try:
        b"x".decode(name)
    except LookupError:
        return False
    except UnicodeError:
        pass
    return True


def _matching(root: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in root.glob(pattern) if path.is_file())
    except NotImplementedError as error:  # an absolute pattern
        raise ValueError(f"Unacceptable pattern: {pattern!r}") from error


def _rows(file: BinaryIO, name: str, chosen: str | None) -> Iterator[Sequence[Any]]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        head = _head(text)
        if head:
            form = chosen or _recognised(head, name)
            yield from _READERS[form](head, text)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text: {error}") from error
    finally:
        text.detach()  # the file is the caller's to close


def _head(text: TextIO) -> str:
    """Return the beginning of the first line that is not blank; an empty text if there is none."""
    while line := text.readline(_BLOCK):
        if line.strip():
            return line
    return ""


def _recognised(head: str, name: str) -> str:
    of_name = _FORMAT_OF_SUFFIX.get(Path(name).suffix.lower())
    if head.lstrip()[0] in "[{":
        return "nl" if of_name == "nl" else "json"
    if of_name in {"csv", "tsv"}:
        return of_name
    return "tsv" if head.count("\t") > head.count(",") else "csv"


def _json_rows(head: str, text: TextIO) -> Iterator[list[Any]]:
    """Yield the objects of a list, or those that follow each other, keeping only one of them in memory."""
    from llm.features.json_stream import JsonStreamError, values_of

    try:
        for value in values_of(chain([head], iter(lambda: text.read(_BLOCK), ""))):
            yield _values(value)
    except JsonStreamError as error:
        raise InputError(f"Not valid JSON: {error}. For one object a line, use --format nl") from error


def _line_rows(head: str, text: TextIO) -> Iterator[list[Any]]:
    if not head.endswith("\n"):
        head += text.readline()
    for number, line in enumerate(chain([head], text), start=1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"Not valid JSON in line {number}: {error}") from error
            yield _values(value)


def _values(value: Any) -> list[Any]:
    if not isinstance(value, dict) or not value:
        raise InputError(f"Each item has to be a JSON object with at least one key, not {json.dumps(value)[:60]}")
    return list(value.values())


def _csv_rows(head: str, text: TextIO, delimiter: str = ",") -> Iterator[list[str]]:
    import csv

    if not head.endswith("\n"):
        head += text.readline()
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(chain([head], text), delimiter=delimiter)
    try:
        width = len(next(reader))
        for row in reader:
            if len(row) > width:
                raise InputError(f"Line {reader.line_num} has {len(row)} fields, but the header has {width}")
            if row:
                yield row + [""] * (width - len(row))
    except csv.Error as error:
        raise InputError(f"Line {reader.line_num}: {error}") from error


def _tsv_rows(head: str, text: TextIO) -> Iterator[list[str]]:
    return _csv_rows(head, text, "\t")


#: format -> what yields the rows of a text, given the beginning of it that has been read
_READERS: Mapping[str, Callable[[str, TextIO], Iterator[Sequence[Any]]]] = {
    "json": _json_rows,
    "nl": _line_rows,
    "csv": _csv_rows,
    "tsv": _tsv_rows,
}
