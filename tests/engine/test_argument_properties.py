from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.engine.assembly import parsed_arguments
from tests.damage import json_values, nasty_texts


@settings(max_examples=150)
@given(st.text(max_size=20) | nasty_texts | st.text(alphabet='{}[]":,1 ', max_size=12) | json_values.map(json.dumps))
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example('{"a": ' + "9" * 5000 + "}")
@example('{"a": NaN}')
def test_any_text_is_arguments(text: str) -> None:
    """The arguments that a model wrote are the object it meant, or its text as it came: nothing is lost."""
    found = parsed_arguments(text)
    assert isinstance(found, dict)
    if found.keys() == {"_raw"}:
        assert found["_raw"] == text or json.loads(text) == found
    elif text:
        assert json.dumps(json.loads(text)) == json.dumps(found)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_objects_come_back(arguments: dict[str, Any]) -> None:
    """An object survives being written as JSON, if Python can read its numbers."""
    text = json.dumps(arguments)
    if "9" * 4300 not in text:
        assert json.dumps(parsed_arguments(text)) == text
