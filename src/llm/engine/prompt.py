"""`Prompt`: everything that goes into one model call, and the chain of messages that it amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from llm.core.attachments import Attachment
from llm.core.history import History, extend, messages_of
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, TextPart, ToolResultPart
from llm.core.schemas import schema_of
from llm.core.server_tools import ServerSideTool
from llm.core.toolbox import expand_tools
from llm.core.tools import Tool, ToolResult
from llm.engine.options import is_lazy, merged, validated

if TYPE_CHECKING:
    from pydantic import BaseModel

    from llm.engine.base_options import Options
    from llm.engine.tool_types import ToolDef
    from llm.engine.worlds import AnyModel


class Prompt:
    """The input of one model call.

    Adapters read `messages`, the complete chain, or the single parts `prompt`, `system`, `attachments`, `tools`,
    `tool_results`, `schema` and `options`. With `messages` given, these are the chain, verbatim.
    """

    __module__ = "llm.models"

    _compared: ClassVar[tuple[str, ...]] = (
        "_prompt", "model", "fragments", "attachments", "_system", "system_fragments", "prompt_json", "schema", "tools",
        "tool_results", "options", "hide_reasoning",
    )  # fmt: skip

    def __init__(
        self,
        prompt: str | None,
        model: AnyModel,
        *,
        fragments: Iterable[str] | None = None,
        attachments: Iterable[Attachment] | None = None,
        system: str | None = None,
        system_fragments: Iterable[str] | None = None,
        prompt_json: str | None = None,
        options: Options | Mapping[str, Any] | None = None,
        schema: Mapping[str, Any] | type[BaseModel] | None = None,
        tools: Iterable[ToolDef] | None = None,
        tool_results: Iterable[ToolResult] | None = None,
        messages: Iterable[Message] | None = None,
        hide_reasoning: bool = False,
    ) -> None:
        self._prompt = prompt
        self.model = model
        self.fragments: list[str] = list(fragments or ())
        self.attachments: list[Attachment] = list(attachments or ())
        self._system = system
        self.system_fragments: list[str] = list(system_fragments or ())
        self.prompt_json = prompt_json
        self.schema: dict[str, Any] | None = schema_of(schema)
        self._given_tools = list(tools or ())
        self.tools: list[Tool | ServerSideTool] = expand_tools(self._given_tools)
        self.tool_results: list[ToolResult] = list(tool_results or ())
        self.hide_reasoning = hide_reasoning
        self._options = validated(model, options) if isinstance(options, Mapping) else options
        self._chain: History | None = extend(None, messages or ())
        self._is_explicit = messages is not None

    @property
    def prompt(self) -> str:
        """The prompt text with its fragments in front; empty when there is neither."""
        return "\n".join([*self.fragments, self._prompt] if self._prompt else self.fragments)

    @property
    def system(self) -> str:
        """The system fragments and the system prompt, separated by blank lines."""
        texts = [text.strip() for text in [*self.system_fragments, self._system or ""]]
        return "\n\n".join(text for text in texts if text)

    @property
    def options(self) -> Any:
        """The model's `Options` object; its defaults when no options were given."""
        if self._options is None:
            self._options = self.model.Options()
        return self._options

    @options.setter
    def options(self, options: Any) -> None:
        self._options = options

    @property
    def given_options(self) -> dict[str, Any]:
        """The options that are not None, without making an options object where nobody gave any."""
        if self._options is None and is_lazy(self.model):
            return {}
        return {name: value for name, value in self.options if value is not None}

    @property
    def messages(self) -> list[Message]:
        """A new list of the complete chain of messages for this call, oldest first."""
        return messages_of(self.history)

    @property
    def history(self) -> History | None:
        """The same chain, sharing what it has in common with earlier ones."""
        if self._is_explicit:
            return self._chain
        return self._with_own_input(self._opening())

    @property
    def _explicit_messages(self) -> list[Message] | None:
        return messages_of(self._chain) if self._is_explicit else None

    @_explicit_messages.setter
    def _explicit_messages(self, messages: Iterable[Message] | None) -> None:
        self._is_explicit = messages is not None
        self._chain = extend(None, messages or ())

    def _continue_from(self, past: History | None) -> None:
        """Make `past` followed by this prompt's own input the explicit chain."""
        self._chain = self._with_own_input(past)
        self._is_explicit = True

    def _opening(self) -> History | None:
        system = self.system
        return History(Message("system", [TextPart(system)])) if system else None

    def _with_own_input(self, past: History | None) -> History | None:
        return extend(past, [*tool_messages(self.tool_results), *user_messages(self.prompt, self.attachments)])

    def _refresh_tools(self) -> None:
        """List the tools again: a toolbox may have gained some while it was prepared."""
        self.tools = expand_tools(self._given_tools)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._compared)
        return f"Prompt({shown})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._compared)

    __hash__: ClassVar[None]  # type: ignore[assignment]  # __eq__ makes it so


def user_messages(text: str, attachments: Iterable[Attachment]) -> list[Message]:
    """Return the user message for this text and these attachments; no message if there is neither."""
    parts: list[Part] = [TextPart(text)] if text else []
    parts.extend(AttachmentPart(attachment) for attachment in attachments)
    return [Message("user", parts)] if parts else []


def tool_messages(results: Iterable[ToolResult], *, with_attachments: bool = True) -> list[Message]:
    """Return the tool message that reports these results; no message if there are none."""
    parts: list[Part] = [
        ToolResultPart(
            name=result.name,
            output=result.output,
            tool_call_id=result.tool_call_id,
            attachments=list(result.attachments) if with_attachments else [],
            exception=exception_text(result.exception),
        )
        for result in results
    ]
    return [Message("tool", parts)] if parts else []


def tool_attachments(results: Iterable[ToolResult]) -> list[Attachment]:
    """Return the attachments that came with these results, in order."""
    return [attachment for result in results for attachment in result.attachments]


def exception_text(exception: BaseException | str | None) -> str | None:
    """Return an exception as it is kept: `CLASSNAME: MESSAGE`."""
    if exception is None or isinstance(exception, str):
        return exception
    return f"{type(exception).__name__}: {exception}"


def compose(
    model: AnyModel,
    text: str | None,
    *,
    options: Mapping[str, Any] | None,
    loose: Mapping[str, Any],
    attachments: Iterable[Attachment] | None,
    messages: Iterable[Message] | None,
    **arguments: Any,
) -> Prompt:
    """Return the checked prompt for what a caller asked of `model`; `arguments` are those of `Prompt`.

    `messages` is the history to continue. Raises `TypeError` for overlapping options or something that is no tool,
    `pydantic.ValidationError` for bad option values and `ValueError` for attachments that the model does not take.
    """
    attachments = list(attachments or ())
    prompt = Prompt(text, model, options=merged(options, loose), attachments=attachments, **arguments)
    model._validate_attachments(attachments)
    if messages is not None:
        prompt._continue_from(extend(None, messages))
    return prompt
