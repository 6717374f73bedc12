"""`llm openai endpoint`: prompts for any server that speaks OpenAI's API, without a word of configuration.

Nothing is registered or logged, and no key is sent but the one that is named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from llm.cli.errors import reporting_everything
from llm.cli.groups import HELP_NAMES
from llm.cli.params import (
    attachment_options,
    hide_reasoning_option,
    key_option,
    model_options_option,
    no_stream_option,
    param_option,
    schema_multi_option,
    schema_option,
    tool_options,
)
from llm.cli.rendering.choice import render_options
from llm.cli.run_arguments import RunArguments
from llm.features.template_composition import apply_templates

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.features.endpoints import Endpoint
    from llm.features.template_composition import PromptInputs
    from llm.features.templates import Template


@click.command("endpoint", context_settings=HELP_NAMES)
@click.argument("url")
@click.argument("prompt", required=False)
@click.option("model_id", "-m", "--model", help="Model to use, by the ID the server knows it by")
@click.option("-s", "--system", help="System prompt: how the model should behave")
@click.option("template", "-t", "--template", help="Template to use")
@param_option
@model_options_option
@schema_option
@schema_multi_option
@attachment_options
@tool_options
@click.option("headers", "-H", "--header", type=(str, str), multiple=True, metavar="NAME VALUE", help="Header to send")
@click.option("use_responses", "--responses", is_flag=True, help="Use the Responses API instead of Chat Completions")
@click.option("force_chat", "--chat", is_flag=True, help="Chat instead of running one prompt")
@click.option("list_models", "--models", is_flag=True, help="List the models of the server and exit")
@key_option
@no_stream_option
@hide_reasoning_option
@render_options
@reporting_everything
def endpoint(**arguments: Any) -> None:
    """Run a prompt against the OpenAI-compatible server at URL, such as http://localhost:8080/v1.

    Nothing is logged. A key goes to the server only if you name it with --key.

    \b
        llm openai endpoint http://localhost:8080/v1 --models
        llm openai endpoint http://localhost:8080/v1 -m smollm2 'Say hello'
        llm openai endpoint http://localhost:8080/v1 -m smollm2 --chat
    """
    from llm.cli.answers import quiet_without_reader

    with quiet_without_reader():
        _run(EndpointArguments(**arguments))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EndpointArguments(RunArguments):
    """What was given on the command line; the names are those of the parameters."""

    url: str
    prompt: str | None = None
    template: str | None = None
    schema_input: str | None = None
    schema_multi: str | None = None
    attachments: Sequence[Attachment] = ()
    attachment_types: Sequence[Attachment] = ()
    headers: Sequence[tuple[str, str]] = ()
    use_responses: bool = False
    force_chat: bool = False
    list_models: bool = False


def _run(arguments: EndpointArguments) -> None:
    from llm.features.endpoints import Endpoint

    server = Endpoint(
        url=arguments.url, key=arguments.key, headers=dict(arguments.headers), responses=arguments.use_responses
    )
    if arguments.list_models:
        _list_models(server, arguments)
        return
    if arguments.force_chat and arguments.prompt is not None:
        raise click.ClickException("--chat cannot be used with a prompt")
    inputs = replace(
        arguments.inputs(),
        prompt=arguments.prompt,
        schema=_schema(arguments),
        attachments=arguments.attachments,
        typed_attachments=arguments.attachment_types,
    )
    template = _template(arguments.template) if arguments.template else None
    if not (inputs.model_id or (template and template.model)):
        raise click.ClickException("Name a model with --model; --models lists those the server has")
    if arguments.force_chat:
        _chat(arguments, server, inputs, template)
    else:
        _answer(arguments, server, _completed(inputs, template))


def _list_models(server: Endpoint, arguments: EndpointArguments) -> None:
    clashing = {
        "a prompt": arguments.prompt is not None,
        "--template": arguments.template,
        "tools": arguments.tools or arguments.python_tools,
        "a schema": arguments.schema_input or arguments.schema_multi,
    }
    for what, value in clashing.items():
        if value:
            raise click.ClickException(f"--models cannot be used with {what}")
    from llm.cli.safe_echo import echo_foreign

    for model_id in server.model_ids():
        echo_foreign(model_id)


def _schema(arguments: EndpointArguments) -> dict[str, Any] | None:
    """Return the schema asked for. The log is read only for a schema's id, and neither created nor migrated."""
    if not (arguments.schema_input or arguments.schema_multi):
        return None
    from llm.cli.schema_input import schema_for_prompt
    from llm.features.log_files import logs_db_path
    from llm.store.database import Handle
    from llm.store.readonly import open_to_read

    if not logs_db_path().exists():
        return schema_for_prompt(None, arguments.schema_input, arguments.schema_multi)
    with open_to_read(logs_db_path(), own=False) as conn:
        return schema_for_prompt(Handle(conn), arguments.schema_input, arguments.schema_multi)


