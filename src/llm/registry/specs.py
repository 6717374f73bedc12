"""Tool specifications, the texts after `-T` such as `Files("docs", hidden=true)`: what they name and what they call.

The values are JSON, so that a specification in a template or a shell script never runs code.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

_SPEC = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_KEY = re.compile(r"[^\W\d][\w.-]*")
_KEYWORDS = re.compile(rf"{_KEY.pattern}\s*=")
_BARE_VALUE = re.compile(r'["\[\d-]|true|false|null')
# A string is one token, so commas and brackets inside it are not seen; one that is never closed swallows the rest.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"?|.', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A parsed specification: the name, and the arguments to call what it names with."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def spec_name(spec: str) -> str:
    """Return the name in a specification, also in one that is malformed after it."""
    return spec.partition("(")[0].strip()


def parse_spec(spec: str) -> ToolSpec:
    """Parse `Name`, `Name({"key": 1})`, `Name(JSON)` or `Name(key=JSON, ...)`; a trailing comma is allowed.

    Raises `ValueError`, which shows the specification and says what is wrong with it.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise ValueError(f"Invalid tool spec {spec!r}: expected Name or Name(arguments)")
    name, body = match.group(1), (match.group(2) or "").strip()
    try:
        return _with_arguments(name, body)
    except ValueError as error:
        raise ValueError(f"Invalid tool spec {spec!r}: {error}") from error


def instantiate_from_spec(class_map: Mapping[str, Callable[..., T]], spec: str) -> T:
    """Return what the class named in `spec` makes of the arguments in `spec` (see `parse_spec`).

    Raises `ValueError` for a malformed specification and for a name that is not in `class_map`. What the constructor
    raises is passed on.
    """
    parsed = parse_spec(spec)
    if parsed.name not in class_map:
        raise ValueError(f"Unknown class {parsed.name!r}; known are: {', '.join(sorted(class_map)) or 'none'}")
    return class_map[parsed.name](*parsed.args, **parsed.kwargs)


instantiate_from_spec.__module__ = "llm.utils"


def _with_arguments(name: str, body: str) -> ToolSpec:
    if not body:
        return ToolSpec(name)
    if body.startswith("{"):
        return ToolSpec(name, kwargs=_value(body))
    # Keywords first: `nullable=1` starts like a JSON value.
    if _BARE_VALUE.match(body) and not _KEYWORDS.match(body):
        return ToolSpec(name, args=(_value(body),))
    return ToolSpec(name, kwargs=dict(_keywords(body)))


def _keywords(body: str) -> Iterator[tuple[str, Any]]:
    segments = [segment.strip() for segment in _segments(body)]
    if len(segments) > 1 and not segments[-1]:
        segments.pop()
    for segment in segments:
        key, equals, value = segment.partition("=")
        if not equals or not _KEY.fullmatch(key.strip()):
            raise ValueError(f"{segment!r} is not of the form key=value")
        yield key.strip(), _value(value)


def _segments(body: str) -> Iterator[str]:
    """Split at the commas outside strings and brackets."""
    start = depth = 0
    for token in _TOKEN.finditer(body):
        text = token.group()
        if text in "[{":
            depth += 1
        elif text in "]}":
            depth -= 1
        elif text == "," and depth == 0:
            yield body[start : token.start()]
            start = token.end()
    yield body[start:]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", error)
        raise ValueError(f"{text.strip()!r} is not valid JSON ({reason})") from error
