from __future__ import annotations

from contextlib import suppress
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from llm.core.yaml_text import YamlTextError, parsed_yaml, yaml_text
from tests.damage import yaml_texts

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(yaml_texts)
@example("!!int ''")
@example("!!bool x")
@example("!!timestamp x")
@example("!!omap [a]")
@example("2001-13-41")
@example("9" * 4400)
@example("[" * 5000)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text, tag or number leads to another exception."""
    with suppress(YamlTextError):
        parsed_yaml(text)


@given(values)
def test_what_was_dumped_is_read_back(value: Any) -> None:
    """Plain data survives being written as YAML."""
    assert parsed_yaml(yaml.safe_dump(value)) == value


words = st.sampled_from(
    ["pelican", "null", "yes", "12", "1.5", "2026-01-01", "-", "it's", '"q"', "x: y", "#c", "é", ""]
)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
names = st.from_regex(r"[a-z_]{1,200}", fullmatch=True) | printable
lines = printable | st.lists(words, max_size=40).map(" ".join)


@given(st.lists(lines | values, max_size=3) | st.dictionaries(names, lines | st.lists(lines, max_size=3), max_size=3))
@example(["\ud83d"])
@example({"prompt": "é " * 60})
@example({"prompt": "a line\nand another"})
def test_written_as_ever(value: Any) -> None:
    """Whichever emitter writes YAML, the text is that of the one in Python, to the line break."""
    assert yaml_text(value) == yaml.dump(value, sort_keys=False)
