from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.text import (
    PairJoiner,
    conversation_name,
    dicts_to_table_string,
    escape_controls,
    extract_fenced_code_block,
    find_unused_key,
    has_plugin_prefix,
    human_size,
    maybe_fenced_code,
    truncate_string,
)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("", {}, ""),
        (None, {}, None),
        ("a" * 100, {}, "a" * 100),
        ("a" * 101, {}, "a" * 97 + "..."),
        ("abcdefghijklm", {"max_length": 9, "keep_end": True}, "ab... lm"),
        ("abcdefghijklm", {"max_length": 8, "keep_end": True}, "abcde..."),
        ("  a  b\n c ", {"normalize_whitespace": True}, " a b c "),
        ("a b  c          d", {"max_length": 8, "normalize_whitespace": True}, "a b c d"),
        ("abcdef", {"max_length": 1}, "..."),
    ],
)
def test_truncate_string(text: Any, options: dict[str, Any], expected: str | None) -> None:
    """Text that is too long is cut, at the end or in the middle; white space is made single before, if wanted."""
    assert truncate_string(text, **options) == expected


@given(st.text(), st.integers(3, 20), st.booleans(), st.booleans())
@settings(derandomize=True, max_examples=100)
def test_truncated_text_fits(text: str, length: int, normalize: bool, keep_end: bool) -> None:
    """What comes out is never longer than asked."""
    assert len(truncate_string(text, length, normalize, keep_end)) <= length


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a  b\n c", "a b c"), ("x" * 32, "x" * 32), ("x" * 33, "x" * 31 + "…"), ("", "")],
)
def test_conversation_name(text: str, expected: str) -> None:
    """A name is one line of at most 32 characters, the last of which says that there was more."""
    assert conversation_name(text) == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("x\n```python\na\nb\n```\ny", "a\nb\n", "a\nb\n"),
        ("```\na\n```\nb\n```\nc\n```", "a\n", "c\n"),
        ("```\na\n```  ", "a\n", "a\n"),
        ("```py\r\na\r\n```\r\n", "a\r\n", "a\r\n"),
        ("```\n```", "", ""),
        ("````\n```\na\n```\n````", "```\na\n```\n", "```\na\n```\n"),
        ("```\na\n```x\n```", "a\n```x\n", "a\n```x\n"),
        ("````py\nq\n```\nr\n```\n", "r\n", "r\n"),
        ("```é\na\n```", "a\n", "a\n"),
        ("no fence", None, None),
        ("```python \na\n```", None, None),
        ("```c++\na\n```", None, None),
        ("``\na\n``", None, None),
        (" ```\na\n ```", None, None),
        ("```\na\n````", None, None),
        ("```\na\n```\t", None, None),
        ("```\na", None, None),
        ("~~~\na\n~~~", None, None),
        ("", None, None),
    ],
)
def test_extract_fenced_code_block(text: str, first: str | None, last: str | None) -> None:
    """A block is between a fence with at most a language tag and the same fence alone on its line."""
    assert extract_fenced_code_block(text) == first
    assert extract_fenced_code_block(text, last=True) == last


def test_unclosed_fences_cost_linear_time() -> None:
    """Text full of fences that never close is searched once, not once for every fence."""
    text = "```python\n" * 100_000
    started = time.process_time()
    assert extract_fenced_code_block(text) is None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a", "a"),
        ("<" * 10, "<" * 10),
        ("<" * 11, "\n```\n" + "<" * 11 + "\n```"),
        ("a\nb\nc", "a\nb\nc"),
        ("a\nb\nc\nd\n", "\n```\na\nb\nc\nd\n```"),
        ("a\n" * 9 + "b" * 120, "a\n" * 9 + "b" * 120),
        ("a\n" * 10 + "b" * 120, "\n```\n" + "a\n" * 10 + "b" * 120 + "\n```"),
        ("```\n" * 4, "\n````\n```\n```\n```\n```\n````"),
        ("`````\na\nb\nc", "\n``````\n`````\na\nb\nc\n``````"),
    ],
)
def test_maybe_fenced_code(content: str, expected: str) -> None:
    """What looks like code is fenced, with a fence that does not occur in it."""
    assert maybe_fenced_code(content) == expected


