from __future__ import annotations

from pathlib import Path

import pytest

from llm.core.errors import SettingsError
from llm.registry.model_options import (
    clear_model_option,
    get_all_model_options,
    get_model_options,
    set_model_option,
)


def test_file_format(user_path: Path) -> None:
    """Options are kept as given, model by model, with two spaces and no final newline."""
    set_model_option("gpt-4o-mini", "temperature", "0.5")
    set_model_option("other", "x", "é")
    set_model_option("gpt-4o-mini", "seed", 1)
    assert (user_path / "model_options.json").read_text() == (
        "{\n"
        '  "gpt-4o-mini": {\n'
        '    "temperature": "0.5",\n'
        '    "seed": 1\n'
        "  },\n"
        '  "other": {\n'
        '    "x": "\\u00e9"\n'
        "  }\n"
        "}"
    )


def test_values_written_by_hand(user_path: Path) -> None:
    """Values of every JSON type come back as they are; an entry that is no object is passed over and kept."""
    (user_path / "model_options.json").write_text('{"a": {"b": [1, null], "c": true}, "odd": 5}')
    assert get_all_model_options() == {"a": {"b": [1, None], "c": True}}
    assert get_model_options("a") == {"b": [1, None], "c": True}
    assert get_model_options("odd") == get_model_options("unknown") == {}
    set_model_option("a", "d", "1")
    assert '"odd": 5' in (user_path / "model_options.json").read_text()
    set_model_option("odd", "x", "1")
    assert get_model_options("odd") == {"x": "1"}


def test_damaged_file_reads_as_empty_and_is_not_replaced(user_path: Path) -> None:
    """No option is lost: reading goes on without, setting refuses and names the file."""
    path = user_path / "model_options.json"
    path.write_text('{"a": {"b": "c"')
    assert get_all_model_options() == {}
    assert get_model_options("a") == {}
    with pytest.raises(SettingsError, match=r"model_options\.json"):
        set_model_option("a", "d", "e")
    clear_model_option("a", "b")
    assert path.read_text() == '{"a": {"b": "c"'


def test_clearing(user_path: Path) -> None:
    """An option goes; with its last option the model goes; what is not there needs no file."""
    clear_model_option("a", "b")
    assert not (user_path / "model_options.json").exists()
    for key in ("b", "c"):
        set_model_option("a", key, "1")
    clear_model_option("a", "b")
    assert get_all_model_options() == {"a": {"c": "1"}}
    clear_model_option("a", "unknown")
    clear_model_option("a", "c")
    assert (user_path / "model_options.json").read_text() == "{}"
