"""What all tests share: a user directory of their own and no plugins but the built-in ones."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.profiles import choose_profile, lengthen

# Read when llm.registry.plugins is imported: tests must not depend on what is installed beside the package.
os.environ["LLM_LOAD_PLUGINS"] = ""
for _name in ("LLM_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "LLM_RAISE_ERRORS", "LLM_EMBEDDINGS_DB"):
    os.environ.pop(_name, None)

# Who runs the tests in the background leaves Ctrl-C ignored, here and in the processes that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

choose_profile()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a long run only the property tests are wanted, with more examples each."""
    kept = lengthen(items)
    left_out = [item for item in items if item not in kept]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture(autouse=True)
def user_path(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh user directory; no test can touch the one of whoever runs the tests."""
    path = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("LLM_USER_PATH", str(path))
    return path


@pytest.fixture(autouse=True)
def _no_test_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep `sys._called_from_test`, which other tools set, from changing what is tested."""
    monkeypatch.delattr(sys, "_called_from_test", raising=False)
