from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llm.providers.openai.chat import Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.responses import Responses
from tests.damage import json_values, nasty_texts

MODELS: dict[str, Any] = {
    "chat": Chat("m", reasoning=True, verbosity=True, service_tier=True),
    "responses": Responses("m", reasoning=True, verbosity=True, service_tier=True),
    "completion": Completion("m"),
}
texts = st.one_of(
    st.text(max_size=12),
    nasty_texts,
    st.floats().map(str),
    json_values.map(json.dumps),
    st.sampled_from(
        ["{", "[" * 5000, '{"1": 1e400}', '{"1": "NaN"}', '{"1": [1]}', "1e400", "true", "0x1", "\u0661", " 1 "]
    ),
)


@pytest.mark.parametrize("kind", list(MODELS))
@settings(max_examples=40)
@given(st.data())
def test_any_option_is_valid_or_named(kind: str, data: st.DataObject) -> None:
    """Any text or value for any option is taken, or a validation error that names the option; what is taken is JSON."""
    options = MODELS[kind].Options
    name = data.draw(st.sampled_from(sorted(options.model_fields)))
    value = data.draw(texts | json_values)
    try:
        found = options(**{name: value})
    except ValidationError as error:
        assert {problem["loc"][0] for problem in error.errors()} == {name}  # noqa: PT017
        return
    json.dumps(found.model_dump(mode="json"))


@settings(max_examples=50)
@given(texts | json_values)
@example('{"50256": -100}')
@example("[" * 100_000)
def test_any_logit_bias(value: Any) -> None:
    """Biases are whole numbers within their bounds, whatever was given."""
    try:
        biases = Chat.Options(logit_bias=value).logit_bias
    except ValidationError:
        return
    assert biases is None or all(type(key) is int and -100 <= bias <= 100 for key, bias in biases.items())
