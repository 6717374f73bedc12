"""Writing YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from llm.core.yaml_text import yaml_text

ENTRY: dict[str, Any] = {"model": "m", "duration_ms": 5, "tools": ["a"], "usage": {"input": 1.5, "details": None}}


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")
@pytest.mark.parametrize(
    ("value", "fast"),
    [(ENTRY, True), ("é", False), ("two\nlines", False), ({"": 1}, False), ({"k" * 200: 1}, False), ({1: 1}, False)],
)
def test_libyaml_writes_what_it_writes_alike(value: Any, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printable ASCII under short names is written by libyaml, as a long log has much of it; nothing else is."""
    monkeypatch.setattr(yaml, "Dumper" if fast else "CDumper", None)
    assert yaml.safe_load(yaml_text([value])) == [value]
