"""How errors become messages: what a terminal is shown of them."""

from __future__ import annotations

from typing import Any

import click
import pytest

import llm
from llm.cli.errors import reporting_errors
from llm.registry.plugin_manager import pm
from tests.registry.stand_ins import only_these_plugins, plugin


@pytest.mark.parametrize(("terminal", "shown"), [(True, r"\x1b[2J"), (False, "\x1b[2J")])
def test_control_characters_from_plugins(terminal: bool, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a failing hook says is shown with its plugin's name, on a terminal without control characters."""

    def register_tools(register: Any) -> None:
        raise ValueError("\x1b[2J")

    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    with only_these_plugins():
        pm.register(plugin("bad", register_tools=register_tools), name="bad")
        with pytest.raises(click.ClickException) as caught:
            reporting_errors(llm.get_tools)()
    assert caught.value.message == f"Plugin bad failed: ValueError: {shown}"
