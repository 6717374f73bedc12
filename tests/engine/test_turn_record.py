"""The record of a response: everything that the log keeps of it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import llm
from llm.core.messages import assistant, system, user
from llm.core.records import OfferedTool, ToolInstance
from tests.engine.calls import call
from tests.engine.faces import BlockingFace, Face
from tests.engine.script import Settings


class Notes(llm.Toolbox):
    plugin = "llm-notes"
    secret_arguments = ("token",)

    def __init__(self, path: Path, token: str = "secret", limit: int = 3) -> None:
        self.path = path

    def read(self) -> str:
        return "text"


class Search(llm.ServerSideTool):
    """Search the web."""

    name = "search"

    def __init__(self, depth: int = 1) -> None:
        self.depth = depth


def test_a_full_record(face: Face) -> None:
    """The record has what was asked, what was answered and what it cost; options that are None are left out."""

    def fill(response: Any) -> None:
        response.response_json = {"raw": 1}
        response.set_usage(input=1, output=2, details={"x": 3})
        response.set_resolved_model("m-2")

    model = face.model(["a", fill], Options=Settings, json_replacements={"r": {"raw": 1}})
    conversation = model.conversation()
    response = face.done(
        conversation.prompt(
            "x",
            system="s",
            fragments=["f"],
            system_fragments=["sf"],
            options={"temperature": 1},
            schema={"type": "object"},
        )
    )
    record = response.turn_record()
    assert (record.id, record.thread_id, record.name_source, record.model) == (
        response.id, conversation.id, "f\nx", "scripted",
    )  # fmt: skip
    assert record.input is not None
    assert list(record.input) == [system("sf\n\ns"), user("f\nx")]
    assert record.output == (assistant("a"),)
    assert (record.resolved_model, record.options, record.schema) == ("m-2", {"temperature": 1.0}, {"type": "object"})
    assert (record.usage, record.response_json) == (llm.Usage(1, 2, {"x": 3}), {"raw": 1})
    assert (record.json_replacements, record.tools) == ({"r": {"raw": 1}}, [])
    assert (record.fragments, record.system_fragments, record.instantiations) == (["f"], ["sf"], {})
    assert (record.state, record.error) == ("complete", None)
    assert record.datetime_utc == response._start_utcnow.isoformat(timespec="microseconds")
    assert record.duration_ms == face.get(response.duration_ms())


def test_the_time(face: Face) -> None:
    """The time is that at which the run began, in UTC with microseconds, also where these are zero; it is empty where
    nothing ran."""
    times = []
    response = face.model([lambda _: times.append(datetime.now(timezone.utc)), "a"]).prompt("x")
    before = datetime.now(timezone.utc)
    face.done(response)
    written = response.turn_record().datetime_utc
    assert before <= datetime.fromisoformat(written) <= times[0]
    response._start_utcnow = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert response.turn_record().datetime_utc == "2026-01-02T03:04:05.000000+00:00"
    fake = face.response_class.fake(face.model(), "x", "s", "b")
    assert (fake.turn_record().datetime_utc, fake.turn_record().duration_ms) == ("", 0)


def test_an_empty_schema(face: Face) -> None:
    """A schema that says nothing stays what it is for the model, and is none for the log."""
    response = face.done(face.model(["a"]).prompt("x", schema={}))
    assert response.prompt.schema == {}
    assert response.turn_record().schema is None


def test_the_name_of_a_new_thread(face: Face) -> None:
    """A thread is named after the prompt, else after the system text, else after nothing."""
    for arguments, name in (({"prompt": "p", "system": "s"}, "p"), ({"system": "s"}, "s"), ({}, "")):
        record = face.done(face.model(["a"]).prompt(**arguments)).turn_record()
        assert (record.name_source, record.thread_id) == (name, None)


def test_offered_tools_and_their_instances() -> None:
    """Tools of a toolbox, and server-side tools, carry their class, plugin and arguments; secrets are left out."""

    class Model(type(BlockingFace().model())):  # type: ignore[misc]
        supported_server_side_tools = (Search,)

    def plain() -> str:
        return ""

    response = Model(["a"]).prompt("x", tools=[Notes(Path("notes.txt")), plain, Search(depth=2)])
    response.text()
    notes = ToolInstance("Notes", "llm-notes", '{"path": "notes.txt", "limit": 3}')
    search = ToolInstance("Search", None, '{"depth": 2}')
    one, two, three = response.prompt.tools
    assert response.turn_record().tools == [OfferedTool(one, notes), OfferedTool(two, None), OfferedTool(three, search)]


class My_Box(llm.Toolbox):  # noqa: N801 -- the name is the point
    plugin = "llm-boxes"

    def __init__(self, size: int = 1) -> None:
        self.add_tool(lone)

    def read(self) -> str:
        return "text"


def lone() -> str:
    """A function that a toolbox adds."""
    return ""


class Configured:
    """No toolbox, but it can say what it was made with."""

    def __init__(self, path: str) -> None:
        self._config = {"path": path}

    def read(self) -> str:
        return "text"


def test_names_of_instances(face: Face) -> None:
    """An instance has the name of its class, underscores included, also behind tools that were added to it; such tools
    have its plugin."""
    response = face.done(face.model(["a"]).prompt("x", tools=[My_Box(2)]))
    box = ToolInstance("My_Box", "llm-boxes", '{"size": 2}')
    found = [(offered.tool.name, offered.tool.plugin, offered.instance) for offered in response.turn_record().tools]
    assert found == [("My_Box_read", "llm-boxes", box), ("lone", "llm-boxes", box)]


def test_other_configured_objects(face: Face) -> None:
    """A tool that is bound to any object with a dictionary `_config` has an instance, and so have its results; one that
    is bound to another object has none."""
    owner = Configured("/z")
    tools = [llm.Tool("read", implementation=owner.read), llm.Tool("upper", implementation="x".upper)]
    chain = face.model([call("read"), call("upper")], ["b"]).chain("x", tools=tools)
    face.text(chain)
    first, second = chain._responses
    instance = ToolInstance("Configured", None, '{"path": "/z"}')
    assert [offered.instance for offered in first.turn_record().tools] == [instance, None]
    assert second.turn_record().instantiations == {"id-read": instance}


def test_instances_behind_results(face: Face) -> None:
    """The round that reports results says which toolbox made each of them."""
    model = face.model([call("Notes_read"), call("plain")], ["b"])
    chain = model.chain(
        "x", tools=[Notes(Path("n")), llm.Tool("plain", implementation=lambda: "")]
    )  # fmt: skip
    face.text(chain)
    first, second = chain._responses
    assert first.turn_record().instantiations == {}
    assert second.turn_record().instantiations == {
        "id-Notes_read": ToolInstance("Notes", "llm-notes", '{"path": "n", "limit": 3}')
    }