def _template(name: str) -> Template:
    """Return the template without what has no meaning here."""
    from llm.features.template_files import load_template

    return _changed(load_template(name), fragments=None, system_fragments=None, extract=None, extract_last=None)


def _changed(template: Template, **fields: Any) -> Template:
    """Return the template with other values, trusted as it is."""
    changed = template.model_copy(update=fields)
    changed._functions_is_trusted = template._functions_is_trusted
    return changed


def _completed(inputs: PromptInputs, template: Template | None) -> PromptInputs:
    """Return the inputs with the prompt read, and then the template applied to it."""
    from llm.features.prompt_reading import PromptReader

    templates = [template] if template else []
    waits = inputs.is_only_text and (template is None or "input" in template.vars())
    inputs = replace(inputs, prompt=PromptReader().read(inputs.prompt, wait=waits))
    inputs = apply_templates(inputs, templates)
    if inputs.prompt is None and inputs.is_only_text:
        raise click.ClickException("A prompt is required: give it as an argument or on standard input")
    return inputs


def _attachments(inputs: PromptInputs) -> list[Attachment]:
    """Return the attachments. A template's file of a given type that is missing is misuse, like one of `--at`."""
    from llm.features.attachments import AttachmentError
    from llm.features.prompt_material import requested_attachments

    found = requested_attachments(replace(inputs, typed_attachments=()))
    try:
        return [*found, *requested_attachments(replace(inputs, attachments=()))]
    except AttachmentError as error:
        raise click.BadParameter(str(error), param_hint="attachment_types") from error


def _answer(arguments: EndpointArguments, server: Endpoint, inputs: PromptInputs) -> None:
    from llm.cli.answers import show_stream
    from llm.cli.shortfalls import warn_of_shortfalls
    from llm.features.prompt_material import Material, gather_offered_tools
    from llm.features.prompting import PromptRequest, begin

    model = server.model(inputs.model_id or "")
    display = arguments.display()
    material = Material(attachments=_attachments(inputs), tools=gather_offered_tools(inputs, model))
    request = PromptRequest(
        text=inputs.prompt, system=inputs.system, material=material, settings=arguments.settings(inputs, display)
    )
    answer = begin(model.conversation(), request)
    show_stream(answer, display)
    warn_of_shortfalls(answer)


def _chat(arguments: EndpointArguments, server: Endpoint, inputs: PromptInputs, template: Template | None) -> None:
    """Chat, with the template applied to each message. Nothing is logged, and an error ends a chat through a pipe."""
    from llm.cli.chatting.choice import choose_reader
    from llm.cli.chatting.loop import ChatLoop
    from llm.cli.chatting.readers import greet
    from llm.features.chat import Chat, Opening
    from llm.features.prompt_material import gather_offered_tools

    if template is not None:
        inputs = apply_templates(inputs, [_changed(template, prompt=None, system=None)])
    model = server.model(inputs.model_id or "")
    display = arguments.display()
    chat = Chat(
        conversation=model.conversation(),
        settings=arguments.settings(inputs, display),
        opening=Opening(system=arguments.system, attachments=_attachments(inputs)),
        tools=gather_offered_tools(inputs, model),
        template=template,
        params=inputs.params,
    )
    reader = choose_reader(without=["/model"])
    greet(f"{model.model_id} at {arguments.url}", fragments=False, more=reader.is_interactive)
    ChatLoop(chat, reader, None, display, goes_on=reader.is_interactive).run()
