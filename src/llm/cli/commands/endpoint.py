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
    DEFAULT_CHAIN_LIMIT,
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
from llm.features.template_composition import PromptInputs, apply_templates

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.features.endpoints import Endpoint
    from llm.features.prompting import RunSettings
    from llm.features.templates import Template


@click.command("endpoint", context_settings=HELP_NAMES)
@click.argument("url")
@click.argument("prompt", required=False)
@click.option("model_id", "-m", "--model", help="Model to use, by the id the server knows it by")
@click.option("-s", "--system", help="System prompt: how the model should behave")
@click.option("template", "-t", "--template", help="Template to use")
@param_option
@model_options_option
@schema_option
@schema_multi_option
@attachment_options
@tool_options
@click.option("headers", "-H", "--header", type=(str, str), multiple=True, metavar="NAME VALUE", help="Header to send")
@click.option("responses", "--responses", is_flag=True, help="Use the Responses API instead of Chat Completions")
@click.option("chat", "--chat", is_flag=True, help="Chat instead of running one prompt")
@click.option("models", "--models", is_flag=True, help="List the models of the server and exit")
@key_option
@no_stream_option
@hide_reasoning_option
@render_options
@reporting_everything
def endpoint(**given: Any) -> None:
    """Run a prompt against the OpenAI-compatible server at URL, such as http://localhost:8080/v1.

    Nothing is logged. A key goes to the server only if you name it with --key.

    \b
        llm openai endpoint http://localhost:8080/v1 --models
        llm openai endpoint http://localhost:8080/v1 -m smollm2 'Say hello'
        llm openai endpoint http://localhost:8080/v1 -m smollm2 --chat
    """
    from llm.cli.answers import quiet_without_reader

    with quiet_without_reader():
        _run(Given(**given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was given on the command line; the names are those of the parameters."""

    url: str
    prompt: str | None = None
    model_id: str | None = None
    system: str | None = None
    template: str | None = None
    param: Sequence[tuple[str, Any]] = ()
    options: Sequence[tuple[str, Any]] = ()
    schema_input: str | None = None
    schema_multi: str | None = None
    attachments: Sequence[Any] = ()
    attachment_types: Sequence[Any] = ()
    tools: Sequence[str] = ()
    python_tools: Sequence[str] = ()
    tools_debug: bool = False
    tools_approve: bool = False
    chain_limit: int = DEFAULT_CHAIN_LIMIT
    headers: Sequence[tuple[str, str]] = ()
    responses: bool = False
    chat: bool = False
    models: bool = False
    key: str | None = None
    no_stream: bool = False
    hide_reasoning: bool = False
    render: bool | None = None


def _run(given: Given) -> None:
    from llm.features.endpoints import Endpoint

    server = Endpoint(url=given.url, key=given.key, headers=dict(given.headers), responses=given.responses)
    if given.models:
        _list_models(server, given)
        return
    if given.chat and given.prompt is not None:
        raise click.ClickException("--chat cannot be used with a prompt")
    inputs = PromptInputs(
        prompt=given.prompt,
        system=given.system,
        model_id=given.model_id,
        options=dict(given.options),
        schema=_schema(given),
        tools=given.tools,
        functions=given.python_tools,
        attachments=given.attachments,
        typed_attachments=given.attachment_types,
        params=dict(given.param),
    )
    template = _template(given.template) if given.template else None
    if not (inputs.model_id or (template and template.model)):
        raise click.ClickException("Name a model with --model; --models lists those the server has")
    if given.chat:
        _chat(given, server, inputs, template)
    else:
        _answer(given, server, _completed(inputs, template))


def _list_models(server: Endpoint, given: Given) -> None:
    clashing = {
        "a prompt": given.prompt is not None,
        "--template": given.template,
        "tools": given.tools or given.python_tools,
        "a schema": given.schema_input or given.schema_multi,
    }
    for what, value in clashing.items():
        if value:
            raise click.ClickException(f"--models cannot be used with {what}")
    from llm.cli.safe_echo import echo_foreign

    for model_id in server.model_ids():
        echo_foreign(model_id)


def _schema(given: Given) -> dict[str, Any] | None:
    """Return the schema asked for. The log is opened only to look up a schema's id, and not created for that."""
    if not (given.schema_input or given.schema_multi):
        return None
    from llm.cli.schema_input import schema_for_prompt
    from llm.features.log_files import logs_db_path
    from llm.store.database import Handle
    from llm.store.readonly import open_to_read

    if not logs_db_path().exists():
        return schema_for_prompt(None, given.schema_input, given.schema_multi)
    with open_to_read(logs_db_path(), own=True) as conn:
        return schema_for_prompt(Handle(conn), given.schema_input, given.schema_multi)


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


def _answer(given: Given, server: Endpoint, inputs: PromptInputs) -> None:
    from llm.cli.answers import show_stream
    from llm.cli.rendering.choice import choose_display
    from llm.features.prompt_material import Material, gather_offered_tools, requested_attachments
    from llm.features.prompting import PromptRequest, begin

    model = server.model(inputs.model_id or "")
    display = choose_display(render=given.render, show_reasoning=not given.hide_reasoning)
    material = Material(attachments=requested_attachments(inputs), tools=gather_offered_tools(inputs, model))
    request = PromptRequest(
        text=inputs.prompt, system=inputs.system, material=material, settings=_settings(given, inputs, display)
    )
    show_stream(begin(model.conversation(), request), display)


def _chat(given: Given, server: Endpoint, inputs: PromptInputs, template: Template | None) -> None:
    """Chat, with the template applied to each message. Nothing is logged, and an error ends a chat through a pipe."""
    from llm.cli.chatting.choice import choose_reader
    from llm.cli.chatting.loop import ChatLoop
    from llm.cli.chatting.readers import greet
    from llm.cli.rendering.choice import choose_display
    from llm.features.chat import Chat, Opening
    from llm.features.prompt_material import gather_offered_tools, requested_attachments

    if template is not None:
        inputs = apply_templates(inputs, [_changed(template, prompt=None, system=None)])
    model = server.model(inputs.model_id or "")
    display = choose_display(render=given.render, show_reasoning=not given.hide_reasoning)
    chat = Chat(
        conversation=model.conversation(),
        settings=replace(_settings(given, inputs, display), always_chain=True),
        opening=Opening(system=given.system, attachments=requested_attachments(inputs)),
        tools=gather_offered_tools(inputs, model),
        template=template,
        params=inputs.params,
    )
    reader = choose_reader(without=["/model"])
    greet(f"{model.model_id} at {given.url}", fragments=False, more=reader.is_interactive)
    ChatLoop(chat, reader, None, display, goes_on=reader.is_interactive).run()


def _settings(given: Given, inputs: PromptInputs, display: Display) -> RunSettings:
    from llm.cli.tool_hooks import tool_hooks
    from llm.features.prompting import RunSettings

    before, after = tool_hooks(debug=given.tools_debug, approve=given.tools_approve, display=display)
    return RunSettings(
        options=inputs.options,
        key=given.key,
        stream=not given.no_stream,
        hide_reasoning=given.hide_reasoning,
        schema=inputs.schema,
        chain_limit=given.chain_limit,
        before_call=before,
        after_call=after,
    )
