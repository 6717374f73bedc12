"""From what a prompt is to be made of, as typed, to the fragments, attachments and tools themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm.core.attachments import Attachment
from llm.core.fragments import Fragment

if TYPE_CHECKING:
    from llm.engine.worlds import AnyConversation, AnyModel
    from llm.features.standard_input import StandardInput
    from llm.features.template_composition import PromptInputs
    from llm.features.tool_specs import Usable
    from llm.store.database import HasConnection


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Material:
    """What goes along with a prompt's text."""

    fragments: Sequence[Fragment] = ()
    system_fragments: Sequence[Fragment] = ()
    attachments: Sequence[Attachment] = ()
    tools: Sequence[Usable] = ()


def gather_material(
    inputs: PromptInputs,
    model: AnyModel,
    *,
    db: HasConnection,
    stdin: StandardInput,
    conversation: AnyConversation | None = None,
) -> Material:
    """Return what the inputs name. `db` is the log database, which holds the fragments that were stored.

    Attachments of detected type come first, then those of given type, then those that loaders of fragments add. A
    continued `conversation` brings its tools, unless the inputs name some. Raises `AttachmentError`,
    `FragmentNotFound`, `FunctionsError` and `ToolSpecError`.
    """
    attachments = requested_attachments(inputs)
    fragments = _resolved(db, inputs.fragments, stdin)
    system_fragments = _resolved(db, inputs.system_fragments, stdin, attachments=False)
    return Material(
        fragments=[found for found in fragments if isinstance(found, Fragment)],
        system_fragments=[found for found in system_fragments if isinstance(found, Fragment)],
        attachments=[*attachments, *(found for found in fragments if isinstance(found, Attachment))],
        tools=gather_offered_tools(inputs, model, conversation),
    )


def gather_offered_tools(
    inputs: PromptInputs, model: AnyModel, conversation: AnyConversation | None = None
) -> list[Usable]:
    """Return the tools that the inputs name, or else those the continued conversation brings, beside those from code.

    Raises `FunctionsError`, and `ToolSpecError` for what cannot be made.
    """
    if conversation is None and not (inputs.tools or inputs.functions):
        return []
    from llm.features.tool_specs import conversation_tool_specs, gather_tools

    specs = conversation_tool_specs(conversation, inputs.tools) or inputs.tools
    return gather_tools(specs, inputs.functions, model) if specs or inputs.functions else []


def requested_attachments(inputs: PromptInputs) -> list[Attachment]:
    """Return the attachments that the inputs name, those of detected type first. Raises `AttachmentError`."""
    asked = [*inputs.attachments, *inputs.typed_attachments]
    if not asked:
        return []
    from llm.features.attachments import resolve_attachments

    return resolve_attachments(asked)


def _resolved(
    db: HasConnection, names: Sequence[str], stdin: StandardInput, *, attachments: bool = True
) -> list[Fragment | Attachment]:
    if not names:
        return []
    from llm.features.fragments import resolve_fragments

    return resolve_fragments(db, names, attachments, stdin=stdin)
