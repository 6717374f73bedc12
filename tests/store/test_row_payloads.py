"""Payloads in listings: the short way, which fills in texts, beside the general one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from condense_json import UncondenseError
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.messages import Message, assistant
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart
from llm.store.condense import condense_payload, resolve_payload
from llm.store.row_payloads import _with_texts
from llm.store.texts import MessageContent
from tests.core.strategies import json_values

LONG = 'said "é" \\ {"$": "0.0.text"} ' * 3
OUTPUT = [
    assistant(LONG, ReasoningPart("r\n" * 40), "short"),
    assistant(ToolCallPart("t", {"q": LONG, "n": 1}), "b" * 64),
    assistant(),
]

keys = st.builds("{}.{}.{}".format, st.integers(0, 3), st.integers(0, 3), st.sampled_from(["text", "args", "argsv"]))
strange_keys = st.sampled_from(["00.0.text", "0.00.text", "+0.0.text", "0.0.text ", "0.text", "m.text", "schema"])
references = st.builds(lambda key: {"$": key}, keys | strange_keys)
shapes = st.one_of(
    references,
    st.builds(lambda found: {"$raw": found}, references),
    st.builds(lambda found: {"$r": ["say ", found]}, references),
    st.builds(lambda key: {"$": {"m": key, "u": {"x": 1}}}, keys),
    st.builds(lambda found: {**found, "more": 1}, references),
    st.sampled_from(["$", '{"$": "0.0.text"}', "$5", LONG, f"- {LONG}", "short", {"q": LONG, "n": 1}]),
    json_values,
)
payloads = st.recursive(
    shapes,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("$abc", max_size=2), inner, max_size=3),
    max_leaves=5,
)


def texts_of(output: Sequence[Message]) -> list[MessageContent | None]:
    """Return what these messages say, in the form in which listings read it."""
    return [_said(message) for message in output]


def _said(message: Message) -> MessageContent | None:
    said = MessageContent()
    said.at = {at: part.text for at, part in enumerate(message.parts) if isinstance(part, (TextPart, ReasoningPart))}
    return said if said.at else None


def in_general(text: str, output: Sequence[Message]) -> str | None:
    """Return the payload as the package condense-json resolves it."""
    try:
        return json.dumps(resolve_payload(text, output))
    except UncondenseError:
        return None


@given(payloads)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_texts_alone(stored: Any) -> None:
    """Whatever form a stored payload has, the short way gives what the general one gives, or leaves it to that."""
    text = json.dumps(stored)
    assert _with_texts(text, texts_of(OUTPUT)) in (None, in_general(text, OUTPUT))


@given(payloads)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_was_condensed(payload: Any) -> None:
    """A payload that was condensed comes back by the short way as it was, if that way does for it."""
    text = condense_payload(payload, OUTPUT)
    assert text is None or _with_texts(text, texts_of(OUTPUT)) in (None, json.dumps(payload))


@pytest.mark.parametrize(
    ("stored", "filled"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('{"a": {"$": "0.0.text"}}', json.dumps({"a": LONG})),
        ('[{"$":"0.1.text"}, {"$": "1.1.text"}, 5]', json.dumps(["r\n" * 40, "b" * 64, 5])),
        ('{"$": "0.2.text"}', None),
        ('{"$": "1.0.args"}', None),
        ('{"$": "2.0.text"}', None),
        ('{"$": "7.0.text"}', None),
        ('{"$": "00.0.text"}', None),
        ('{"$r": ["- ", {"$": "0.0.text"}]}', None),
        ('{"price": "$5"}', None),
    ],
)
def test_which_payloads_go_the_short_way(stored: str, filled: str | None) -> None:
    """Those that refer to nothing, or to long texts of the turn as whole values; a missing or a short text is left to
    the general way, as are all that contain anything else that looks like a reference."""
    assert _with_texts(stored, texts_of(OUTPUT)) == filled
