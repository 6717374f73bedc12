"""The import paths of the contract, name by name, as other code spells them."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import subprocess
import sys
import typing
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import pytest

import llm
import llm.logs

#: What other code imports from each path; `llm` itself is tested in test_facades.
NAMES = {
    "llm": """EmbeddingModel EmbeddingModelWithAliases ModelWithAliases UnknownModelError DEFAULT_MODEL get_models
        get_async_models get_models_with_aliases get_model_aliases get_async_model_aliases get_embedding_model
        get_embedding_models get_embedding_models_with_aliases get_embedding_model_aliases get_default_model
        set_default_model get_default_embedding_model set_default_embedding_model set_alias remove_alias load_keys
        load_plugins pm get_plugins get_tools get_template_loaders get_fragment_loaders encode decode
        cosine_similarity""",
    "llm.models": """Attachment Usage Tool Toolbox ToolCall ToolResult ToolOutput ServerSideTool CancelToolCall
        PauseChain Prompt Options Model KeyModel AsyncModel AsyncKeyModel EmbeddingModel ModelWithAliases
        EmbeddingModelWithAliases Response AsyncResponse ChainResponse AsyncChainResponse Conversation
        AsyncConversation Fragment ToolDef
        BeforeCallSync AfterCallSync BeforeCallAsync AfterCallAsync CONVERSATION_NAME_LENGTH _BaseModel _Model
        _AsyncModel _BaseResponse _BaseConversation _BaseChainResponse _conversation_name _get_instance
        _partition_tools ConversationNotSupported NeedsKeyException ResponseDict mimetype_from_path
        mimetype_from_string monotonic_ulid token_usage_string""",
    "llm.parts": """Part TextPart ReasoningPart ToolCallPart ToolResultPart AttachmentPart Message StreamEvent
        normalize_parts system user assistant tool_message Attachment AttachmentDict AttachmentPartDict MessageDict
        ReasoningPartDict TextPartDict ToolCallPartDict ToolResultPartDict""",
    "llm.serialization": """AttachmentDict TextPartDict ReasoningPartDict ToolCallPartDict ToolResultPartDict
        AttachmentPartDict MessageDict PromptDict UsageDict ResponseDict PartDict""",
    "llm.errors": "ModelError NeedsKeyException ConversationNotSupported",
    "llm.templates": "Template AttachmentType",
    "llm.tools": "llm_version llm_time",
    "llm.utils": """Fragment mimetype_from_string mimetype_from_path dicts_to_table_string remove_dict_none_values
        simplify_usage_dict token_usage_string extract_fenced_code_block make_schema_id multi_schema schema_dsl
        schema_summary output_rows_as_json resolve_schema_input find_unused_key truncate_string maybe_fenced_code
        has_plugin_prefix instantiate_from_spec monotonic_ulid ensure_fragment ensure_tool ensure_tool_instance
        logging_client""",
    "llm.plugins": "pm load_plugins DEFAULT_PLUGINS LLM_LOAD_PLUGINS",
    "llm.hookspecs": "hookimpl hookspec",
    "llm.embeddings": "Collection Entry EmbeddingModel",
    "llm.embeddings_migrations": "embeddings_migrations",
    "llm.migrations": "migrate MIGRATIONS migration ensure_migrations_table",
    "llm.logs": """LogStore HASH_PREFIX canonical_json content_hash message_hash merged_log_rows log_rows
        legacy_log_rows log_row_extras legacy_log_row_extras condense_payload resolve_payload ensure_attachment
        _payload_replacements TURN_SEARCH_INSERT_SQL""",
    "llm.default_plugins.default_tools": "register_tools",
    "llm.default_plugins.openai_models": """Chat AsyncChat Completion Responses AsyncResponses WebSearch CodeInterpreter
        OpenAIEmbeddingModel SharedOptions combine_chunks register_models register_embedding_models register_commands
        ReasoningEffortEnum _Shared _attachment remove_dict_none_values""",
    "llm.cli": """cli prompt logs_list keys_set load_template LoadTemplateError template_dir _parse_yaml_template
        logs_db_path logs_on load_conversation resolve_fragments FragmentNotFound process_fragments_in_chat
        resolve_attachment resolve_attachment_with_type AttachmentType AttachmentError attachment_types_callback
        schema_option tool_options get_all_model_options get_model_options set_model_option clear_model_option
        display_truncated display_stream_events display_async_stream_events render_errors migrate user_dir get_key
        get_default_model load_plugins pm instantiate_from_spec _gather_tools _tools_from_code _get_conversation_tools
        _approve_tool_call _debug_tool_call annotate_log_rows log_rows_as_json logs_json_for_response_ids""",
}
PUBLIC = [
    "AsyncConversation", "AsyncKeyModel", "AsyncModel", "AsyncResponse", "Attachment", "CancelToolCall", "Collection",
    "Conversation", "ConversationNotSupported", "Fragment", "KeyModel", "Message", "Model", "ModelError",
    "NeedsKeyException", "Options", "PauseChain", "Prompt", "Response", "ServerSideTool", "Template", "Tool",
    "ToolCall", "ToolOutput", "ToolResult", "Toolbox", "Usage", "assistant", "get_async_model", "get_key", "get_model",
    "hookimpl",
    "schema_dsl", "system", "tool_message", "user", "user_dir",
]  # fmt: skip
#: Dataclasses: fields in their order, which is that of positional arguments.
FIELDS = {
    llm.Usage: "input output details",
    llm.Attachment: "type path url content _id",
    llm.ToolCall: "name arguments tool_call_id",
    llm.ToolResult: "name output attachments tool_call_id instance exception",
    llm.ToolOutput: "output attachments",
    llm.Tool: "name description input_schema implementation plugin",
    llm.ModelWithAliases: "model async_model aliases",
    llm.EmbeddingModelWithAliases: "model aliases",
    llm.parts.TextPart: "text provider_metadata",
    llm.parts.ReasoningPart: "text redacted provider_metadata",
    llm.parts.ToolCallPart: "name arguments tool_call_id server_executed provider_metadata",
    llm.parts.ToolResultPart: "name output tool_call_id server_executed attachments exception provider_metadata",
    llm.parts.AttachmentPart: "attachment provider_metadata",
    llm.Message: "role parts provider_metadata",
    llm.parts.StreamEvent: """type chunk part_index tool_call_id server_executed tool_name redacted provider_metadata
        message_index""",
}
#: Arguments for those that look at them; the others take anything.
VALUES: dict[type, Any] = {
    llm.Attachment: ("image/png", "p.png", "https://example.com/p.png", b"png", "id"),
    llm.Tool: ("name", "does things", {}, None, "plugin"),
}


@pytest.mark.parametrize("path", NAMES)
def test_names(path: str) -> None:
    """Everything that other code imports from a path is there."""
    module = importlib.import_module(path)
    assert [name for name in NAMES[path].split() if not hasattr(module, name)] == []


def test_all() -> None:
    """`llm.__all__` has 37 names."""
    assert sorted(llm.__all__) == sorted(PUBLIC)


def test_public_names_of_the_log() -> None:
    """`llm.logs.__all__` is the store and what hashes messages; everything else there is for those who know it."""
    assert sorted(llm.logs.__all__) == ["HASH_PREFIX", "LogStore", "canonical_json", "content_hash", "message_hash"]


def test_types_of_serialization() -> None:
    """`llm.serialization.__all__` has all its typed dictionaries."""
    assert set(NAMES["llm.serialization"].split()) <= set(llm.serialization.__all__)


@pytest.mark.parametrize("cls", FIELDS, ids=lambda cls: cls.__name__)
def test_dataclasses(cls: Any) -> None:
    """Value types are real dataclasses: fields in order, compared and shown by them, changeable, and not hashable."""
    names = FIELDS[cls].split()
    assert [field.name for field in dataclasses.fields(cls) if field.init] == names
    values = VALUES.get(cls, range(len(names)))
    one, same = cls(*values), cls(*values)
    assert one == same
    assert repr(one) == repr(same)
    setattr(one, names[0], "other")
    assert one != same
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_submodules_after_a_bare_import() -> None:
    """After `import llm`, nine submodules are attributes; `llm.cli` and `llm.tools` need an import of their own."""
    program = """if True:
        import llm
        for name in ["embeddings", "errors", "hookspecs", "models", "parts", "plugins", "serialization", "templates",
                     "utils"]:
            assert getattr(llm, name).__name__ == "llm." + name
        for name in ["cli", "tools", "no_such_name"]:
            assert not hasattr(llm, name), name
        from llm import cli, tools
        assert (cli.__name__, tools.__name__) == ("llm.cli", "llm.tools")
        """
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_very_objects() -> None:
    """What one gets is the object itself: classes can be subclassed, tested with `isinstance`, and joined with `|`."""
    for name in ("Response", "Model", "Conversation", "Tool", "Options"):
        cls = getattr(llm, name)
        assert inspect.isclass(cls)
        assert cls is getattr(llm.models, name) is getattr(llm, name)
        assert cls | None
        assert type(f"My{name}", (cls,), {}).__mro__[1] is cls


def test_the_package_is_typed() -> None:
    """The package carries the marker `py.typed`."""
    assert (files("llm") / "py.typed").is_file()


def test_the_default_model() -> None:
    """`DEFAULT_MODEL` names the model for those who chose none; names of conversations have up to 32 characters."""
    assert llm.DEFAULT_MODEL == "gpt-5.6-luna"
    assert llm.models.CONVERSATION_NAME_LENGTH == 32


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (llm.ModelError, Exception),
        (llm.NeedsKeyException, llm.ModelError),
        (llm.ConversationNotSupported, ValueError),
        (llm.UnknownModelError, KeyError),
        (llm.CancelToolCall, Exception),
        (llm.PauseChain, Exception),
        (llm.Template.MissingVariables, Exception),
        (llm.Collection.DoesNotExist, Exception),
    ],
)
def test_bases_of_errors(error: type[Exception], base: type[Exception]) -> None:
    """Programs catch errors by these bases; none of them is a `ValueError` or `KeyError` but those that say so."""
    assert issubclass(error, base)
    for builtin in (ValueError, KeyError, RuntimeError):
        assert issubclass(error, builtin) is issubclass(base, builtin)


def test_a_failed_look_up_is_shown_quoted() -> None:
    """`args[0]` of an `UnknownModelError` is the message; `str()` shows it quoted, as that of any `KeyError`."""
    error = llm.UnknownModelError("Unknown model: x")
    assert (error.args[0], str(error)) == ("Unknown model: x", "'Unknown model: x'")


def test_type_aliases() -> None:
    """`ToolDef` and the types of hooks say what tools and hooks are, for code that evaluates its annotations."""
    from llm.models import AfterCallAsync, AfterCallSync, BeforeCallAsync, BeforeCallSync, ToolDef

    assert set(typing.get_args(ToolDef)) == {llm.Tool, llm.Toolbox, llm.ServerSideTool, Callable[..., Any]}
    before, after = [llm.Tool | None, llm.ToolCall], [llm.Tool, llm.ToolCall, llm.ToolResult]
    for alias, arguments, result in (
        (BeforeCallSync, before, None),
        (AfterCallSync, after, None),
        (BeforeCallAsync, before, Awaitable[None] | None),
        (AfterCallAsync, after, Awaitable[None] | None),
    ):
        assert alias == Callable[arguments, result]
