from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.core.text import PairJoiner, escape_controls, extract_fenced_code_block, has_plugin_prefix, plain_text
from tests.damage import nasty_texts

texts = st.text(st.characters(), max_size=30) | nasty_texts
surrogates = st.text(alphabet="a\ud83d\ude00\ud800\udfff\n", max_size=12)
fences = st.lists(
    st.sampled_from(["```", "````", "```py", "``", "``` x", "a", "", " ```", "```\r", "```  ", "\x00", "é```"]),
    max_size=9,
).map("\n".join)

_BLOCK = re.compile(r"^(`{3,})\w*\r?\n(.*?)^\1 *(?=\r?\n|\Z)", re.MULTILINE | re.DOTALL)


@settings(max_examples=200)
@given(fences | texts, st.booleans())
def test_code_blocks_are_those_of_the_pattern(text: str, last: bool) -> None:
    """The block found is that of the pattern which says what a block is, without the pattern's quadratic time."""
    found = extract_fenced_code_block(text, last=last)
    blocks = [match[2] for match in _BLOCK.finditer(text)]
    assert found == ((blocks[-1] if last else blocks[0]) if blocks else None)


@settings(max_examples=100)
@given(surrogates | texts, st.lists(st.integers(0, 12), max_size=4))
@example("a\ud83d\ude00b", [2])
def test_pairs_cut_in_two_are_joined(text: str, cuts: list[int]) -> None:
    """Text in pieces is shown as the whole text would be: pairs joined, halves replaced, all of it encodable."""
    ends = sorted(min(cut, len(text)) for cut in cuts)
    joiner = PairJoiner()
    pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    shown = "".join(map(joiner.feed, pieces)) + joiner.finish()
    assert shown == plain_text(text)
    shown.encode()


@given(texts)
def test_text_that_can_be_encoded_stays(text: str) -> None:
    """Only lone surrogates are replaced, each by one character; doing it twice changes nothing."""
    shown = plain_text(text)
    assert plain_text(shown) == shown
    if not re.search("[\ud800-\udfff]", text):
        assert shown == text


@given(texts)
def test_escaping_keeps_the_rest(text: str) -> None:
    """Visible characters, tabs and line ends stay as they are, and escaping twice changes nothing."""
    shown = escape_controls(text)
    assert escape_controls(shown) == shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert re.sub(r"\\x[0-9a-f]{2}", "", shown) == re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|\\x[0-9a-f]{2}", "", text)


@given(texts)
def test_prefixes(text: str) -> None:
    """A prefix is word characters, digits or hyphens of ASCII before a colon, at the start."""
    before, colon, _ = text.partition(":")
    plain = bool(before) and all(
        character.isascii() and (character.isalnum() or character in "_-") for character in before
    )
    assert has_plugin_prefix(text) == (bool(colon) and plain)
