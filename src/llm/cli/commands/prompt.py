"""`llm prompt`, which is also what `llm` does with words that name no other command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from llm.cli.errors import reporting_everything
from llm.cli.params import database_option, model_option, model_options_option
from llm.cli.shortfalls import warn_of_shortfalls


@click.command("prompt")
@click.argument("prompt", required=False)
@click.option("-s", "--system", help="System prompt: how the model should behave")
@model_option
@database_option
@model_options_option
@click.option("--no-stream", is_flag=True, help="Wait for the whole answer before showing it")
@click.option("-n", "--no-log", is_flag=True, help="Do not log this prompt")
@click.option("--log", is_flag=True, help="Log this prompt even if logging is off")
@click.option("-R", "--hide-reasoning", is_flag=True, help="Neither ask for nor show the model's reasoning")
@click.option("_continue", "-c", "--continue", is_flag=True, flag_value=-1, help="Continue the latest conversation")
@click.option("conversation_id", "--cid", "--conversation", help="Continue the conversation with this id")
@click.option("--key", help="API key to use, or the name of a stored one")
@click.option("async_", "--async", is_flag=True, help="Run the async variant of the model")
@click.option("-u", "--usage", is_flag=True, help="Show how many tokens were used")
@reporting_everything
def prompt(
    prompt: str | None,
    system: str | None,
    model_id: str | None,
    database: str | None,
    options: Sequence[tuple[str, Any]],
    no_stream: bool,
    no_log: bool,
    log: bool,
    hide_reasoning: bool,
    _continue: bool,
    conversation_id: str | None,
    key: str | None,
    async_: bool,
    usage: bool,
) -> None:
    """Run a prompt and show the answer.

    Text from standard input is put in front of PROMPT. Without either, the prompt is read from the terminal.
    """
    from llm.cli.logging import TurnLog
    from llm.features.log_files import logs_on
    from llm.features.prompting import PromptRequest, begin, responses_of, with_stored_options

    if log and no_log:
        raise click.ClickException("--log and --no-log cannot be used together")
    turn_log = TurnLog(database, enabled=not no_log and (log or logs_on()))
    conversation = _conversation(model_id, conversation_id, key, database, resume=bool(_continue), asynchronous=async_)
    model = conversation.model
    request = PromptRequest(
        text=read_prompt(prompt),
        system=system,
        options=with_stored_options(model, dict(options)),
        key=key,
        stream=model.can_stream and not no_stream,
        hide_reasoning=hide_reasoning,
    )
    answer = begin(conversation, request)
    try:
        with turn_log.keeping(answer):
            (_show_async if async_ else _show)(answer, stream=request.stream, show_reasoning=not hide_reasoning)
    except BrokenPipeError:
        # Whoever read the answer has gone, as `head` does: that is no error, and what came is in the log.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for what Python flushes at exit
        return
    finally:
        turn_log.close()
    warn_of_shortfalls(answer)
    if usage:
        _show_usage(responses_of(answer))


def _conversation(
    model_id: str | None, conversation_id: str | None, key: str | None, database: str | None, *, resume: bool,
    asynchronous: bool,
) -> Any:  # fmt: skip
    """Return the conversation that the prompt belongs to: a stored one, or a new one with the model that was chosen."""
    from llm.features.conversations import load_with_model
    from llm.features.model_choice import default_model, named_model

    model = named_model(model_id, asynchronous=asynchronous) if model_id else None
    if resume or conversation_id:
        stored = load_with_model(conversation_id, model, async_=asynchronous, database=database)
        if stored is not None:
            return stored
    if model is None:
        choice = default_model(key=key, asynchronous=asynchronous)
        if choice.notice:
            click.echo(choice.notice, err=True)
        model = choice.model
    return model.conversation()


def read_prompt(argument: str | None) -> str:
    """Return the prompt: what is piped in, then the argument; typed text if there is neither."""
    if not sys.stdin.isatty():
        piped = sys.stdin.read()
        return " ".join([piped, argument] if argument else [piped]) if piped else argument or ""
    return sys.stdin.read() if argument is None else argument


def _show(answer: Any, *, stream: bool, show_reasoning: bool) -> None:
    from llm.cli.streaming import display_stream_events

    if stream:
        display_stream_events(answer.stream_events(), show_reasoning=show_reasoning)
        click.echo()
    else:
        click.echo(answer.text())


def _show_async(answer: Any, *, stream: bool, show_reasoning: bool) -> None:
    from llm.cli.streaming import display_async_stream_events
    from llm.engine.host import run_on_private_loop

    async def show() -> None:
        if stream:
            await display_async_stream_events(answer.astream_events(), show_reasoning=show_reasoning)
            click.echo()
        else:
            click.echo(await answer.text())

    run_on_private_loop(show())


def _show_usage(responses: Sequence[Any]) -> None:
    for response in responses:
        click.echo(click.style(f"Token usage: {response.token_usage()}", fg="yellow", bold=True), err=True)
