from __future__ import annotations

from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import Field

import llm
from llm.features.model_listing import ModelFilter, ModelLines, model_as_dict, type_names
from llm.registry.models import ModelWithAliases
from tests.registry.stand_ins import FakeAsyncModel, FakeModel


class Colour(Enum):
    RED = "red"


class Described(llm.Options):
    one: int | None = Field(
        default=None,
        description=(
            "What sampling temperature to use, between 0 and 2. Higher values like 0.8 will make the output more"
            " random,\nwhile lower values make it a-very-long-compound-word-that-is-broken at a hyphen."
        ),
    )
    two: list[str] | None = None
    three: Colour = Colour.RED
    four: Literal["x", "y"] = "x"
    five: int | float | dict[str, int] | None = None
    six: bool = False
    seven: Any = None


class Server:
    plugin = "llm-server"


class Local:
    pass


def model(model_id: str = "m", **attributes: Any) -> FakeModel:
    return FakeModel(model_id, **{"Options": llm.Options, **attributes})


def entry(first: Any, second: Any = None, *aliases: str) -> ModelWithAliases:
    return ModelWithAliases(first, second, list(aliases))


FULL: dict[str, Any] = {
    "Options": Described,
    "attachment_types": {"text/plain", "audio/wav", "image/png"},
    "can_stream": True,
    "supports_schema": True,
    "supports_tools": True,
    "needs_key": "service",
    "key_env_var": "SERVICE_KEY",
}


def test_one_line_a_model() -> None:
    """Without options a model is its displayed name, and its aliases if it has any."""
    lines = ModelLines()
    assert lines.of(entry(model("m-1"))) == ["Fake: m-1"]
    assert lines.of(entry(model("m-1"), FakeAsyncModel("m-1"), "a", "b")) == ["Fake: m-1 (aliases: a, b)"]


def test_everything() -> None:
    """All parts of an entry, in order, indented and wrapped to the column."""
    assert (
        "\n".join(ModelLines(options=True).of(entry(model(**FULL), FakeAsyncModel("m"), "a")))
        == """\
Fake: m (aliases: a)
  Options:
    one: int
      What sampling temperature to use, between 0 and 2. Higher values like
      0.8 will make the output more random, while lower values make it
      a-very-long-compound-word-that-is-broken at a hyphen.
    two: array
    three: str
    four: str
    five: int, float, dict
    six: boolean
    seven: str
  Attachment types:
    audio/wav, image/png, text/plain
  Features:
  - streaming
  - schemas
  - tools
  - async
  Keys:
    key: service
    env_var: SERVICE_KEY"""
    )


def test_nothing_to_say() -> None:
    """A part without content has no heading."""
    assert ModelLines(options=True).of(entry(model())) == ["Fake: m"]


def test_key_without_variable() -> None:
    """The variable is named only if there is one; without a needed key there is nothing about keys."""
    assert ModelLines(options=True).of(entry(model(needs_key="k"))) == ["Fake: m", "  Keys:", "    key: k"]
    assert ModelLines(options=True).of(entry(model(key_env_var="V"))) == ["Fake: m"]


def test_descriptions_once_per_class() -> None:
    """Descriptions follow the options of the first listed model of each Python class only."""
    lines = ModelLines(options=True)
    first, second = (lines.of(entry(model(name, **FULL))) for name in ("m-1", "m-2"))
    other = lines.of(entry(FakeAsyncModel("m-3", **FULL)))
    assert [any("sampling" in line for line in shown) for shown in (first, second, other)] == [True, False, True]
    assert "    one: int" in second


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (10, ["    application/vnd.openxmlfor", "    mats-xml, image/png"]),
        (40, ["    application/vnd.openxmlformats-xml,", "    image/png"]),
        (300, ["    application/vnd.openxmlformats-xml, image/png"]),
    ],
)
def test_width_of_attachment_types(width: int, lines: list[str]) -> None:
    """Attachment types are wrapped to the terminal, but to 30 columns at least and 70 at most, indent included."""
    shown = model(attachment_types=("image/png", "application/vnd.openxmlformats-xml"))
    assert ModelLines(options=True, width=width).of(entry(shown))[2:] == lines


