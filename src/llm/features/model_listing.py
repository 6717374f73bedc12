"""What there is to say about models: for `llm models`, and for `llm prompt --options`, which says the same of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm.registry.lookup import model_id_of

if TYPE_CHECKING:
    from llm.engine.worlds import AnyModel
    from llm.registry.models import ModelWithAliases

TYPE_NAMES = {"number": "float", "integer": "int", "string": "str", "object": "dict"}
WIDEST = 70
NARROWEST = 30


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which models to list. All that is set has to apply."""

    queries: Sequence[str] = ()  #: each has to match
    names: Sequence[str] = ()  #: ids or aliases, of which one has to be the model's
    schemas: bool = False
    tools: bool = False
    async_: bool = False

    def accepts(self, entry: ModelWithAliases) -> bool:
        """Tell whether a model is to be listed."""
        model = _shown_variant(entry)
        return (
            (not self.async_ or entry.async_model is not None)
            and (not self.schemas or model.supports_schema)
            and (not self.tools or model.supports_tools)
            and (not self.names or not {model_id_of(entry), *entry.aliases}.isdisjoint(self.names))
            and all(entry.matches(query) for query in self.queries)
        )


@dataclass(slots=True)
class ModelLines:
    """Writes models as text, one after the other: options are described for the first model of each class only."""

    options: bool = False  #: whether to show options and features as well
    async_: bool = False  #: whether to show the async variants
    width: int = 80  #: columns of the terminal
    described: set[type] = field(default_factory=set)

    def of(self, entry: ModelWithAliases) -> list[str]:
        """Return the lines for a model."""
        model = _shown_variant(entry, async_=self.async_)
        aliases = f" (aliases: {', '.join(entry.aliases)})" if entry.aliases else ""
        lines = [f"{model}{aliases}"]
        if self.options:
            lines += self._option_lines(model)
            lines += self._attachment_lines(model)
            lines += _feature_lines(model, has_async=entry.async_model is not None)
            lines += _key_lines(model)
        return lines

    def _option_lines(self, model: AnyModel) -> Iterator[str]:
        describe = type(model) not in self.described
        self.described.add(type(model))
        options = _option_schemas(model)
        if options:
            yield "  Options:"
        for name, schema in options.items():
            yield f"    {name}: {type_names(schema)}"
            if describe:
                yield from _description_lines(schema.get("description") or "")

    def _attachment_lines(self, model: AnyModel) -> Iterator[str]:
        if model.attachment_types:
            yield "  Attachment types:"
            yield from _type_lines(model.attachment_types, min(max(self.width, NARROWEST), WIDEST))


def _shown_variant(entry: ModelWithAliases, *, async_: bool = False) -> AnyModel:
    """Return the model of an entry that is shown: the blocking one unless `async_`, or the only one there is."""
    first, second = (entry.async_model, entry.model) if async_ else (entry.model, entry.async_model)
    shown = first if first is not None else second
    assert shown is not None  # noqa: S101 - an entry holds one of them
    return shown


def model_as_dict(entry: ModelWithAliases, *, async_: bool = False, options: bool = False) -> dict[str, Any]:
    """Return what `llm models --json` shows of a model."""
    model = _shown_variant(entry, async_=async_)
    shown = {
        "model_id": model.model_id,
        "aliases": list(entry.aliases),
        "can_stream": model.can_stream,
        "supports_schema": model.supports_schema,
        "supports_tools": model.supports_tools,
        "supports_conversation": model.supports_conversation,
        "supports_async": entry.async_model is not None,
        "attachment_types": sorted(model.attachment_types),
        "server_side_tools": [_server_side_tool(tool) for tool in model.supported_server_side_tools],
    }
    if options:
        shown["options"] = _option_schemas(model)
    return shown


def _option_schemas(model: AnyModel) -> dict[str, Any]:
    """Return the JSON schema of each option of a model."""
    properties: dict[str, Any] = model.Options.model_json_schema().get("properties", {})
    return properties


def type_names(schema: Mapping[str, Any]) -> str:
    """Return the types of an option as Python names, `str` where the schema names none (enumerations, references)."""
    alternatives: Iterable[Mapping[str, Any]] = schema.get("anyOf", [schema])
    types = [alternative.get("type", "string") for alternative in alternatives]
    return ", ".join(TYPE_NAMES.get(name, name) for name in types if name != "null")


def _description_lines(description: str) -> Iterator[str]:
    from textwrap import wrap

    for line in wrap(description, WIDEST):
        yield f"      {line}"


def _type_lines(types: Iterable[str], width: int) -> list[str]:
    from textwrap import wrap

    return wrap(", ".join(sorted(types)), width, initial_indent="    ", subsequent_indent="    ")


def _feature_lines(model: AnyModel, *, has_async: bool) -> Iterator[str]:
    features = {
        "streaming": model.can_stream,
        "schemas": model.supports_schema,
        "tools": model.supports_tools,
        "async": has_async,
    }
    if any(features.values()):
        yield "  Features:"
    for name, present in features.items():
        if present:
            yield f"  - {name}"


def _key_lines(model: AnyModel) -> Iterator[str]:
    if model.needs_key:
        yield "  Keys:"
        yield f"    key: {model.needs_key}"
        if model.key_env_var:
            yield f"    env_var: {model.key_env_var}"


def _server_side_tool(tool: type) -> dict[str, Any]:
    return {"name": tool.__name__, "plugin": getattr(tool, "plugin", None)}
