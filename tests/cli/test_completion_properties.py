from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.cli import cli
from llm.cli.completing import candidates
from tests.damage import nasty_texts

TYPED = """
prompt logs list models options set -m --model --model= -o -t -- - templates show keys -T -f aliases embed-multi -q
--format openai endpoint chat --td -xu plugins --hook
"""
words = st.sampled_from(TYPED.split()) | st.text(max_size=5) | nasty_texts


@pytest.mark.usefixtures("spies")
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.lists(words, min_size=1, max_size=5))
def test_any_line_can_be_completed(line: list[str]) -> None:
    """Whatever was typed so far, completion offers words that continue the last one, each once, and never fails."""
    found = [candidate for candidate in candidates(cli, line) if candidate.kind == "value"]
    assert all(candidate.value.startswith(line[-1]) for candidate in found)
    assert len({candidate.value for candidate in found}) == len(found)
