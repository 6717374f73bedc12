"""`llm chat`: a conversation with a model, message by message."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from llm.cli.errors import reporting_everything
from llm.cli.params import (
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
    tool_options,
)
from llm.cli.rendering.choice import render_options
from llm.cli.run_arguments import LoggedRunArguments

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.cli.turn_log import TurnLog
    from llm.engine.conversations import Conversation
    from llm.features.chat import Chat
    from llm.features.template_composition import PromptInputs
    from llm.features.templates import Template


@click.command("chat")
@click.option("-s", "--system", help="System prompt: how the model should behave")
@model_option
@continue_options
@fragment_options
@click.option("-t", "--template", help="Template to apply to each message")
@param_option
@model_options_option
@database_option
@no_stream_option
@hide_reasoning_option
@key_option
@tool_options
@logging_options
@render_options
@reporting_everything
def chat(**arguments: Any) -> None:
    """Chat with a model: it remembers what was said before.

    Each answer is logged as soon as it is there; -c goes on with the latest conversation. On a terminal, lines can be
    edited and completed, earlier ones called back, and many pasted at once.

    \b
        llm chat -m smollm2
        llm chat -c
        llm chat -s 'You are a pirate' -T llm_time
    """
    from llm.cli.answers import quiet_without_reader

    with quiet_without_reader():
        _run(ChatArguments(**arguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatArguments(LoggedRunArguments):
    """What was given on the command line; the names are those of the parameters."""

    template: str | None = None


def _run(arguments: ChatArguments) -> None:
    from llm.cli.chatting.choice import choose_reader
    from llm.cli.chatting.loop import ChatLoop
    from llm.cli.chatting.readers import greet

    display = arguments.display()
    with closing(arguments.open_log()) as turn_log:
        chat = _chat(arguments, turn_log, display)
        reader = choose_reader()
        greet(chat.model.model_id, more=reader.is_interactive)
        ChatLoop(chat, reader, turn_log, display).run()


def _chat(arguments: ChatArguments, turn_log: TurnLog, display: Display) -> Chat:
    """Return the chat that was asked for, before its first message."""
    from llm.cli.continuing import open_conversation
    from llm.features.chat import Chat, Opening, refuse_standard_input, require_conversations
    from llm.features.prompt_material import gather_material
    from llm.features.prompting import check_options
    from llm.features.standard_input import StandardInput
    from llm.features.template_files import load_template

    refuse_standard_input([*arguments.fragments, *arguments.system_fragments])
    template = load_template(arguments.template) if arguments.template else None
    conversation, is_continued = open_conversation(
        arguments.model_id or (template.model if template else None), arguments.conversation_id,
        continues=arguments.continues, key=arguments.key, database=arguments.database,
    )  # fmt: skip
    require_conversations(conversation.model)
    inputs = _inputs(arguments, template, conversation if is_continued else None)
    settings = arguments.settings_for(conversation.model, inputs, display)
    check_options(conversation.model, settings)
    material = gather_material(inputs, conversation.model, db=turn_log.database, stdin=StandardInput())
    return Chat(
        conversation=conversation,
        settings=settings,
        opening=Opening(
            system=arguments.system,
            fragments=material.fragments,
            system_fragments=material.system_fragments,
            attachments=material.attachments,
        ),
        tools=list(material.tools),
        template=template,
        params=inputs.params,
    )


def _inputs(arguments: ChatArguments, template: Template | None, continued: Conversation | None) -> PromptInputs:
    """Return what goes along with the messages: tools of the template go in front of those given or restored."""
    from llm.features.tool_specs import conversation_tool_specs

    restored = conversation_tool_specs(continued, arguments.tools) or []
    from_template = template.tools or [] if template else []
    trusted = [template.functions] if template and template.functions and template._functions_is_trusted else []
    return replace(
        arguments.inputs(),
        tools=[*from_template, *(arguments.tools or restored)],
        functions=[*trusted, *arguments.python_tools],
    )
