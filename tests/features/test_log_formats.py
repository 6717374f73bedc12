"""The log in forms for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.features.log_formats import data_array, data_items, first_code_block, short_entry
from tests.features.log_rows import attachment, call, fragment, result, row

# Short entries


def short(attachments: list[dict[str, Any]] | None = None, *, usage: bool = False, **values: Any) -> dict[str, Any]:
    """Return a short entry, read back."""
    [found] = yaml.safe_load(short_entry(row(**values), attachments or [], usage=usage))
    assert isinstance(found, dict)
    return found


def test_short_entry() -> None:
    """An entry is one item of a YAML list, its keys in a fixed order."""
    text = short_entry(row(duration_ms=5), [], usage=False)
    assert text == (
        "- model: m\n  datetime: '2026-01-02T03:04:05'\n  duration_ms: 5\n  conversation: CID\n  prompt: the prompt\n"
        "  prompt_fragments: []\n  system_fragments: []\n"
    )


def test_everything_in_short() -> None:
    """Tools, system prompt, attachments, fragments and usage are summed up."""
    found = short(
        [attachment(path="/f.png"), attachment(url="https://example.com/a"), attachment(content=True)],
        usage=True,
        tool_calls=[call("t", {"a": "é"})],
        tool_results=[result("t", "x" * 101), result("u", None)],
        system="a  \n b",
        prompt_fragments=[fragment("x", "H1"), fragment("y", "H2")],
        system_fragments=[fragment("z", "H3")],
        input_tokens=1,
        output_tokens=None,
        token_details='{"a": {"b": 1}}',
    )
    assert list(found) == [
        "model", "datetime", "duration_ms", "conversation", "tool_calls", "tool_results", "system", "prompt",
        "attachments", "prompt_fragments", "system_fragments", "usage",
    ]  # fmt: skip
    assert found["tool_calls"] == ['t({"a": "\\u00e9"})']
    assert found["tool_results"] == ["t: " + "x" * 97 + "...", "u: "]
    assert found["system"] == "a b"
    assert found["attachments"] == [
        {"type": "image/png", "path": "/f.png"},
        {"type": "image/png", "url": "https://example.com/a"},
        {"type": "image/png"},
    ]
    assert (found["prompt_fragments"], found["system_fragments"]) == (["H1", "H2"], ["H3"])
    assert found["usage"] == {"input": 1, "output": None, "details": {"a": {"b": 1}}}


@pytest.mark.parametrize(
    ("length", "shown"), [(120, "p" * 120), (121, "p" * 57 + "... " + "p" * 57)], ids=["fits", "cut"]
)
def test_long_prompts(length: int, shown: str) -> None:
    """Of a prompt longer than 120 characters both ends are shown, white space made single before."""
    assert short(prompt="p" * length)["prompt"] == shown
    assert short(prompt="two \n" + " " * length + "\twords")["prompt"] == "two words"


def test_long_system_prompts() -> None:
    """Of a system prompt longer than 120 characters the beginning is shown."""
    assert short(system="s" * 121)["system"] == "s" * 117 + "..."


@pytest.mark.parametrize(("tokens", "shown"), [((0, 0), False), ((None, None), False), ((0, 3), True)])
def test_usage_that_is_zero(tokens: tuple[int | None, int | None], shown: bool) -> None:
    """Usage is shown if there is any."""
    found = short(usage=True, input_tokens=tokens[0], output_tokens=tokens[1])
    assert ("usage" in found) == shown


def test_gaps_in_short() -> None:
    """What is empty is left out; an unknown time is said to be unknown."""
    found = short(prompt=None, system="", datetime_utc=None)
    assert "prompt" not in found
    assert "system" not in found
    assert found["datetime"] == "unknown time"


@settings(max_examples=60, derandomize=True)
@given(st.text(max_size=40))
def test_any_prompt_survives_yaml(prompt: str) -> None:
    """Whatever a prompt contains, the entry is a YAML list of one item."""
    found = short(prompt=f"x{prompt}")
    assert found["prompt"].split() == f"x{prompt}".split()


# Data


@pytest.mark.parametrize(
    ("response", "key", "items"),
    [
        ('{"a": 1}', None, [{"a": 1}]),
        ("[1, 2]", None, [[1, 2]]),
        ("null", None, [None]),
        ("no JSON", None, []),
        ("", None, []),
        (None, None, []),
        ('{"items": [{"n": 1}, {"n": 2}], "x": 1}', "items", [{"n": 1}, {"n": 2}]),
        ('{"items": []}', "items", []),
        ('{"items": [{"n": 1}, 2]}', "items", [{"items": [{"n": 1}, 2]}]),
        ('{"items": 5}', "items", [{"items": 5}]),
        ('{"a": 1}', "items", [{"a": 1}]),
        ("5", "items", [5]),
        ('["items"]', "items", [["items"]]),
    ],
)
def test_data(response: str | None, key: str | None, items: list[Any]) -> None:
    """The data is the JSON value of a response, or the objects that it lists under the key."""
    assert data_items(row(response=response), key=key) == items


def test_ids_in_data() -> None:
    """Ids are added under names that are not taken; a value that is no object stays as it is."""
    found = data_items(row(response='{"response_id": 1, "response_id_": 2}'), ids=True)
    assert [list(item.items()) for item in found] == [
        [("response_id", 1), ("response_id_", 2), ("response_id__", "ID"), ("conversation_id", "CID")]
    ]
    assert data_items(row(response="5"), ids=True) == [5]


@pytest.mark.parametrize(
    ("items", "text"), [([], "[]"), ([{"a": "é"}], '[{"a": "\\u00e9"}]'), ([{"a": 1}, 2], '[{"a": 1},\n 2]')]
)
def test_data_array(items: list[Any], text: str) -> None:
    """The array has one item a line."""
    assert "".join(data_array(items)) == text
    assert json.loads(text) == items


# Code blocks


def test_first_code_block() -> None:
    """The first row with a block counts, and of it the first or the last block; rows without text have none."""
    rows = [
        row(response=None),
        row(response="none"),
        row(response="```\n1\n```\n```\n2\n```"),
        row(response="```\n3\n```"),
    ]
    assert first_code_block(rows, last=False) == "1\n"
    assert first_code_block(rows, last=True) == "2\n"
    assert first_code_block(rows[:2], last=False) is None


def test_no_more_rows_than_needed_are_read() -> None:
    """Looking for a block ends with the first row that has one."""
    rows = iter([row(response="```\n1\n```"), row(response="unread")])
    assert first_code_block(rows, last=False) == "1\n"
    assert [found["response"] for found in rows] == ["unread"]
