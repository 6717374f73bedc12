"""Settings files that hold anything: commands work without them, or say which file is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.ends import run_to_an_end
from tests.damage import damaged, json_values, yaml_texts

FILES = {
    "aliases.json": {"fast": "spy", "a": "b"},
    "keys.json": {"// Note": "x", "spy": "k"},
    "model_options.json": {"spy": {"n": "1"}},
    "default_model.txt": "spy",
    "default_embedding_model.txt": "ada",
    "installed-plugins.json": {"llm-x": {"name": "llm-x", "requirement": "llm-x"}},
    "extra-openai-models.yaml": [
        {
            "model_id": "mine",
            "model_name": "theirs",
            "aliases": ["me"],
            "headers": {"a": "b"},
            "api_base": "http://127.0.0.1:9",
        }
    ],
    "templates/t.yaml": {"prompt": "do $input", "options": {"n": 1}, "fragments": ["f"]},
}
COMMANDS = """
models|models --options|models default|models options list|models options show spy|aliases|aliases list --json|keys
keys get spy|embed-models|embed-models default|templates|templates show t|-m spy hi|-m fast hi|-t t -m spy hi
-m mine hi --key k|-m mine --options|chat -m spy|aliases set x spy|aliases remove fast|keys set x --value y
models options set spy n 2|models options clear spy|models default spy|tools|openai models
plugins restore --dry-run|logs -n 1|completion bash
"""
contents = st.one_of(
    st.binary(max_size=30),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(list(FILES.values())).flatmap(damaged).map(lambda value: json.dumps(value).encode()),
    yaml_texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"[" * 5000, b"\xff\xfe", b"", b"\xef\xbb\xbf{}", b"spy\x00", b'{"a": ' + b"9" * 5000 + b"}"]),
)


@pytest.mark.usefixtures("spies")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(FILES)), contents, st.sampled_from(COMMANDS.strip().replace("\n", "|").split("|")))
def test_any_content_of_any_file(
    user_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, command: str
) -> None:
    """Whatever one of the user's files holds, each command ends with an answer or an error that can be acted on."""
    for known, value in FILES.items():
        path = user_path / known
        path.parent.mkdir(exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    (user_path / name).write_bytes(content)
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    monkeypatch.setattr("llm.providers.openai.sdk.choose", lambda: None)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")  # where nobody answers
    run_to_an_end(*command.split(), piped="hi\nquit\n")
