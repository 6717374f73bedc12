"""`llm prompt`, which is also what `llm` does with words that name no other command."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from llm.cli.errors import reporting_everything
from llm.cli.params import (
    ModelFromEnvironment,
    attachment_options,
    continue_options,
    database_option,
    fragment_options,
    hide_reasoning_option,
    key_option,
    logging_options,
    model_option,
    model_options_option,
    no_stream_option,
    param_option,
    schema_multi_option,
    schema_option,
    tool_options,
)
from llm.cli.rendering.choice import render_options
from llm.cli.run_arguments import LoggedRunArguments
from llm.features.template_composition import apply_templates, with_lists

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.cli.turn_log import TurnLog
    from llm.core.attachments import Attachment
    from llm.engine.worlds import Answer, AnyModel
    from llm.features.prompt_reading import PromptReader
    from llm.features.prompting import RunSettings
    from llm.features.template_composition import PromptInputs


class _Prompt(click.Command):
    """Tells what to do about words too many, the first mistake that people make."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if type(error) is not click.UsageError:  # what is wrong with an option has a class of its own
                raise
            hint = "A prompt of several words goes in quotes; 'llm --help' lists the commands"
            raise click.UsageError(f"{error.message}. {hint}", ctx) from error


@click.command("prompt", cls=_Prompt)
@click.argument("prompt", required=False)
@click.option("-s", "--system", help="System prompt: how the model should behave")
@model_option
@database_option
@click.option("queries", "-q", "--query", multiple=True, help="Use the model that matches this text; repeatable")
@attachment_options
@tool_options
@model_options_option
@click.option("show_model_options", "--options", is_flag=True, help="Show the options of the model and exit")
@schema_option
@schema_multi_option
@fragment_options
@click.option("template", "-t", "--template", multiple=True, help="Template to use; several are applied in turn")
@param_option
@no_stream_option
@logging_options
@hide_reasoning_option
@continue_options
@key_option
@click.option("--save", metavar="NAME", help="Store all this as a template instead of running it")
@click.option("async_", "--async", is_flag=True, help="Run the async variant of the model")
@click.option("-u", "--usage", is_flag=True, help="Show how many tokens were used")
@click.option("-x", "--extract", is_flag=True, help="Show only the first code block of the answer")
@click.option("extract_last", "--xl", "--extract-last", is_flag=True, help="Show only the last code block")
@click.option("json_output", "--json", is_flag=True, help="Show the entries of the log as JSON instead of the answer")
@render_options
@reporting_everything
def prompt(**arguments: Any) -> None:
    """Run a prompt and show the answer.

    Text from standard input is put in front of PROMPT. Without either, the prompt is read from the terminal.

    \b
        llm 'Five names for a pet pelican'
        cat notes.txt | llm -s 'Summarise this'
        llm 'What is in this picture?' -a photo.jpg
        llm -f report.md 'What are the open questions?'
        llm --schema 'name, age int' 'Invent a dog'
        llm -T llm_version 'Which version of llm is this?'
    """
    from llm.cli.answers import quiet_without_reader

    with quiet_without_reader():
        _run(PromptArguments(**arguments))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PromptArguments(LoggedRunArguments):
    """What was given on the command line; the names are those of the parameters."""

    prompt: str | None = None
    queries: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    attachment_types: Sequence[Attachment] = ()
    show_model_options: bool = False
    schema_input: str | None = None
    schema_multi: str | None = None
    template: Sequence[str] = ()
    save: str | None = None
    async_: bool = False
    usage: bool = False
    extract: bool = False
    extract_last: bool = False
    json_output: bool = False


def _run(arguments: PromptArguments) -> None:
    model_id = arguments.model_id or _matching(arguments.queries)
    if arguments.show_model_options and not (arguments.continues or arguments.template):
        _show_model_options(model_id, arguments)
        return
    with closing(arguments.open_log()) as turn_log:
        inputs = _inputs(arguments, model_id, turn_log)
        if arguments.save:
            _save(arguments.save, arguments, inputs)
        else:
            _answer(arguments, inputs, turn_log)


def _matching(queries: Sequence[str]) -> str | None:
    if not queries:
        return None
    from llm.features.model_choice import matching_model_id

    return matching_model_id(queries)


def _show_model_options(model_id: str | None, arguments: PromptArguments) -> None:
    from llm.cli.model_lines import echo_model_options
    from llm.registry.finding import find_model

    echo_model_options(find_model(model_id, asynchronous=arguments.async_), async_=arguments.async_)


def _inputs(arguments: PromptArguments, model_id: str | None, turn_log: TurnLog) -> PromptInputs:
    schema = None
    if arguments.schema_input or arguments.schema_multi:
        from llm.cli.schema_input import schema_for_prompt

        schema = schema_for_prompt(turn_log.database, arguments.schema_input, arguments.schema_multi)
    return replace(
        arguments.inputs(),
        prompt=arguments.prompt,
        model_id=model_id,
        schema=schema,
        extract=arguments.extract,
        extract_last=arguments.extract_last,
        attachments=arguments.attachments,
        typed_attachments=arguments.attachment_types,
    )


