"""Writing a template from what was given on a command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm.core.errors import UserError

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.engine.worlds import AnyModel


class TemplateNameError(UserError):
    """A name under which no template can be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraft:
    """What goes into a template. `functions` are as typed: code, or paths of files whose code is taken over."""

    model_id: str | None = None
    prompt: str | None = None
    system: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    extract: bool = False
    extract_last: bool = False
    schema: Mapping[str, Any] | None = None
    fragments: Sequence[str] = ()
    system_fragments: Sequence[str] = ()
    functions: Sequence[str] = ()
    tools: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()  #: of detected type
    typed_attachments: Sequence[Attachment] = ()  #: of given type
    options: Mapping[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return the fields of the template that have a value, in the order in which they are written.

        Attachments that came from standard input are left out. Raises `UserError` for a file of functions that cannot
        be read.
        """
        from llm.features.tool_code import read_code

        fields = {
            "model": self.model_id,
            "prompt": self.prompt,
            "system": self.system,
            "defaults": dict(self.defaults),
            "extract": self.extract,
            "extract_last": self.extract_last,
            "schema_object": self.schema,
            "fragments": list(self.fragments),
            "system_fragments": list(self.system_fragments),
            "functions": "\n\n".join(read_code(value).text for value in self.functions),
            "tools": list(self.tools),
            "attachments": list(_places(self.attachments)),
            "attachment_types": [
                {"type": attachment.type, "value": place}
                for attachment in self.typed_attachments
                for place in _places([attachment])
            ],
            "options": dict(self.options),
        }
        return {name: value for name, value in fields.items() if value}


def validated_options(model: AnyModel, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as a template keeps them: what the model makes of them, in JSON's terms, without None.

    Raises `pydantic.ValidationError`.
    """
    if not options:
        return {}
    found: dict[str, Any] = model.Options(**options).model_dump(mode="json", exclude_none=True)
    return found


def _check_template_name(name: str) -> None:
    """Raise `TemplateNameError` unless a template can be stored under this name: as a file of the templates' folder."""
    if not name or ".." in name or "/" in name or "\\" in name or "\0" in name:
        raise TemplateNameError(f"Cannot save a template as '{name}': a name has neither '/' nor '\\' nor '..'")


def save_template(name: str, draft: TemplateDraft) -> None:
    """Write a template, over the one that is there, whole or not at all.

    Raises `TemplateNameError`, `UserError` for a file of functions that cannot be read, and `SettingsError`.
    """
    import yaml

    from llm.features.template_files import template_dir
    from llm.registry.settings import write_text_atomically

    _check_template_name(name)
    text = yaml.safe_dump(draft.fields(), indent=4, default_flow_style=False, sort_keys=False)
    write_text_atomically(template_dir() / f"{name}.yaml", text)


def _places(attachments: Iterable[Attachment]) -> Iterable[str]:
    return (place for attachment in attachments if (place := attachment.path or attachment.url))