@given(st.text(alphabet="`<ab \n", max_size=40))
@settings(derandomize=True, max_examples=100)
def test_what_was_fenced_can_be_extracted(content: str) -> None:
    """The fence always closes where it should."""
    fenced = maybe_fenced_code(content)
    if fenced != content:
        assert extract_fenced_code_block(fenced) == content.strip() + "\n"


def test_dicts_to_table_string() -> None:
    """Columns are as wide as their widest cell and four spaces apart; missing keys are blank."""
    rows = [{"a": "xyz", "bb": "1", "other": "?"}, {"bb": "longer"}]
    assert dicts_to_table_string(["a", "bb"], rows) == [
        "a      bb    ",
        "xyz    1     ",
        "       longer",
    ]
    assert dicts_to_table_string(["a", "b"], []) == ["a    b"]
    assert dicts_to_table_string(["n"], [{"n": 12}]) == ["n ", "12"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("tab\tnewline\n", "tab\tnewline\n"),
        ("over\rwrite\x08", "over\\x0dwrite\\x08"),
        ("\x7f\x9b\x00", "\\x7f\\x9b\\x00"),
        ("é ü 漢\xa0", "é ü 漢\xa0"),
    ],
)
def test_escape_controls(text: str, expected: str) -> None:
    """C0 and C1 control characters and DEL become visible, tab and newline pass."""
    assert escape_controls(text) == expected


@given(st.text())
@settings(derandomize=True, max_examples=100)
def test_no_control_gets_through(text: str) -> None:
    """No text makes a control character reach the terminal."""
    escaped = escape_controls(text)
    assert not [char for char in escaped if (char < " " or "\x7f" <= char <= "\x9f") and char not in "\t\n"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0B"), (1, "1.00B"), (1023, "1023.00B"), (278528, "272.00KB"), (1 << 30, "1.00GB"), (5 << 50, "5.00PB")],
)
def test_human_size(size: int, expected: str) -> None:
    """Sizes have two decimals and the largest unit that fits."""
    assert human_size(size) == expected


@pytest.mark.parametrize(("item", "expected"), [({}, "a"), ({"a": 1}, "a_"), ({"a": 1, "a_": 1}, "a__")])
def test_find_unused_key(item: dict[str, int], expected: str) -> None:
    """A key that is taken gets underscores until it is free."""
    assert find_unused_key(item, "a") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a:b", True),
        ("a-B_9:", True),
        ("http://x", True),
        (":x", False),
        ("a b:c", False),
        ("é:x", False),
        ("a", False),
    ],
)
def test_has_plugin_prefix(value: str, expected: bool) -> None:
    """A loader's name is letters, digits, `-` and `_` before a colon."""
    assert has_plugin_prefix(value) is expected


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["a\ud83d", "\ude00b"], ["a", "\U0001f600b", ""]),
        (["\ud83d", "", "\ude00"], ["", "", "\U0001f600", ""]),
        (["\ud83d", "b"], ["", "\ufffdb", ""]),
        (["a\ud83d"], ["a", "\ufffd"]),
        (["\ude00", "a\ude00"], ["\ufffd", "a\ufffd", ""]),
        (["\ud83d\ude00", "b"], ["\U0001f600", "b", ""]),
    ],
    ids=["cut", "nothing between", "never came", "at the end", "second half alone", "whole"],
)
def test_halves_of_pairs(pieces: list[str], shown: list[str]) -> None:
    """The first half at the end of a piece waits for the other one; a half that stays alone is replaced."""
    joiner = PairJoiner()
    assert [*map(joiner.feed, pieces), joiner.finish()] == shown


def test_a_joiner_begins_anew() -> None:
    """Nothing of what was finished comes back."""
    joiner = PairJoiner()
    joiner.feed("\ud83d")
    joiner.finish()
    assert (joiner.feed("\ude00"), joiner.finish()) == ("\ufffd", "")