def _answer(arguments: PromptArguments, inputs: PromptInputs, turn_log: TurnLog) -> None:
    from llm.cli.continuing import open_conversation
    from llm.features.prompt_material import gather_material
    from llm.features.prompting import PromptRequest, begin, check_options

    inputs, reader = _with_templates(inputs, arguments.template)
    conversation, is_continued = open_conversation(
        inputs.model_id, arguments.conversation_id, continues=arguments.continues, key=arguments.key,
        database=arguments.database, async_=arguments.async_,
    )  # fmt: skip
    model = conversation.model
    if arguments.show_model_options:
        from llm.cli.model_lines import echo_model_options

        echo_model_options(model, async_=arguments.async_)
        return
    display = arguments.display()
    settings = _settings(arguments, inputs, model, display)
    check_options(model, settings)  # before anybody types a prompt in vain
    text = reader.read(inputs.prompt, wait=inputs.is_only_text)
    material = gather_material(
        inputs, model, db=turn_log.database, stdin=reader.stdin, conversation=conversation if is_continued else None
    )
    request = PromptRequest(text=text, system=inputs.system, material=material, settings=settings)
    answer = begin(conversation, request)
    with turn_log.keeping(answer):
        _show(arguments, inputs, answer, display if settings.stream else None)
    _report(arguments, answer, turn_log)


def _with_templates(inputs: PromptInputs, names: Sequence[str]) -> tuple[PromptInputs, PromptReader]:
    """Return the inputs with the templates applied, and the reader, which has read what the templates asked for."""
    from llm.features.prompt_reading import PromptReader

    reader = PromptReader(claimed=inputs.reads_stdin)
    if not names:
        return inputs, reader
    from llm.features.template_composition import any_uses_input
    from llm.features.template_files import load_template

    templates = [load_template(name) for name in names]
    complete = with_lists(inputs, templates)
    reader.claimed = complete.reads_stdin
    if any_uses_input(templates):
        inputs = replace(inputs, prompt=reader.read(inputs.prompt, wait=complete.is_only_text))
    return apply_templates(inputs, templates), reader


def _settings(arguments: PromptArguments, inputs: PromptInputs, model: AnyModel, display: Display) -> RunSettings:
    """Return the settings; what is shown when it is whole need not stream."""
    settings = arguments.settings_for(model, inputs, display)
    is_whole = arguments.json_output or inputs.extract or inputs.extract_last
    return replace(settings, stream=settings.stream and not is_whole)


def _show(arguments: PromptArguments, inputs: PromptInputs, answer: Answer, display: Display | None) -> None:
    """Run the answer and show it: as it comes if there is a display, else when it is whole."""
    from llm.cli.answers import show_stream, show_text, text_of

    if display is not None:
        show_stream(answer, display)
    elif arguments.json_output:
        text_of(answer)
    else:
        show_text(text_of(answer), extract=inputs.extract, extract_last=inputs.extract_last)


def _report(arguments: PromptArguments, answer: Answer, turn_log: TurnLog) -> None:
    """Show what there is to say about an answer that has been logged."""
    from llm.cli.answers import show_usage
    from llm.cli.shortfalls import warn_of_shortfalls
    from llm.features.prompting import responses_of

    responses = responses_of(answer)
    warn_of_shortfalls(answer)
    if arguments.usage:
        show_usage(responses)
    if arguments.json_output:
        click.echo(turn_log.rows_as_json(responses))


def _save(name: str, arguments: PromptArguments, inputs: PromptInputs) -> None:
    """Store what was given as a template."""
    from llm.features.prompt_reading import PromptReader
    from llm.features.template_saving import TemplateDraft, save_template, validated_options
    from llm.registry.finding import find_model

    others = {"--template": arguments.template, "--continue": arguments._continue, "--cid": arguments.conversation_id}
    if clashing := [option for option, value in others.items() if value]:
        raise click.ClickException(f"--save cannot be used with {', '.join(clashing)}")
    model = find_model(inputs.model_id, asynchronous=arguments.async_) if inputs.model_id or inputs.options else None
    is_named = inputs.model_id and not isinstance(inputs.model_id, ModelFromEnvironment)
    draft = TemplateDraft(
        model_id=model.model_id if is_named and model is not None else None,
        prompt=PromptReader(claimed=inputs.reads_stdin).read(inputs.prompt, wait=False),
        system=inputs.system,
        defaults=inputs.params,
        extract=inputs.extract,
        extract_last=inputs.extract_last,
        schema=inputs.schema,
        fragments=inputs.fragments,
        system_fragments=inputs.system_fragments,
        functions=inputs.functions,
        tools=inputs.tools,
        attachments=arguments.attachments,
        typed_attachments=arguments.attachment_types,
        options=validated_options(model, inputs.options) if model is not None else {},
    )
    save_template(name, draft)
