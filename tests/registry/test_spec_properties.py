from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.registry.specs import ToolSpec, instantiate_from_spec, parse_spec, spec_name
from tests.damage import json_values, nasty_texts

texts = st.text(max_size=25) | nasty_texts
pieces = st.lists(
    st.sampled_from(
        [
            "R",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            "=",
            '"',
            "\\",
            "a",
            "1",
            "-1.5",
            "true",
            "null",
            " ",
            "\n",
            "é",
            "\x00",
            ":",
        ]
    ),
    max_size=14,
).map("".join)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)


@settings(max_examples=80)
@given(texts | pieces)
@example("R(" + "[" * 100_000 + ")")
@example("R(a=" + "[" * 100_000 + ")")
@example('R({"a": ' + "9" * 5000 + "})")
def test_any_text_is_a_spec_or_a_value_error(text: str) -> None:
    """Any text after -T is a name with arguments, or a ValueError that shows the text."""
    try:
        spec = parse_spec(text)
    except ValueError as error:
        assert str(error).startswith("Invalid tool spec ")  # noqa: PT017
        return
    assert spec.name == spec_name(text)
    assert spec.name.isidentifier()
    assert not (spec.args and spec.kwargs)
    assert len(spec.args) <= 1


@given(pieces, pieces)
def test_only_errors_of_the_text(name: str, body: str) -> None:
    """Instantiating raises ValueError for a text, or calls the class with what parsing the text gives."""
    seen: list[Any] = []

    def take(*args: Any, **kwargs: Any) -> None:
        seen.append(ToolSpec("R", args, kwargs))

    classes: dict[str, Callable[..., None]] = {"R": take}
    text = f"{name}({body})"
    try:
        instantiate_from_spec(classes, text)
    except ValueError:
        assert not seen
    else:
        assert seen == [parse_spec(text)]


@given(st.lists(st.tuples(KEYS, json_values), min_size=1, max_size=4))
def test_the_last_of_equal_keys_counts(pairs: list[tuple[str, Any]]) -> None:
    """Key and value pairs mean what a dictionary made of them means, and so does the object in their place."""
    text = ", ".join(f"{key}={json.dumps(value)}" for key, value in pairs)
    if "9" * 4300 in text:  # Python reads no longer numbers
        return
    expected = json.dumps(dict(pairs))
    assert json.dumps(parse_spec(f"R({text})").kwargs) == expected
    assert json.dumps(parse_spec(f"R({expected})").kwargs) == expected


@given(st.lists(st.tuples(KEYS, st.text(alphabet='ab,()[]{}="\\ \n', max_size=8)), min_size=1, max_size=4))
def test_strings_hide_what_is_in_them(pairs: list[tuple[str, str]]) -> None:
    """Commas, brackets, quotes and equal signs in strings are text."""
    text = ",".join(f"{key} = {json.dumps(value)}" for key, value in pairs)
    assert parse_spec(f"R({text},)").kwargs == dict(pairs)


@pytest.mark.parametrize("text", ["R(" + "[" * 100_000 + ")", "R(" + '{"a":' * 100_000])
def test_deep_nesting(text: str) -> None:
    """Nesting deeper than Python reads is a mistake in the text, and costs no more time than reading it."""
    with pytest.raises(ValueError, match="Invalid tool spec"):
        parse_spec(text)
