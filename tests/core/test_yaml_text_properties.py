from __future__ import annotations

from contextlib import suppress
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from llm.core.yaml_text import YamlTextError, parsed_yaml
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
