"""The tools that a continued conversation brings along, and what loading it leaves behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, ClassVar

import click
import pytest

import llm
import llm.cli
from llm.core.records import OfferedTool, ToolInstance
from llm.core.tools import Tool
from llm.store.database import Handle
from llm.store.logstore import LogStore
from tests.engine.faces import BlockingFace
from tests.store.samples import turn


class Search(llm.ServerSideTool):
    """A tool that the provider runs."""

    name = "search"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The only model there is."""

    class Model(type(BlockingFace().model())):  # type: ignore[misc]
        supported_server_side_tools: ClassVar = (Search,)

    found = Model(["answer"])
    monkeypatch.setattr(llm, "get_model", lambda name=None: found)
    return found


@pytest.fixture
def store(conn: sqlite3.Connection) -> LogStore:
    return LogStore(Handle(conn))


def loaded(tmp_path: Path, **more: Any) -> Any:
    """Return the conversation, loaded as a program does that is no command."""
    assert click.get_current_context(silent=True) is None
    return llm.cli.load_conversation("thread", database=str(tmp_path / "logs.db"), **more)


def offered(name: str, plugin: str | None = "plug", instance: ToolInstance | None = None) -> OfferedTool:
    return OfferedTool(Tool(name, plugin=plugin), instance)


def log(store: LogStore, *tools: OfferedTool) -> None:
    store.log(turn(thread_id="thread", tools=tools))


def test_tools_and_instances(store: LogStore, tmp_path: Path, model: Any) -> None:
    """Each instance is named once, with its arguments if it has any, a plain tool by its name; by tool id."""
    box = ToolInstance("Box", "plug", '{"path": "/z"}')
    log(
        store,
        offered("upper"),
        offered("Box_read", instance=box),
        offered("Box_write", instance=box),
        offered("Bare_a", instance=ToolInstance("Bare", "plug", "{}")),
        offered("lower"),
    )
    assert loaded(tmp_path).loaded_tools == ["upper", 'Box({"path": "/z"})', "Bare", "lower"]


@pytest.mark.parametrize("arguments", [None, "", "{}"])
def test_instances_without_arguments(
    store: LogStore, conn: sqlite3.Connection, tmp_path: Path, model: Any, arguments: str | None
) -> None:
    """Empty arguments, NULL and `{}` are no arguments."""
    log(store, offered("Box_read", instance=ToolInstance("Box", "plug", "{}")))
    conn.execute("UPDATE tool_instances SET arguments = ?", (arguments,))
    conn.commit()
    assert loaded(tmp_path).loaded_tools == ["Box"]


def test_tools_without_plugin(store: LogStore, tmp_path: Path, model: Any) -> None:
    """A tool without plugin cannot be had again, unless it is one of the model's server-side tools."""
    log(
        store,
        offered("own", plugin=None),
        offered("Other_a", plugin=None, instance=ToolInstance("Other", None, "{}")),
        OfferedTool(Search(), ToolInstance("Search", None, "{}")),
    )
    assert loaded(tmp_path).loaded_tools == ["Search"]


def test_the_first_turn_counts(store: LogStore, tmp_path: Path, model: Any) -> None:
    """The tools are those of the turn with the smallest id, however late it was logged; later turns do not matter."""
    store.log(turn(thread_id="thread", id="2", tools=[offered("later")]))
    store.log(turn(thread_id="thread", id="1", tools=[offered("first")]))
    store.log(turn(thread_id="thread", id="3"))
    assert loaded(tmp_path).loaded_tools == ["first"]


def test_without_tools(store: LogStore, tmp_path: Path, model: Any) -> None:
    """A conversation without tools brings none."""
    log(store)
    assert not loaded(tmp_path).loaded_tools


@pytest.mark.parametrize("unknown", ["nowhere", "empty"])
def test_unknown_conversations(store: LogStore, tmp_path: Path, model: Any, unknown: str) -> None:
    """For programs, an unknown id and a thread without turns are Click's exception with exit code 1, which names it."""
    store.create_thread(id="empty")
    with pytest.raises(click.ClickException, match=unknown) as caught:
        llm.cli.load_conversation(unknown, database=str(tmp_path / "logs.db"))
    assert caught.value.exit_code == 1


def test_the_database_is_closed(store: LogStore, tmp_path: Path, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading needs no command around it, and leaves no connection open, also where it fails."""
    log(store)
    opened: list[sqlite3.Connection] = []
    real = sqlite3.connect

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        opened.append(real(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", connect)
    assert loaded(tmp_path).name == "hello"
    with pytest.raises(click.ClickException, match="nowhere"):
        llm.cli.load_conversation("nowhere", database=str(tmp_path / "logs.db"))
    assert len(opened) == 2
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
