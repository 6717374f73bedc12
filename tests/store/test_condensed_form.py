"""The form of condensed payloads in detail, which other programs look into."""

from __future__ import annotations

import json
from typing import Any

import pytest
from condense_json import UncondenseError

from llm.core.messages import Message, assistant
from llm.core.parts import ReasoningPart, ToolCallPart
from llm.store.condense import condense_payload, resolve_payload

LONG = "0123456789 " * 6 + "ab"  # 68 characters
ARGUMENTS = {"k": LONG, "n": 1, "z": 2}
CALL = assistant(ToolCallPart("t", ARGUMENTS))


def condensed(payload: Any, *output: Message, **more: Any) -> Any:
    """Return the stored form, having made sure that it is resolved again."""
    text = condense_payload(payload, output, **more)
    assert resolve_payload(text, output, **more) == payload
    return json.loads(text or "null")


def test_the_first_of_equal_values() -> None:
    """Of several keys with an equal value the first offered is taken: by message, by part, then what is no message."""
    twice = assistant(ReasoningPart(LONG), LONG)
    more: dict[str, Any] = {"tools": [("t", LONG)], "model_replacements": {"x": LONG}}
    assert condensed([LONG], twice, assistant(LONG), **more) == [{"$": "0.0.text"}]
    assert condensed([LONG], **more) == [{"$": "tool.t.description"}]


def test_the_longest_text_first() -> None:
    """Of several texts inside a string the longest is taken, and what is left is searched for the others."""
    found = condensed(f"{LONG}{LONG} and {LONG}", assistant(LONG), assistant(LONG * 2))
    assert found == {"$r": [{"$": "1.0.text"}, " and ", {"$": "0.0.text"}]}


def test_whole_objects() -> None:
    """An object matches whatever the order of its keys, as a whole before anything inside it; what is read back has the
    order that the message has."""
    payload = [{"z": 2, "n": 1, "k": LONG}]
    assert condensed(payload, CALL) == [{"$": "0.0.argsv"}]
    [found] = resolve_payload('[{"$": "0.0.argsv"}]', [CALL])
    assert list(found) == ["k", "n", "z"]


@pytest.mark.parametrize(
    ("payload", "stored"),
    [
        ({"k": LONG, "n": 9, "z": 2}, {"$": {"m": "0.0.argsv", "u": {"n": 9}}}),
        ({"k": LONG, "n": 1}, {"$": {"m": "0.0.argsv", "d": ["z"]}}),
        ({"k": LONG, "other": 1}, {"k": LONG, "other": 1}),
        ({"k": "x", "n": 1, "z": 2}, {"k": "x", "n": 1, "z": 2}),
    ],
    ids=["changed", "removed", "one name", "longer"],
)
def test_merging(payload: Any, stored: Any) -> None:
    """An object is written as a changed one where two or more names are shared and that is shorter, and not else."""
    assert condensed(payload, CALL) == stored


@pytest.mark.parametrize(
    ("stored", "payload"),
    [
        ({"$": {"m": "0.0.argsv", "d": ["n", "z"], "u": {"w": [{"$": "0.0.args"}]}}}, None),
        ({"$raw": {"$": 1}}, {"$": 1}),
        ({"$raw": {"$raw": [1]}}, {"$raw": [1]}),
        ({"$r": ["a", {"$": "0.0.args"}, "b"]}, None),
        ({"$r": []}, ""),
        ({"$": "x", "more": 1}, {"$": "x", "more": 1}),
    ],
)
def test_every_form_is_read(stored: Any, payload: Any) -> None:
    """References, merges with conditions inside, strings in pieces and escapes are read, whoever wrote them."""
    compact = json.dumps(ARGUMENTS, separators=(",", ":"))
    expected = {"m": {"k": LONG, "w": [compact]}, "r": f"a{compact}b"}
    kind = "m" if "m" in str(stored.get("$", "")) else "r"
    assert resolve_payload(json.dumps(stored), [CALL]) == (expected[kind] if payload is None else payload)


@pytest.mark.parametrize(
    "stored",
    [
        {"$": "9.9.text"},
        {"$": 5},
        {"$": {"x": 1}},
        {"$": {"m": "0.0.args"}},
        {"$": {"m": "0.0.argsv", "d": "k"}},
        {"$r": "text"},
        {"$r": [5]},
        {"$r": [{"$": "0.0.argsv"}]},
    ],
    ids=str,
)
def test_malformed_references(stored: Any) -> None:
    """An unknown key, a piece that is no string and a malformed reference are an UncondenseError."""
    with pytest.raises(UncondenseError):
        resolve_payload(json.dumps([stored]), [CALL])
