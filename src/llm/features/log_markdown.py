"""The log as Markdown: what `llm logs` prints when nothing else is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from llm.core.media import mimetype_from_path
from llm.core.text import maybe_fenced_code
from llm.core.usage import token_usage_string
from llm.features.log_formats import Row, day_and_time
from llm.features.log_markdown_tools import (
    Entry,
    ToolList,
    attachment_place,
    fenced,
    inline_code,
    tool_calls,
    tool_results,
)
from llm.store.reading import decoded

Entries: TypeAlias = Iterable[Entry]

_NOT_JSON = object()


class MarkdownLog:
    """Writes the entries of one listing, which depend on what was shown before them.

    `one_conversation`: all rows belong to the same conversation, so only the first one names it.
    """

    def __init__(self, *, one_conversation: bool = False, usage: bool = False, expand: bool = False) -> None:
        self._one_conversation = one_conversation
        self._usage = usage
        self._expand = expand
        self._first = True
        self._system: str | None = None
        self._tools = ToolList()

    def entry(self, row: Row, attachments: Entries) -> str:
        """Return an annotated row as Markdown, ending with an empty line."""
        sections = [
            self._header(row),
            _section("## Prompt", f"{row['prompt'] or '-- none --'}\n"),
            _section("### Prompt fragments", self._fragments(row["prompt_fragments"])),
            _section("## Options", _options(row.get("options_json"))),
            self._system_prompt(row["system"]),
            _section("### System fragments", self._fragments(row["system_fragments"])),
            _section("## Schema", _json_block(row["schema_json"]) if row.get("schema_json") else ""),
            _section("### Tools", self._tools.offered(row["tools"])),
            _section("### Tool results", tool_results(row["tool_results"], server_executed=False)),
            _section("### Attachments", _attachments(attachments)),
            _section("## Reasoning", _reasoning(row["reasoning"])),
            "## Response\n\n",
            _section("### Tool calls", tool_calls(row["tool_calls"])),
            _section("### Tool results", tool_results(row["tool_results"], server_executed=True)),
            _response(row),
            _section("## Token usage", _token_usage(row)) if self._usage else "",
        ]
        return "".join(sections)

    def _header(self, row: Row) -> str:
        header = f"# {day_and_time(row)}"
        if self._one_conversation and not self._first:
            return f"{header}\n\n{_state(row)}"
        self._first = False
        resolved = f" (resolved: **{row['resolved_model']}**)" if row["resolved_model"] else ""
        return (
            f"{header}    conversation: {row['conversation_id']} id: {row['id']}\n\n"
            f"Model: **{row['model']}**{resolved}\n\n{_state(row)}"
        )

    def _system_prompt(self, system: str | None) -> str:
        shown = "" if system is None or system == self._system else f"## System\n\n{system}\n\n"
        self._system = system
        return shown

    def _fragments(self, fragments: Entries) -> str:
        if not self._expand:
            return "".join(f"- {fragment['hash']}\n" for fragment in fragments)
        return "".join(
            f"<details><summary>{fragment['hash']}</summary>\n{maybe_fenced_code(fragment['content'])}\n</details>\n"
            for fragment in fragments
        )


def _state(row: Row) -> str:
    """Return the line about a turn that is not complete; its error on that line, whatever it contains."""
    state = row.get("state")
    if not state:
        return ""
    error = " ".join(str(row.get("error") or "").split())
    return f"State: **{state}**{' -- ' if error else ''}{error}\n\n"


def _section(heading: str, content: str) -> str:
    return f"{heading}\n\n{content}\n" if content else ""


def _options(options: Any) -> str:
    if isinstance(options, dict):
        return "".join(f"- {name}: {value}\n" for name, value in options.items())
    return f"{options}\n" if options else ""


def _json_block(value: Any) -> str:
    return fenced(json.dumps(value, indent=2), "json") + "\n"


def _attachments(attachments: Entries) -> str:
    return "".join(
        f"{number}. **{_type(attachment)}**: {attachment_place(attachment)}\n"
        for number, attachment in enumerate(attachments, start=1)
    )


def _type(attachment: Entry) -> str:
    """Return the media type; the network is never asked for it."""
    if attachment["type"]:
        return str(attachment["type"])
    return (mimetype_from_path(attachment["path"]) if attachment["path"] else None) or "unknown type"


def _reasoning(reasoning: str | None) -> str:
    if not reasoning:
        return ""
    return f"<details><summary>Reasoning trace</summary>\n\n{reasoning.rstrip()}\n\n</details>\n"


def _response(row: Row) -> str:
    response = row["response"]
    if not response:
        return ""
    if row.get("schema_json"):
        value = decoded(response, _NOT_JSON)
        if value is not _NOT_JSON:
            return f"{_json_block(value)}\n"
    return f"{response}\n\n"


def _token_usage(row: Row) -> str:
    counts = token_usage_string(row["input_tokens"], row["output_tokens"], None)
    details = decoded(row["token_details"], row["token_details"])
    shown = ", ".join(filter(None, (counts, inline_code(json.dumps(details)) if details else "")))
    duration = row["duration_ms"]
    taken = f"Duration: {duration}ms ({_duration(duration // 1000)})" if isinstance(duration, int) else ""
    return "".join(f"{line}\n\n" for line in (shown, taken) if line).removesuffix("\n")


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes}m {seconds}s"
    return f"{minutes}m {seconds}s" if minutes else f"{seconds}s"
