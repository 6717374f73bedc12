"""The command line: the group `cli`, and helpers that plugins import from here."""

from typing import TYPE_CHECKING

import click

from llm._lazy import attach
from llm.cli.app import build, load_plugin_commands, started_as_command

_HOMES = {
    "display_async_stream_events": "llm.cli.streaming",
    "display_stream_events": "llm.cli.streaming",
    "keys_set": "llm.cli.commands.keys",
    "logs_list": "llm.cli.commands.logs",
    "prompt": "llm.cli.commands.prompt",
    "load_conversation": "llm.cli.continuing",
    "AttachmentType": "llm.cli.params",
    "attachment_types_callback": "llm.cli.params",
    "schema_option": "llm.cli.params",
    "tool_options": "llm.cli.params",
    "_approve_tool_call": "llm.cli.tool_hooks:approve_tool_call",
    "_debug_tool_call": "llm.cli.tool_hooks:debug_tool_call",
    "display_truncated": "llm.cli.commands.templates",
    "resolve_schema_input": "llm.cli.schema_input",
    "AttachmentError": "llm.features.attachments",
    "resolve_attachment": "llm.features.attachments",
    "resolve_attachment_with_type": "llm.features.attachments",
    "FragmentNotFound": "llm.features.fragments",
    "process_fragments_in_chat": "llm.features.fragments",
    "resolve_fragments": "llm.features.fragments",
    "LoadTemplateError": "llm.features.template_files",
    "_parse_yaml_template": "llm.features.template_files:parse_yaml_template",
    "load_template": "llm.features.template_files",
    "template_dir": "llm.features.template_files",
    "_tools_from_code": "llm.features.tool_code:tools_from_code",
    "_gather_tools": "llm.features.tool_specs:gather_tools",
    "_get_conversation_tools": "llm.features.tool_specs:conversation_tool_specs",
    "render_errors": "llm.features.validation",
    "logs_db_path": "llm.features.log_files",
    "logs_on": "llm.features.log_files",
    "annotate_log_rows": "llm.features.log_views",
    "log_rows_as_json": "llm.features.log_views",
    "logs_json_for_response_ids": "llm.features.log_views",
    "get_default_model": "llm.registry.defaults",
    "set_default_model": "llm.registry.defaults",
    "get_key": "llm.registry.keys",
    "load_keys": "llm.registry.keys",
    "clear_model_option": "llm.registry.model_options",
    "get_all_model_options": "llm.registry.model_options",
    "get_model_options": "llm.registry.model_options",
    "set_model_option": "llm.registry.model_options",
    "user_dir": "llm.registry.paths",
    "load_plugins": "llm.registry.plugins",
    "pm": "llm.registry.plugin_manager",
    "instantiate_from_spec": "llm.registry.specs",
    "migrate": "llm.store.migrations.runner",
}

if TYPE_CHECKING:
    from llm.cli.commands.keys import keys_set as keys_set
    from llm.cli.commands.logs import logs_list as logs_list
    from llm.cli.commands.prompt import prompt as prompt
    from llm.cli.commands.templates import display_truncated as display_truncated
    from llm.cli.continuing import load_conversation as load_conversation
    from llm.cli.params import AttachmentType as AttachmentType
    from llm.cli.params import attachment_types_callback as attachment_types_callback
    from llm.cli.params import schema_option as schema_option
    from llm.cli.params import tool_options as tool_options
    from llm.cli.schema_input import resolve_schema_input as resolve_schema_input
    from llm.cli.streaming import display_async_stream_events as display_async_stream_events
    from llm.cli.streaming import display_stream_events as display_stream_events
    from llm.cli.tool_hooks import approve_tool_call as _approve_tool_call
    from llm.cli.tool_hooks import debug_tool_call as _debug_tool_call
    from llm.features.attachments import AttachmentError as AttachmentError
    from llm.features.attachments import resolve_attachment as resolve_attachment
    from llm.features.attachments import resolve_attachment_with_type as resolve_attachment_with_type
    from llm.features.fragments import FragmentNotFound as FragmentNotFound
    from llm.features.fragments import process_fragments_in_chat as process_fragments_in_chat
    from llm.features.fragments import resolve_fragments as resolve_fragments
    from llm.features.log_files import logs_db_path as logs_db_path
    from llm.features.log_files import logs_on as logs_on
    from llm.features.log_views import annotate_log_rows as annotate_log_rows
    from llm.features.log_views import log_rows_as_json as log_rows_as_json
    from llm.features.log_views import logs_json_for_response_ids as logs_json_for_response_ids
    from llm.features.template_files import LoadTemplateError as LoadTemplateError
    from llm.features.template_files import load_template as load_template
    from llm.features.template_files import parse_yaml_template as _parse_yaml_template
    from llm.features.template_files import template_dir as template_dir
    from llm.features.tool_code import tools_from_code as _tools_from_code
    from llm.features.tool_specs import conversation_tool_specs as _get_conversation_tools
    from llm.features.tool_specs import gather_tools as _gather_tools
    from llm.features.validation import render_errors as render_errors
    from llm.registry.defaults import get_default_model as get_default_model
    from llm.registry.defaults import set_default_model as set_default_model
    from llm.registry.keys import get_key as get_key
    from llm.registry.keys import load_keys as load_keys
    from llm.registry.model_options import clear_model_option as clear_model_option
    from llm.registry.model_options import get_all_model_options as get_all_model_options
    from llm.registry.model_options import get_model_options as get_model_options
    from llm.registry.model_options import set_model_option as set_model_option
    from llm.registry.paths import user_dir as user_dir
    from llm.registry.plugin_manager import pm as pm
    from llm.registry.plugins import load_plugins as load_plugins
    from llm.registry.specs import instantiate_from_spec as instantiate_from_spec
    from llm.store.migrations.runner import migrate as migrate
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)

cli: click.Group = build()  # a fresh group whenever this module is loaded or reloaded
if not started_as_command():
    load_plugin_commands(cli)
