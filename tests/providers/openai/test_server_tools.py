"""Tools that run at OpenAI."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from llm.providers.openai.server_tools import CodeInterpreter, WebSearch


def test_signatures() -> None:
    """Signatures show types, and choices by their values."""
    shown = str(inspect.signature(WebSearch))
    assert shown.startswith("(allowed_domains: list[str] | None = None, blocked_domains: list[str] | None = None, ")
    assert "search_context_size: Optional[Literal['low', 'medium', 'high']] = None" in shown or (
        "Literal['low', 'medium', 'high'] | None = None" in shown
    )
    assert shown.endswith(
        "image_settings: dict | None = None, include_sources: bool = False, include_results: bool = False)"
    )
    assert list(inspect.signature(CodeInterpreter).parameters) == ["container", "memory_limit", "file_ids"]
    for kind in (WebSearch, CodeInterpreter):
        assert kind().description
        assert kind.plugin is None


def test_plain_search() -> None:
    """Without settings the request asks for the tool alone."""
    assert WebSearch().tool_spec(None) == {"type": "web_search"}
    kwargs: dict[str, Any] = {}
    WebSearch().prepare_request(None, kwargs)
    assert kwargs == {}


def test_search_settings() -> None:
    """Settings go out under their own names, domains as filters; what the log is to keep is no setting."""
    domains = ["a.com"]
    search = WebSearch(
        allowed_domains=domains, blocked_domains=["b.com"], user_location={"country": "FR"}, search_context_size="low",
        external_web_access=False, return_token_budget="unlimited", search_content_types=["text"],
        image_settings={"max_results": 2, "caption": True, "own": 1}, include_sources=True,
    )  # fmt: skip
    domains.append("c.com")
    assert search.tool_spec(None) == {
        "type": "web_search",
        "filters": {"allowed_domains": ["a.com"], "blocked_domains": ["b.com"]},
        "user_location": {"type": "approximate", "country": "FR"},
        "search_context_size": "low",
        "external_web_access": False,
        "return_token_budget": "unlimited",
        "search_content_types": ["text"],
        "image_settings": {"max_results": 2, "caption": True, "own": 1},
    }
    assert WebSearch(blocked_domains=["b.com"]).tool_spec(None)["filters"] == {"blocked_domains": ["b.com"]}
    assert (search.include_sources, search.include_results) == (True, False)


def test_configuration_is_captured() -> None:
    """The arguments are remembered, so that an equal tool can be made of them."""
    search = WebSearch(allowed_domains=["a.com"])
    assert search._config["allowed_domains"] == ["a.com"]
    assert WebSearch(**search._config).tool_spec(None) == search.tool_spec(None)
    interpreter = CodeInterpreter("cntr_1")
    assert interpreter._config == {"container": "cntr_1", "memory_limit": None, "file_ids": None}
    assert CodeInterpreter(**interpreter._config).tool_spec(None) == interpreter.tool_spec(None)


def test_include() -> None:
    """What the reply is to include is added to what others asked for, once."""
    kwargs: dict[str, Any] = {"include": ["other"]}
    search = WebSearch(include_sources=True, include_results=True)
    for tool in (search, search, CodeInterpreter(), CodeInterpreter()):
        tool.prepare_request(None, kwargs)
    assert kwargs["include"] == [
        "other", "web_search_call.action.sources", "web_search_call.results", "code_interpreter_call.outputs"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"allowed_domains": "a.com"}, TypeError, "allowed_domains"),
        ({"blocked_domains": ["a.com", ""]}, TypeError, "blocked_domains"),
        ({"blocked_domains": [1]}, TypeError, "blocked_domains"),
        ({"allowed_domains": ["a.com"] * 101}, ValueError, "allowed_domains.*100"),
        ({"allowed_domains": ["HTTPS://a.com"]}, ValueError, "allowed_domains.*scheme"),
        ({"user_location": "FR"}, TypeError, "user_location"),
        ({"user_location": {"type": "exact"}}, ValueError, "user_location.*approximate"),
        ({"search_context_size": "huge"}, ValueError, "search_context_size"),
        ({"external_web_access": 1}, TypeError, "external_web_access"),
        ({"return_token_budget": "none"}, ValueError, "return_token_budget"),
        ({"search_content_types": "text"}, TypeError, "search_content_types"),
        ({"search_content_types": ["video"]}, ValueError, "search_content_types"),
        ({"image_settings": []}, TypeError, "image_settings"),
        ({"image_settings": {"max_results": True}}, ValueError, "image_settings.*max_results"),
        ({"image_settings": {"max_results": 0}}, ValueError, "image_settings.*max_results"),
        ({"image_settings": {"caption": 1}}, TypeError, "image_settings.*caption"),
        ({"include_sources": None}, TypeError, "include_sources"),
        ({"include_results": 1}, TypeError, "include_results"),
    ],
)
def test_search_refuses(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    """What is wrong is refused when the tool is made, with the parameter's name."""
    with pytest.raises(error, match=text):
        WebSearch(**arguments)


@pytest.mark.parametrize(
    ("arguments", "container"),
    [
        ({}, {"type": "auto"}),
        (
            {"memory_limit": "4g", "file_ids": ["file-1"]},
            {"type": "auto", "memory_limit": "4g", "file_ids": ["file-1"]},
        ),
        ({"container": "cntr_1"}, "cntr_1"),
    ],
)
def test_interpreter(arguments: dict[str, Any], container: Any) -> None:
    """A container of one's own is named; otherwise OpenAI's is described."""
    assert CodeInterpreter(**arguments).tool_spec(None) == {"type": "code_interpreter", "container": container}


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"container": 1}, TypeError, "container must be a string"),
        ({"memory_limit": "2g"}, ValueError, "memory_limit"),
        ({"container": "c", "memory_limit": "4g"}, ValueError, "cannot be combined"),
        ({"container": "c", "file_ids": ["f"]}, ValueError, "cannot be combined"),
        ({"file_ids": "file-1"}, TypeError, "file_ids"),
        ({"file_ids": [1]}, TypeError, "file_ids"),
    ],
)
def test_interpreter_refuses(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    """What is wrong is refused when the tool is made."""
    with pytest.raises(error, match=text):
        CodeInterpreter(**arguments)


def test_names_and_attributes() -> None:
    """Tools have the API's names, and keep their arguments as attributes; a hundred domains are not too many."""
    assert (WebSearch.name, CodeInterpreter.name) == ("web_search", "code_interpreter")
    given: dict[str, Any] = {
        "allowed_domains": ["a.com"] * 100, "blocked_domains": ["b.com"], "user_location": {"type": "approximate"},
        "search_context_size": "high", "external_web_access": True, "return_token_budget": "default",
        "search_content_types": ["text", "image"], "image_settings": {"caption": False}, "include_sources": True,
        "include_results": True,
    }  # fmt: skip
    assert list(inspect.signature(WebSearch).parameters) == list(given)
    search = WebSearch(**given)
    assert {name: getattr(search, name) for name in given} == given
    interpreter = CodeInterpreter(memory_limit="64g", file_ids=["f"])
    assert (interpreter.container, interpreter.memory_limit, interpreter.file_ids) == (None, "64g", ["f"])


def test_signature_of_the_interpreter() -> None:
    """Sizes of memory are shown as the choices they are."""
    shown = str(inspect.signature(CodeInterpreter))
    assert "Literal['1g', '4g', '16g', '64g']" in shown
    assert "'str" not in shown
