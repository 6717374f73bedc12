"""The JSON form of messages and responses, as typed dictionaries.

Pydantic builds validators from these classes and accepts no `typing.TypedDict` before Python 3.12, hence the second
source. Annotations here are real objects, never text: a key that is optional by inheritance or by `total=False` is
reported as such in `__required_keys__` and `__optional_keys__` on every supported Python.
"""

import sys
from typing import Any, Literal, Union

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict


class _MayHaveMetadata(TypedDict, total=False):
    provider_metadata: dict[str, Any]


class AttachmentDict(TypedDict, total=False):
    """An attachment; `content` is standard base64 text, files and URLs stay references."""

    type: str
    url: str
    path: str
    content: str


class TextPartDict(_MayHaveMetadata):
    """Text of a message."""

    type: Literal["text"]
    text: str


class _ReasoningKeys(_MayHaveMetadata, total=False):
    redacted: bool


class ReasoningPartDict(_ReasoningKeys):
    """Reasoning of a model; `redacted` with empty text means that its content is withheld."""

    type: Literal["reasoning"]
    text: str


class _CallKeys(_MayHaveMetadata, total=False):
    tool_call_id: str
    server_executed: bool


class ToolCallPartDict(_CallKeys):
    """A model's request to run a tool."""

    type: Literal["tool_call"]
    name: str
    arguments: dict[str, Any]


class _ResultKeys(_CallKeys, total=False):
    exception: str
    attachments: list[AttachmentDict]


class ToolResultPartDict(_ResultKeys):
    """What a tool gave back."""

    type: Literal["tool_result"]
    name: str
    output: str


class _AttachmentKeys(_MayHaveMetadata, total=False):
    attachment: AttachmentDict


class AttachmentPartDict(_AttachmentKeys):
    """An attachment as part of a message."""

    type: Literal["attachment"]


# `Union`, not `|`: typing_extensions' TypedDict is no plain class on every supported Python.
PartDict = Union[  # noqa: UP007
    TextPartDict, ReasoningPartDict, ToolCallPartDict, ToolResultPartDict, AttachmentPartDict
]


class MessageDict(_MayHaveMetadata):
    """One message: who speaks, and the parts."""

    role: str
    parts: list[PartDict]


class _PromptKeys(TypedDict, total=False):
    options: dict[str, Any]
    system: str


class PromptDict(_PromptKeys):
    """What was sent: the complete chain of messages."""

    messages: list[MessageDict]


class UsageDict(TypedDict, total=False):
    """Token counts."""

    input: int
    output: int
    details: dict[str, Any]


class _ResponseKeys(TypedDict, total=False):
    id: str
    usage: UsageDict
    datetime_utc: str


class ResponseDict(_ResponseKeys):
    """A finished response with its prompt, as `Response.to_dict` writes it."""

    model: str
    prompt: PromptDict
    messages: list[MessageDict]


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
