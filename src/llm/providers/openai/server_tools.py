"""Tools that OpenAI runs by itself: searching the web and running Python.

The annotations are types and not text, because signatures are shown to users. Docstrings are the tools' descriptions
and enter the hashes under which the log knows them.
"""

from typing import Any, Literal, get_args

from llm.core.server_tools import ServerSideTool
from llm.providers.openai import PLUGIN

MOST_DOMAINS = 100

_ContextSize = Literal["low", "medium", "high"]
_TokenBudget = Literal["default", "unlimited"]
_ContentType = Literal["text", "image"]
_MemoryLimit = Literal["1g", "4g", "16g", "64g"]


class WebSearch(ServerSideTool):
    """Search the web with OpenAI's search tool.

    Limit it to domains or keep it away from some (names without https://), say where the user is, and choose how much
    of the results the model reads. include_sources and include_results keep every source or raw result in the log.
    """

    __module__ = PLUGIN

    name = "web_search"

    def __init__(  # noqa: ANN204 - signatures are shown as they stand
        self,
        allowed_domains: list[str] | None = None,
        blocked_domains: list[str] | None = None,
        user_location: dict | None = None,  # type: ignore[type-arg]  # shown as it stands
        search_context_size: _ContextSize | None = None,
        external_web_access: bool | None = None,
        return_token_budget: _TokenBudget | None = None,
        search_content_types: list[_ContentType] | None = None,
        image_settings: dict | None = None,  # type: ignore[type-arg]  # shown as it stands
        include_sources: bool = False,
        include_results: bool = False,
    ):
        self.allowed_domains: list[str] | None = _domains("allowed_domains", allowed_domains)
        self.blocked_domains: list[str] | None = _domains("blocked_domains", blocked_domains)
        self.user_location: dict[str, Any] | None = _location(user_location)
        self.search_context_size: _ContextSize | None = _choice(
            "search_context_size", search_context_size, _ContextSize
        )
        self.external_web_access: bool | None = _optional("external_web_access", external_web_access, bool)
        self.return_token_budget: _TokenBudget | None = _choice(
            "return_token_budget", return_token_budget, _TokenBudget
        )
        self.search_content_types: list[_ContentType] | None = _content_types(search_content_types)
        self.image_settings: dict[str, Any] | None = _image_settings(image_settings)
        self.include_sources: bool = _of_type("include_sources", include_sources, bool)
        self.include_results: bool = _of_type("include_results", include_results, bool)

    def tool_spec(self, model: Any) -> dict[str, Any]:  # noqa: ARG002 - part of the interface
        """Return the entry of `tools` in the request."""
        filters = {"allowed_domains": self.allowed_domains, "blocked_domains": self.blocked_domains}
        settings: dict[str, Any] = {
            "filters": {name: value for name, value in filters.items() if value is not None} or None,
            "user_location": self.user_location,
            "search_context_size": self.search_context_size,
            "external_web_access": self.external_web_access,
            "return_token_budget": self.return_token_budget,
            "search_content_types": self.search_content_types,
            "image_settings": self.image_settings,
        }
        return {"type": "web_search", **{name: value for name, value in settings.items() if value is not None}}

    def prepare_request(self, model: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG002 - part of the interface
        """Ask for sources and results in the reply."""
        if self.include_sources:
            _include(kwargs, "web_search_call.action.sources")
        if self.include_results:
            _include(kwargs, "web_search_call.results")


class CodeInterpreter(ServerSideTool):
    """Run Python code in a container at OpenAI.

    Without the id of a container (cntr_...) OpenAI provides one; memory_limit and file_ids are about that one.
    """

    __module__ = PLUGIN

    name = "code_interpreter"

    def __init__(  # noqa: ANN204 - signatures are shown as they stand
        self,
        container: str | None = None,
        memory_limit: _MemoryLimit | None = None,
        file_ids: list[str] | None = None,
    ):
        if container is not None and not isinstance(container, str):
            raise TypeError(f"container must be a string, not {type(container).__name__}")
        if container is not None and (memory_limit is not None or file_ids is not None):
            raise ValueError("container cannot be combined with memory_limit or file_ids")
        self.container: str | None = container
        self.memory_limit: _MemoryLimit | None = _choice("memory_limit", memory_limit, _MemoryLimit)
        self.file_ids: list[str] | None = _texts("file_ids", file_ids)

    def tool_spec(self, model: Any) -> dict[str, Any]:  # noqa: ARG002 - part of the interface
        """Return the entry of `tools` in the request."""
        if self.container is not None:
            return {"type": "code_interpreter", "container": self.container}
        settings = {"memory_limit": self.memory_limit, "file_ids": self.file_ids}
        given = {name: value for name, value in settings.items() if value is not None}
        return {"type": "code_interpreter", "container": {"type": "auto", **given}}

    def prepare_request(self, model: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG002 - part of the interface
        """Ask for what the code printed and drew."""
        _include(kwargs, "code_interpreter_call.outputs")


def _include(kwargs: dict[str, Any], name: str) -> None:
    included = kwargs.setdefault("include", [])
    if name not in included:
        included.append(name)


def _of_type(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be of type {kind.__name__}, not {type(value).__name__}")
    return value


def _optional(name: str, value: Any, kind: type) -> Any:
    return None if value is None else _of_type(name, value, kind)


def _choice(name: str, value: Any, choices: Any) -> Any:
    if value is not None and value not in get_args(choices):
        raise ValueError(f"{name} must be one of {', '.join(get_args(choices))}, not {value!r}")
    return value


def _texts(name: str, values: Any) -> list[str] | None:
    if values is None:
        return None
    for value in _of_type(name, values, list):
        if not isinstance(value, str) or not value:
            raise TypeError(f"{name} must hold non-empty strings, not {value!r}")
    return list(values)


def _domains(name: str, values: Any) -> list[str] | None:
    domains = _texts(name, values)
    if domains is None:
        return None
    if len(domains) > MOST_DOMAINS:
        raise ValueError(f"{name} may hold at most {MOST_DOMAINS} domains, not {len(domains)}")
    for domain in domains:
        if domain.lower().startswith(("http://", "https://")):
            raise ValueError(f"{name} must hold domains without a scheme: {domain.partition('//')[2]}, not {domain}")
    return domains


def _location(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    location = {"type": "approximate", **_of_type("user_location", value, dict)}
    if location["type"] != "approximate":
        raise ValueError(f"user_location: type must be 'approximate', not {location['type']!r}")
    return location


def _content_types(values: Any) -> list[Any] | None:
    if values is None:
        return None
    for value in _of_type("search_content_types", values, list):
        _choice("search_content_types", value, _ContentType)
    return list(values)


def _image_settings(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    settings = dict(_of_type("image_settings", value, dict))
    if "max_results" in settings:
        most = settings["max_results"]
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise ValueError(f"image_settings: max_results must be a positive whole number, not {most!r}")
    if "caption" in settings:
        _of_type("image_settings: caption", settings["caption"], bool)
    return settings
