"""Fixtures for local models: small published weights, a llama.cpp that is a script, and the real one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm.providers.local import available, catalog, runtime
from llm.providers.local.catalog import EMBEDDED, LocalModel
from llm.providers.local.supply import ready
from tests.providers.local.published import small_model
from tests.providers.local.scripted import ScriptedLlamaCpp

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask the real model run only where the optional part is installed."""
    if not available():
        items[:] = [item for item in items if HERE not in item.path.parents or not item.get_closest_marker("local")]


@pytest.fixture(autouse=True)
def _pip_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have told pip of other indexes; these tests say themselves what pip can reach."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def small() -> LocalModel:
    """A model like the embedded one, with weights of a few bytes."""
    return small_model()


@pytest.fixture
def llama_cpp(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedLlamaCpp]:
    """A stand-in for the module `xllamacpp`; no model is loaded before or after."""
    scripted = ScriptedLlamaCpp()
    runtime.unload_all()
    monkeypatch.setitem(sys.modules, "xllamacpp", scripted.module)
    yield scripted
    runtime.unload_all()


@pytest.fixture(scope="session")
def _downloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user directory with the weights of the embedded model, downloaded once."""
    folder = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_USER_PATH", str(folder))
        ready(EMBEDDED)
    return folder


@pytest.fixture
def real(_downloaded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user directory with the real weights; one path, so that they are loaded once."""
    monkeypatch.setenv("LLM_USER_PATH", str(_downloaded))
    (_downloaded / catalog.FOLDER / catalog.ADDED_MODELS_FILE).unlink(missing_ok=True)
    return _downloaded
