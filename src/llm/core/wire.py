"""The JSON form of messages and responses, as typed dictionaries.

Pydantic builds validators from these classes and accepts no `typing.TypedDict` before Python 3.12, hence the second
source. Annotations here are real objects, never text: only so is a key that is `NotRequired` reported as such in
`__required_keys__` and `__optional_keys__`. Keys stand in the order in which they are written.
"""

import sys
from typing import Any, Literal, Union

if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
else:
    from typing_extensions import NotRequired, TypedDict


class AttachmentDict(TypedDict, total=False):
    """An attachment; `content` is standard base64 text, files and URLs stay references."""

    type: str
    url: str
    path: str
    content: str


class TextPartDict(TypedDict):
    """Text of a message."""

    type: Literal["text"]
    text: str
    provider_metadata: NotRequired[dict[str, Any]]


class ReasoningPartDict(TypedDict):
    """Reasoning of a model; `redacted` with empty text means that its content is withheld."""

    type: Literal["reasoning"]
    text: str
    redacted: NotRequired[bool]
    provider_metadata: NotRequired[dict[str, Any]]


class ToolCallPartDict(TypedDict):
    """A model's request to run a tool."""

    type: Literal["tool_call"]
    name: str
    arguments: dict[str, Any]
    tool_call_id: NotRequired[str]
    server_executed: NotRequired[bool]
    provider_metadata: NotRequired[dict[str, Any]]


class ToolResultPartDict(TypedDict):
    """What a tool gave back."""

    type: Literal["tool_result"]
    name: str
    output: str
    tool_call_id: NotRequired[str]
    server_executed: NotRequired[bool]
    exception: NotRequired[str]
    attachments: NotRequired[list[AttachmentDict]]
    provider_metadata: NotRequired[dict[str, Any]]


class AttachmentPartDict(TypedDict):
    """An attachment as part of a message."""

    type: Literal["attachment"]
    attachment: NotRequired[AttachmentDict]
    provider_metadata: NotRequired[dict[str, Any]]


# `Union`, not `|`: typing_extensions' TypedDict is no plain class on every supported Python.
PartDict = Union[  # noqa: UP007 - see above
    TextPartDict, ReasoningPartDict, ToolCallPartDict, ToolResultPartDict, AttachmentPartDict
]


class MessageDict(TypedDict):
    """One message: who speaks, and the parts."""

    role: str
    parts: list[PartDict]
    provider_metadata: NotRequired[dict[str, Any]]


class PromptDict(TypedDict):
    """What was sent: the complete chain of messages."""

    messages: list[MessageDict]
    options: NotRequired[dict[str, Any]]
    system: NotRequired[str]


class UsageDict(TypedDict, total=False):
    """Token counts."""

    input: int
    output: int
    details: dict[str, Any]


class ResponseDict(TypedDict):
    """A finished response with its prompt, as `Response.to_dict` writes it."""

    model: str
    prompt: PromptDict
    messages: list[MessageDict]
    id: NotRequired[str]
    usage: NotRequired[UsageDict]
    datetime_utc: NotRequired[str]


for _form in (
    AttachmentDict,
    TextPartDict,
    ReasoningPartDict,
    ToolCallPartDict,
    ToolResultPartDict,
    AttachmentPartDict,
    MessageDict,
    PromptDict,
    UsageDict,
    ResponseDict,
):
    _form.__module__ = "llm.serialization"