def test_widest_line() -> None:
    """On a wide terminal a line of attachment types has 70 columns at most."""
    shown = model(attachment_types=tuple(f"image/type{number:02}" for number in range(20)))
    longest = max(map(len, ModelLines(options=True, width=300).of(entry(shown))))
    assert 56 < longest <= 70


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"type": "number"}, "float"),
        ({"type": "object"}, "dict"),
        ({"type": "null"}, ""),
        ({"anyOf": [{"type": "null"}, {"type": "string"}, {"$ref": "#/$defs/E"}]}, "str, str"),
        ({"$ref": "#/$defs/E"}, "str"),
        ({}, "str"),
    ],
)
def test_type_names(schema: dict[str, Any], names: str) -> None:
    """JSON types are shown under their Python names; what names none is text."""
    assert type_names(schema) == names


def test_async_variant() -> None:
    """With `async_` the async variant is shown, with its own name, options and features."""
    variant = FakeAsyncModel("m", Options=llm.Options, supports_tools=True, needs_key="k")
    both = entry(model(**FULL), variant, "a")
    assert ModelLines(options=True, async_=True).of(both) == [
        "Fake (async): m (aliases: a)",
        "  Features:",
        "  - tools",
        "  - async",
        "  Keys:",
        "    key: k",
    ]
    shown = model_as_dict(both, async_=True, options=True)
    assert (shown["supports_tools"], shown["supports_schema"], shown["options"]) == (True, False, {})


def test_async_only() -> None:
    """A model without a blocking variant is listed as well."""
    only = entry(None, FakeAsyncModel("m", Options=llm.Options, supports_schema=True))
    assert ModelLines().of(only) == ["Fake (async): m"]
    assert model_as_dict(only)["supports_async"] is True
    assert ModelFilter(schemas=True, names=["m"]).accepts(only)
    assert not ModelFilter(tools=True).accepts(only)


def test_dictionary() -> None:
    """The JSON form has these keys in this order; the options' schemas only if wanted."""
    full = model(**FULL, supported_server_side_tools=(Server, Local))
    shown = model_as_dict(entry(full, None, "a"))
    assert list(shown.items()) == [
        ("model_id", "m"),
        ("aliases", ["a"]),
        ("can_stream", True),
        ("supports_schema", True),
        ("supports_tools", True),
        ("supports_conversation", True),
        ("supports_async", False),
        ("attachment_types", ["audio/wav", "image/png", "text/plain"]),
        ("server_side_tools", [{"name": "Server", "plugin": "llm-server"}, {"name": "Local", "plugin": None}]),
    ]
    with_options = model_as_dict(entry(full, None, "a"), options=True)
    assert list(with_options) == [*shown, "options"]
    assert list(with_options["options"]) == list(Described.model_fields)


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        ({}, ["1", "2", "3"]),
        ({"async_": True}, ["2"]),
        ({"schemas": True}, ["1"]),
        ({"tools": True}, ["1", "3"]),
        ({"schemas": True, "async_": True}, []),
        ({"names": ["first", "3"]}, ["1", "3"]),
        ({"names": ["fir"]}, []),
        ({"queries": ["FIRST"]}, ["1"]),
        ({"queries": ["fake", "1"]}, ["1"]),
        ({"queries": ["1", "2"]}, []),
        ({"queries": ["fake"], "names": ["2", "3"], "tools": True}, ["3"]),
    ],
)
def test_filter(wanted: dict[str, Any], accepted: list[str]) -> None:
    """All conditions have to apply: all queries match, one of the names is the id or an alias, features are there."""
    entries = [
        entry(model("1", supports_schema=True, supports_tools=True), None, "first"),
        entry(model("2"), FakeAsyncModel("2", supports_schema=True)),
        entry(model("3", supports_tools=True)),
    ]
    chosen = ModelFilter(**wanted)
    assert [shown.model.model_id for shown in entries if shown.model and chosen.accepts(shown)] == accepted
