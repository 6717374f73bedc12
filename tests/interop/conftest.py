"""The marker of the tests that need the released program."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "interop: needs an interpreter with llm==0.36, named by the variable LLM_RELEASED_PYTHON"
    )
