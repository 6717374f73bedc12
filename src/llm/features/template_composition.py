"""Putting templates and what the user gave beside them together. Nothing is loaded or resolved here.

What the user gave himself wins over templates, with two exceptions: texts are combined, and lists of templates go in
front of his.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.features.attachments import AttachmentRequest
    from llm.features.templates import Template

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PromptInputs:
    """What a prompt is to be made of, as typed: names of fragments and tools, code, values of variables."""

    prompt: str | None = None
    system: str | None = None
    model_id: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    extract: bool = False
    extract_last: bool = False
    fragments: Sequence[str] = ()
    system_fragments: Sequence[str] = ()
    tools: Sequence[str] = ()
    functions: Sequence[str] = ()
    attachments: Sequence[Attachment | AttachmentRequest] = ()  #: of detected type
    typed_attachments: Sequence[Attachment | AttachmentRequest] = ()  #: of given type
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads_stdin(self) -> bool:
        """Whether standard input belongs to a fragment, so that it is no part of the prompt."""
        return "-" in self.fragments or "-" in self.system_fragments

    @property
    def is_only_text(self) -> bool:
        """Whether there is nothing that a prompt without text could be about."""
        return not (self.attachments or self.typed_attachments or self.fragments or self.schema)


def any_uses_input(templates: Iterable[Template]) -> bool:
    """Tell whether a template has the variable `$input`, so that standard input is needed before it is applied."""
    return any("input" in template.vars() for template in templates)


def fill(template: Template, text: str | None, params: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the prompt that a template makes of `text`, and its system text.

    `text` takes the place of `$input`; without that variable it follows the template's prompt on a line of its own.
    Raises `Template.MissingVariables` and `TemplateTextError`.
    """
    prompt, system = template.evaluate(text, params)
    if "input" in template.vars() or not template.prompt:
        return prompt, system
    return (f"{prompt}\n{text}" if text else prompt), system


def apply_templates(inputs: PromptInputs, templates: Sequence[Template]) -> PromptInputs:
    """Return the inputs with templates applied from left to right, each to the text that the one before it made.

    The first template that has a system text, a model, an option or an extraction decides that; the last one decides
    the schema. Code of templates that are not trusted is left out. Raises what `fill` raises.
    """
    applied = inputs
    for template in templates:
        applied = _with_settings(_with_texts(applied, template), template)
    return with_lists(applied, templates)


def _with_texts(inputs: PromptInputs, template: Template) -> PromptInputs:
    prompt, system = fill(template, inputs.prompt, inputs.params)
    return replace(inputs, prompt=prompt, system=inputs.system or system)


def _with_settings(inputs: PromptInputs, template: Template) -> PromptInputs:
    extracts = inputs.extract or inputs.extract_last
    return replace(
        inputs,
        model_id=inputs.model_id or template.model,
        options={**inputs.options, **_without(template.options or {}, inputs.options)},
        extract=inputs.extract if extracts else bool(template.extract),
        extract_last=inputs.extract_last if extracts else bool(template.extract_last),
    )


def with_lists(inputs: PromptInputs, templates: Sequence[Template]) -> PromptInputs:
    """Return the inputs with what templates add whatever the texts are: fragments, attachments, tools, a schema."""
    from llm.features.attachments import AttachmentRequest

    schemas = [template.schema_object for template in templates if template.schema_object]
    return replace(
        inputs,
        schema=inputs.schema or (schemas[-1] if schemas else None),
        fragments=[*_joined(template.fragments for template in templates), *inputs.fragments],
        system_fragments=[*_joined(template.system_fragments for template in templates), *inputs.system_fragments],
        tools=[*_joined(template.tools for template in templates), *inputs.tools],
        functions=[*_trusted_functions(templates), *inputs.functions],
        attachments=[
            *(AttachmentRequest(value) for value in _joined(template.attachments for template in templates)),
            *inputs.attachments,
        ],
        typed_attachments=[
            *(
                AttachmentRequest(typed.value, typed.type)
                for typed in _joined(template.attachment_types for template in templates)
            ),
            *inputs.typed_attachments,
        ],
    )


def _without(options: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in others}


def _joined(lists: Iterable[Sequence[T] | None]) -> list[T]:
    return [item for items in lists for item in items or ()]


def _trusted_functions(templates: Iterable[Template]) -> list[str]:
    return [template.functions for template in templates if template.functions and template._functions_is_trusted]
