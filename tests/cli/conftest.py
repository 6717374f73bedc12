"""Fixtures for the tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import llm.plugins
from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from tests.cli.chats import ChatPlugin
from tests.cli.models import ScriptedModels
from tests.cli.spies import SpyPlugin, forget
from tests.store.samples import turn


@pytest.fixture
def spies() -> Iterator[None]:
    """The spy model, its tools and loaders, which have seen nothing yet."""
    llm.plugins.load_plugins()
    forget()
    plugin = SpyPlugin()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


@pytest.fixture
def scripted_models(spies: None) -> Iterator[None]:
    """Models beside the spy model, found after it."""
    plugin = ScriptedModels()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


@pytest.fixture
def chat_models(spies: None) -> Iterator[None]:
    """The spy model, and those that fail or take no conversations."""
    plugin = ChatPlugin()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


@pytest.fixture
def store(user_path: Path) -> Iterator[LogStore]:
    """The user's log, empty."""
    with closing(open_log_database(user_path / "logs.db")) as conn:
        yield LogStore(Handle(conn))


@pytest.fixture
def five(store: LogStore) -> LogStore:
    """Five turns, `p1` to `p5`, in the conversations `a`, `a`, `b`, `b` and `b`."""
    for number in range(1, 6):
        store.log(turn(f"p{number}", f"r{number}", id=f"id{number}", thread_id="a" if number < 3 else "b"))
    return store
