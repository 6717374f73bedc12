"""What `--td` and `--ta` do around each tool call: showing it, and asking whether it may be made.

What is shown comes from a model or a tool, so a terminal gets it without control characters.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

import click

from llm.core.errors import CancelToolCall
from llm.core.text import escape_controls

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.core.tools import AfterCall, BeforeCall, Tool, ToolCall, ToolResult

P = ParamSpec("P")

TERMINAL = "/dev/tty"
QUESTION = "Approve tool call?"
REFUSAL = "User cancelled tool call"
NOBODY_TO_ASK = "Nobody could be asked for approval: standard input is used up and there is no terminal"


def tool_hooks(*, debug: bool, approve: bool, display: Display) -> tuple[BeforeCall | None, AfterCall | None]:
    """Return the hooks before and after a call that the flags ask for; `display` shows the answer in between."""

    def settled(hook: Callable[P, object]) -> Callable[P, object]:
        def hooked(*args: P.args, **kwargs: P.kwargs) -> object:
            display.settle()
            return hook(*args, **kwargs)

        return hooked

    return settled(approve_tool_call) if approve else None, settled(debug_tool_call) if debug else None


def approve_tool_call(tool: Tool | None, tool_call: ToolCall) -> None:  # noqa: ARG001 - the arguments of every hook
    """Show a call that is about to be made and ask whether it may be. Raises `CancelToolCall` if not."""
    _echo(f"Tool call: {tool_call.name}({tool_call.arguments})", "yellow")
    if not _is_approved():
        raise CancelToolCall(REFUSAL)


def debug_tool_call(tool: Tool, tool_call: ToolCall, tool_result: ToolResult) -> None:  # noqa: ARG001 - the arguments of every hook
    """Show a call that was made, what came of it, and what it attached."""
    from textwrap import indent

    click.echo(err=True)
    _echo(f"Tool call: {tool_call.name}({tool_call.arguments})", "yellow")
    output = _laid_out(tool_result.output)
    if tool_result.attachments:
        output = "\n".join([output, "Attachments:", *(f"  {attachment!r}" for attachment in tool_result.attachments)])
    _echo(indent(output, "  "), "green")
    if tool_result.exception:
        _echo(f"  Exception: {tool_result.exception}", "red")
    else:
        click.echo(err=True)


def _laid_out(output: str) -> str:
    try:
        return json.dumps(json.loads(output), indent=2)
    except (ValueError, RecursionError):
        return output


def _echo(text: str, colour: str) -> None:
    safe = escape_controls(text) if sys.stderr.isatty() else text
    click.echo(click.style(safe, fg=colour, bold=True), err=True)


def _is_approved() -> bool:
    """Ask on standard input; where that has come to its end, at the terminal. Raises `CancelToolCall` without one."""
    seen_elsewhere = sys.stdin.isatty() and not sys.stdout.isatty()  # the answer goes into a file or pipe
    try:
        return click.confirm(QUESTION, err=seen_elsewhere)
    except click.Abort as error:
        if not isinstance(error.__context__, EOFError) or sys.stdin.isatty():
            raise
    click.echo()  # the question that nobody could answer is a line of its own
    try:
        return _is_approved_at_terminal()
    except OSError:
        raise CancelToolCall(NOBODY_TO_ASK) from None


def _is_approved_at_terminal() -> bool:
    """Ask at the controlling terminal. Raises `OSError` if there is none."""
    # Opened twice: Python opens nothing for reading and writing in which it cannot seek.
    with open(TERMINAL, "w", encoding="utf-8") as shown, open(TERMINAL, encoding="utf-8") as typed:  # noqa: PTH123 - a device
        shown.write(f"{QUESTION} [y/N]: ")
        shown.flush()
        return typed.readline().strip().lower() in ("y", "yes")
