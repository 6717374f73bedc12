"""Prompt templates: texts with variables, and what is to go along with them.

Annotations are real objects: a class whose `__module__` is another one cannot resolve text.
"""

from collections.abc import Iterator, Mapping
from string import Template as VariableText
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PrivateAttr

from llm.core.errors import UserError


class TemplateTextError(UserError, ValueError):
    """A text of a template has a `$` that begins no variable."""


class AttachmentType(BaseModel):
    """An attachment whose media type is given: `value` is a path, a URL or `-`."""

    __module__ = "llm.templates"

    type: str
    value: str


class Template(BaseModel):
    """A prompt to be used again; all fields but the name may be missing, others than these are refused.

    `prompt` and `system` hold variables such as `$input` and `$name`; `defaults` are values for them. Code in
    `functions` may run only where `_functions_is_trusted` was set, which is never done from data.
    """

    __module__ = "llm.templates"

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    prompt: str | None = None
    system: str | None = None
    attachments: list[str] | None = None
    attachment_types: list[AttachmentType] | None = None
    model: str | None = None
    defaults: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    extract: bool | None = None
    extract_last: bool | None = None
    schema_object: dict[str, Any] | None = None
    fragments: list[str] | None = None
    system_fragments: list[str] | None = None
    tools: list[str] | None = None
    functions: str | None = None

    if TYPE_CHECKING:  # for type checkers: no argument of the constructor
        _functions_is_trusted: bool = PrivateAttr(default=False)

    class MissingVariables(UserError):
        """A template has variables that nothing was given for."""

        __module__ = "llm.templates"

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002 - Pydantic's signature
        """Start untrusted. An ordinary attribute: Pydantic would compare a private one, and where a template came from
        does not make it another template.
        """
        self._functions_is_trusted = False

    def evaluate(
        self, input: str | None, params: Mapping[str, Any] | None = None  # noqa: A002 - the documented name
    ) -> tuple[str | None, str | None]:  # fmt: skip
        """Return prompt and system text with their variables filled in.

        `input` is the value of `$input`, and is returned as the prompt if the template has none. `defaults` stand in
        for names that `params` lacks. Raises `MissingVariables`, and `TemplateTextError` for a stray `$`.
        """
        values = {**(self.defaults or {}), **(params or {}), "input": "" if input is None else input}
        self._check_given(values, self.prompt, self.system)
        try:
            prompt = self.interpolate(self.prompt, values) if self.prompt else input
            return prompt, self.interpolate(self.system, values)
        except ValueError as error:
            raise TemplateTextError(f"Template '{self.name}': {error}. A dollar sign is written $$") from error

    def vars(self) -> set[str]:
        """Return the names of the variables in prompt and system text."""
        return {name for text in (self.prompt, self.system) for name in _names_in(text)}

    @classmethod
    def interpolate(cls, text: str | None, params: Mapping[str, Any]) -> str | None:
        """Return `text` with the variables filled in, and `$$` as `$`; what is empty comes back as it is.

        Raises `MissingVariables`, and `ValueError` for a stray `$`.
        """
        if not text:
            return text
        cls._check_given(params, text)
        return VariableText(text).substitute(params)

    @staticmethod
    def extract_vars(string_template: VariableText) -> list[str]:
        """Return the names of the variables in a text, each once, in order of appearance."""
        matches = string_template.pattern.finditer(string_template.template)
        names = (match["named"] or match["braced"] for match in matches)
        return list(dict.fromkeys(name for name in names if name))

    @classmethod
    def _check_given(cls, values: Mapping[str, Any], *texts: str | None) -> None:
        missing = dict.fromkeys(name for text in texts for name in _names_in(text) if name not in values)
        if missing:
            raise cls.MissingVariables(f"Missing variables: {', '.join(missing)}")


def _names_in(text: str | None) -> Iterator[str]:
    if text:
        yield from Template.extract_vars(VariableText(text))
