"""Cutting Markdown into blocks: nothing is lost, chunks do not matter, and each block ends where Markdown says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.cli.rendering.blocks import Block, BlockSplitter, Kind

PIECES = [
    "word ", "中文", "🎉", "\n", "\n\n", "\r\n", "# ", "- ", "1. ", "2) ", "  ", "    ", "```", "```py\n", "~~~\n",
    "> ", "|", "| a | b |\n|---|---|\n", "---\n", "===\n", "* * *\n", "\t", "\\|", "[x]: y\n", "<div>\n",
]  # fmt: skip
markdown = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def split(text: str, *cuts: int) -> list[Block]:
    """Return the blocks of a text that arrives in pieces that end at `cuts`."""
    splitter = BlockSplitter()
    edges = [0, *sorted(cuts), len(text)]
    blocks = [block for start, end in pairwise(edges) for block in splitter.feed(text[start:end])]
    return blocks + splitter.finish()


def shown(text: str) -> list[tuple[Kind, str]]:
    """Return kind and text of the blocks that are not empty lines."""
    return [(block.kind, block.text) for block in split(text) if block.kind is not Kind.BLANK]


@given(markdown)
def test_nothing_is_lost(text: str) -> None:
    """The texts of the blocks, one after the other, are the text."""
    assert "".join(block.text for block in split(text)) == text


@given(markdown, st.lists(st.integers(0, 120), max_size=12))
def test_chunks_do_not_matter(text: str, cuts: list[int]) -> None:
    """The blocks are the same however the text was divided into chunks."""
    assert split(text, *(min(cut, len(text)) for cut in cuts)) == split(text)


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.booleans()), max_size=40))
def test_cutting_loses_nothing(steps: list[tuple[str, bool]]) -> None:
    """Blocks that are cut while they grow give the text as well, and the tail is always what is missing."""
    splitter = BlockSplitter()
    given_out = ""
    text = ""
    for piece, cut in steps:
        text += piece
        given_out += "".join(block.text for block in splitter.feed(piece))
        block = splitter.cut() if cut else None
        given_out += block.text if block else ""
        assert given_out + splitter.tail == text
    assert given_out + "".join(block.text for block in splitter.finish()) == text


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("one\ntwo\n\nthree", ["one\ntwo\n", "three"]),
        ("# head\ntext\n", ["# head\n", "text\n"]),
        ("text\n# head", ["text\n", "# head"]),
        ("head\n===\ntext", ["head\n===\n", "text"]),
        ("text\n---\ntext", ["text\n---\n", "text"]),
        ("\n---\ntext", ["---\n", "text"]),
        ("text\n> quote\nlazy\n\ntext", ["text\n", "> quote\nlazy\n", "text"]),
        ("text\n2. no item", ["text\n2. no item"]),
        ("text\n1. item", ["text\n", "1. item"]),
        ("* * *\n* a", ["* * *\n", "* a"]),
    ],
)
def test_paragraphs(text: str, blocks: list[str]) -> None:
    """A paragraph ends at an empty line or where something begins that may interrupt it; headings end at once."""
    assert [found for _, found in shown(text)] == blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("```py\nx\n\n# y\n```\nafter", ["```py\nx\n\n# y\n```\n", "after"]),
        ("````md\n```\nx\n```\n````\nafter", ["````md\n```\nx\n```\n````\n", "after"]),
        ("~~~\n```\n~~~\nafter", ["~~~\n```\n~~~\n", "after"]),
        ("text\n```\nx\n", ["text\n", "```\nx\n"]),
        ("```\r\nx\r\n```\r\nafter", ["```\r\nx\r\n```\r\n", "after"]),
        ("    x\n\n    y\nafter", ["    x\n\n    y\n", "after"]),
        ("```a`b\ntext", ["```a`b\ntext"]),
    ],
)
def test_code(text: str, blocks: list[str]) -> None:
    """Code ends with a fence of the same kind that is as long; one that never closes reaches to the end."""
    assert [found for _, found in shown(text)] == blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("- a\n- b\n", ["- a\n", "- b\n"]),
        ("- a\n  - b\n\n    c\n- d", ["- a\n  - b\n\n    c\n", "- d"]),
        ("- a\n\ntext", ["- a\n\n", "text"]),
        ("1. a\n   ```\n   x\n   ```\n2. b", ["1. a\n   ```\n   x\n   ```\n", "2. b"]),
        ("- a\nlazy\n\nno", ["- a\nlazy\n\n", "no"]),
        ("1. a\n```\nx\n```\n2. b", ["1. a\n", "```\nx\n```\n", "2. b"]),
    ],
)
def test_lists(text: str, blocks: list[str]) -> None:
    """Each item of a list is a block, with everything that is indented below it."""
    assert [found for _, found in shown(text)] == blocks


def test_numbers_count_on() -> None:
    """Items of one list are numbered from its first number on, whatever they say; another list begins anew."""
    numbers = [block.number for block in split("3. a\n3. b\n\n3. c\n7) d\n- e\n")]
    assert numbers == [3, 4, 5, 7, None]


def test_gaps() -> None:
    """An empty line stands between blocks, but not between items that follow one another, nor before the first."""
    blocks = [block for block in split("a\n- b\n- c\n\n- d\n\ne\n\n\nf") if block.kind is not Kind.BLANK]
    assert [(block.text[0], block.has_gap) for block in blocks] == [
        ("a", False), ("-", True), ("-", False), ("-", True), ("e", True), ("f", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("text\na | b\n-|-\nc | d\n\nafter", [Kind.TEXT, Kind.TABLE, Kind.TEXT]),
        ("| a | b |\n|---|---|\n| c | d |\n# head", [Kind.TABLE, Kind.TEXT]),
        ("| a | b |\n|---|\n", [Kind.TEXT]),
        ("a | b\nc | d\n", [Kind.TEXT]),
    ],
)
def test_tables(text: str, blocks: list[Kind]) -> None:
    """A table begins with a header and a line of dashes with as many columns, and ends like a paragraph."""
    assert [kind for kind, _ in shown(text)] == blocks


def test_cut_code_and_tables_can_be_read() -> None:
    """A piece of code or of a table that was cut off knows the fence or the head that it needs."""
    splitter = BlockSplitter()
    splitter.feed("```py\na\nb\nha")
    assert splitter.cut() == Block(Kind.CODE, "```py\na\nb\n")
    (rest,) = splitter.feed("lf\n```\n")
    assert rest.markup == "```py\nhalf\n```\n"
    splitter.feed("a|b\n-|-\n1|2\n")
    assert splitter.cut() is not None
    splitter.feed("3|4\n")
    (rest,) = splitter.finish()
    assert rest.markup == "a|b\n-|-\n3|4\n"


def test_a_line_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work for a chunk does not grow with what came before: no line is read twice, within blocks or across."""
    seen: list[str] = []
    take = BlockSplitter._take

    def counted(self: BlockSplitter, line: str) -> Iterator[Block]:
        seen.append(line)
        return take(self, line)

    monkeypatch.setattr(BlockSplitter, "_take", counted)
    splitter = BlockSplitter()
    text = "para\n\n- item\n  more\n```\ncode\n```\n" * 200
    for start in range(0, len(text), 3):
        splitter.feed(text[start : start + 3])
    assert "".join(seen) == text
