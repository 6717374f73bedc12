"""Historical import path of helper functions."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "Fragment": "llm.core.fragments",
    "monotonic_ulid": "llm.core.ids",
    "mimetype_from_path": "llm.core.media",
    "mimetype_from_string": "llm.core.media",
    "make_schema_id": "llm.core.schemas",
    "multi_schema": "llm.core.schemas",
    "schema_dsl": "llm.core.schemas",
    "schema_summary": "llm.core.schemas",
    "output_rows_as_json": "llm.core.tables",
    "dicts_to_table_string": "llm.core.text",
    "extract_fenced_code_block": "llm.core.text",
    "find_unused_key": "llm.core.text",
    "has_plugin_prefix": "llm.core.text",
    "maybe_fenced_code": "llm.core.text",
    "truncate_string": "llm.core.text",
    "remove_dict_none_values": "llm.core.usage",
    "simplify_usage_dict": "llm.core.usage",
    "token_usage_string": "llm.core.usage",
    "resolve_schema_input": "llm.cli.schema_input",
    "logging_client": "llm.providers.http.debug",
    "instantiate_from_spec": "llm.registry.specs",
    "ensure_fragment": "llm.store.fragments",
    "ensure_tool": "llm.store.tool_rows",
    "ensure_tool_instance": "llm.store.tool_rows",
    "sqlite_utils": "sqlite_utils:",
}

if TYPE_CHECKING:
    import sqlite_utils as sqlite_utils

    from llm.cli.schema_input import resolve_schema_input as resolve_schema_input
    from llm.core.fragments import Fragment as Fragment
    from llm.core.ids import monotonic_ulid as monotonic_ulid
    from llm.core.media import mimetype_from_path as mimetype_from_path
    from llm.core.media import mimetype_from_string as mimetype_from_string
    from llm.core.schemas import make_schema_id as make_schema_id
    from llm.core.schemas import multi_schema as multi_schema
    from llm.core.schemas import schema_dsl as schema_dsl
    from llm.core.schemas import schema_summary as schema_summary
    from llm.core.tables import output_rows_as_json as output_rows_as_json
    from llm.core.text import dicts_to_table_string as dicts_to_table_string
    from llm.core.text import extract_fenced_code_block as extract_fenced_code_block
    from llm.core.text import find_unused_key as find_unused_key
    from llm.core.text import has_plugin_prefix as has_plugin_prefix
    from llm.core.text import maybe_fenced_code as maybe_fenced_code
    from llm.core.text import truncate_string as truncate_string
    from llm.core.usage import remove_dict_none_values as remove_dict_none_values
    from llm.core.usage import simplify_usage_dict as simplify_usage_dict
    from llm.core.usage import token_usage_string as token_usage_string
    from llm.providers.http.debug import logging_client as logging_client
    from llm.registry.specs import instantiate_from_spec as instantiate_from_spec
    from llm.store.fragments import ensure_fragment as ensure_fragment
    from llm.store.tool_rows import ensure_tool as ensure_tool
    from llm.store.tool_rows import ensure_tool_instance as ensure_tool_instance
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
