"""Running an answer and showing it: as it streams, whole, or in part. Blocking and async answers are shown alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from llm.cli.safe_echo import echo_foreign

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from llm.cli.rendering.choice import Display
    from llm.engine.chains import AsyncChainResponse
    from llm.engine.responses import AsyncResponse
    from llm.engine.worlds import Answer, AnyResponse


def show_stream(answer: Answer, display: Display) -> None:
    """Run an answer and show its events as they come; a whole one ends with a newline."""
    try:
        if _is_async(answer):
            from llm.engine.host import run_on_private_loop

            run_on_private_loop(_show_async(answer, display))
        else:
            for event in answer.stream_events():
                display.show(event)
    finally:
        display.finish()
    click.echo()


def _is_async(answer: Answer) -> TypeIs[AsyncResponse | AsyncChainResponse]:
    return hasattr(answer, "astream_events")


async def _show_async(answer: AsyncResponse | AsyncChainResponse, display: Display) -> None:
    async for event in answer.astream_events():
        display.show(event)


def text_of(answer: Answer) -> str:
    """Run an answer and return its text."""
    if not _is_async(answer):
        return answer.text()
    from llm.engine.host import run_on_private_loop

    return run_on_private_loop(answer.text())


def show_text(text: str, *, extract: bool = False, extract_last: bool = False) -> None:
    """Show a text, or the first or last code block in it if that is wanted and there is one."""
    if extract or extract_last:
        from llm.core.text import extract_fenced_code_block

        text = extract_fenced_code_block(text, last=extract_last) or text
    echo_foreign(text)


def show_usage(responses: Iterable[AnyResponse]) -> None:
    """Show how many tokens each response took."""
    for response in responses:
        click.echo(click.style(f"Token usage: {response.token_usage()}", fg="yellow", bold=True), err=True)


@contextmanager
def quiet_without_reader() -> Iterator[None]:
    """End the block without an error if whoever read the output has gone, as `head` does."""
    try:
        yield
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for what Python flushes at exit
