"""Tools, tool calls and tool results as nested Markdown lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import Any, TypeAlias

Entry: TypeAlias = Mapping[str, Any]

_BACKTICKS = re.compile(r"`+")
_INDENT = "    "
_BREAK = "  \n"  #: two spaces at the end of a line: a line break within a paragraph


class ToolList:
    """Lists the tools offered to a model; what a tool is like is written only the first time it is listed."""

    def __init__(self) -> None:
        self._described: set[str] = set()

    def offered(self, tools: Iterable[Entry]) -> str:
        """Return a list of tools: the plain ones, then those of each instance of a toolbox under its name."""
        plain: list[Entry] = []
        instances: dict[tuple[str, str | None], list[Entry]] = {}
        for tool in tools:
            instance = tool["instance"]
            group = plain if instance is None else instances.setdefault((instance["name"], instance["arguments"]), [])
            group.append(tool)
        listed = "".join(map(self._tool, plain))
        for (name, arguments), members in instances.items():
            shown = "" if arguments in {None, "{}"} else arguments
            listed += f"- {inline_code(f'{name}({shown})')}:\n{indent(''.join(map(self._tool, members)), _INDENT)}"
        return listed

    def _tool(self, tool: Entry) -> str:
        digest = str(tool["hash"])
        if digest in self._described:
            return f"- **{tool['name']}**: `{digest[:7]}`\n"
        self._described.add(digest)
        description = indent((tool["description"] or "").rstrip(), _INDENT)
        schema = tool["input_schema"]
        properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
        return (
            f"- **{tool['name']}**: `{digest}`{_BREAK}{description}{_BREAK}"
            f"{_INDENT}Arguments: {inline_code(json.dumps(properties))}\n"
        )


def tool_calls(calls: Iterable[Entry]) -> str:
    """Return a list of tool calls with their arguments."""
    return "".join(
        f"- **{call['name']}**: `{call['tool_call_id']}`{_BREAK}{indent(_arguments(call['arguments']), _INDENT)}"
        for call in calls
    )


def tool_results(results: Iterable[Entry], *, server_executed: bool) -> str:
    """Return a list of tool results: those the provider produced itself, or those that were fed to the model."""
    return "".join(_result(result) for result in results if bool(result.get("server_executed")) == server_executed)


def attachment_place(attachment: Entry, *, code: bool = True) -> str:
    """Return where an attachment is, or how large it is; `code`: a path as inline code."""
    if attachment["path"]:
        return f"`{attachment['path']}`" if code else str(attachment["path"])
    if attachment["url"]:
        return str(attachment["url"])
    length = attachment.get("content_length")
    size = "missing" if length is None else f"{length:,} bytes"
    return f"`<{size}>`" if code else f"<{size}>"


def fenced(text: str, language: str = "") -> str:
    """Return `text` as a fenced code block, with a fence that does not occur in it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def inline_code(text: str) -> str:
    """Return `text` as inline code."""
    fence = "`" * (_longest_run(text) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def _arguments(arguments: Any) -> str:
    if not isinstance(arguments, dict) or not arguments:
        return f"Arguments: {inline_code(json.dumps(arguments))}\n"
    return "".join(
        f"{name}:\n{fenced(value)}\n" if isinstance(value, str) else f"{name}: {inline_code(json.dumps(value))}\n"
        for name, value in arguments.items()
    )


def _result(result: Entry) -> str:
    output = indent(fenced(str(result["output"] or "")), _INDENT)
    error = f"{_BREAK}{_INDENT}**Error**: {result['exception']}\n" if result["exception"] else ""
    attachments = "".join(
        f"{_INDENT}- {attachment['type']}: {attachment_place(attachment, code=False)}\n"
        for attachment in result["attachments"]
    )
    return f"- **{result['name']}**: `{result['tool_call_id']}`{_BREAK}{output}{error}\n{attachments}"
