"""What messages are made of.

Each class knows its JSON form (`to_dict`; the typed dictionaries are in `llm.core.wire`) and how to be read back
from it. Optional keys are written only when they say something, in a fixed order, because the text of these
dictionaries ends up in files and databases that other programs compare.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llm.core.attachments import Attachment, attachment_from_dict, attachment_to_dict
from llm.core.wire import (
    AttachmentPartDict,
    PartDict,
    ReasoningPartDict,
    TextPartDict,
    ToolCallPartDict,
    ToolResultPartDict,
)


@dataclass
class Part:
    """Base of the parts of a message. Who speaks is said by the message, not here.

    `provider_metadata`, which every kind of part has, is a JSON-safe dictionary for the provider's adapter alone, by
    convention keyed by the provider's name.
    """

    __module__ = "llm.parts"

    def to_dict(self) -> PartDict:
        """Return the JSON form."""
        raise NotImplementedError(f"{type(self).__name__} has no JSON form")

    @staticmethod
    def from_dict(d: PartDict) -> "Part":
        """Return the part that `to_dict` described.

        Raises `ValueError` for an unknown `type` and for a value of another kind than its key has, and `KeyError` for
        a missing key.
        """
        kind = checked_mapping("A part", d)["type"]
        read = _READERS.get(kind) if isinstance(kind, str) else None
        if read is None:
            raise ValueError(f"Unknown part type: {kind!r}; known: {', '.join(_READERS)}")
        return read(d)


@dataclass
class TextPart(Part):
    """Text."""

    __module__ = "llm.parts"

    text: str = ""
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> TextPartDict:
        """Return the JSON form."""
        found: TextPartDict = {"type": "text", "text": self.text}
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @classmethod
    def _read(cls, d: Mapping[str, Any]) -> "TextPart":
        return cls(text=_taken(d, "text", str), provider_metadata=d.get("provider_metadata"))


@dataclass
class ReasoningPart(Part):
    """A model's reasoning; `redacted` with empty text: it took place, but its content is withheld."""

    __module__ = "llm.parts"

    text: str = ""
    redacted: bool = False
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> ReasoningPartDict:
        """Return the JSON form."""
        found: ReasoningPartDict = {"type": "reasoning", "text": self.text}
        if self.redacted:
            found["redacted"] = True
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @classmethod
    def _read(cls, d: Mapping[str, Any]) -> "ReasoningPart":
        return cls(
            text=_taken(d, "text", str),
            redacted=bool(d.get("redacted")),
            provider_metadata=d.get("provider_metadata"),
        )


@dataclass
class ToolCallPart(Part):
    """A model's request to run a tool; `server_executed`: the provider runs it itself."""

    __module__ = "llm.parts"

    name: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    tool_call_id: str | None = None
    server_executed: bool = False
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> ToolCallPartDict:
        """Return the JSON form."""
        found: ToolCallPartDict = {"type": "tool_call", "name": self.name, "arguments": self.arguments}
        if self.tool_call_id is not None:
            found["tool_call_id"] = self.tool_call_id
        if self.server_executed:
            found["server_executed"] = True
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @classmethod
    def _read(cls, d: Mapping[str, Any]) -> "ToolCallPart":
        return cls(
            name=d["name"],
            arguments=_taken(d, "arguments", dict),
            tool_call_id=d.get("tool_call_id"),
            server_executed=bool(d.get("server_executed")),
            provider_metadata=d.get("provider_metadata"),
        )


@dataclass
class ToolResultPart(Part):
    """What a tool gave back; `exception` is the text of the error if it failed."""

    __module__ = "llm.parts"

    name: str = ""
    output: str = ""
    tool_call_id: str | None = None
    server_executed: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    exception: str | None = None
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> ToolResultPartDict:
        """Return the JSON form."""
        found: ToolResultPartDict = {"type": "tool_result", "name": self.name, "output": self.output}
        if self.tool_call_id is not None:
            found["tool_call_id"] = self.tool_call_id
        if self.server_executed:
            found["server_executed"] = True
        if self.exception is not None:
            found["exception"] = self.exception
        if self.attachments:
            found["attachments"] = [attachment_to_dict(attachment) for attachment in self.attachments]
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @classmethod
    def _read(cls, d: Mapping[str, Any]) -> "ToolResultPart":
        return cls(
            name=d["name"],
            output=_taken(d, "output", str),
            tool_call_id=d.get("tool_call_id"),
            server_executed=bool(d.get("server_executed")),
            attachments=[
                attachment_from_dict(attachment) for attachment in checked_list("attachments", d.get("attachments"))
            ],
            exception=d.get("exception"),
            provider_metadata=d.get("provider_metadata"),
        )


@dataclass
class AttachmentPart(Part):
    """An attachment in its place among the other parts."""

    __module__ = "llm.parts"

    attachment: Attachment | None = None
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> AttachmentPartDict:
        """Return the JSON form."""
        found: AttachmentPartDict = {"type": "attachment"}
        if self.attachment is not None:
            found["attachment"] = attachment_to_dict(self.attachment)
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @classmethod
    def _read(cls, d: Mapping[str, Any]) -> "AttachmentPart":
        attachment = d.get("attachment")
        return cls(
            attachment=None if attachment is None else attachment_from_dict(attachment),
            provider_metadata=d.get("provider_metadata"),
        )


def checked_mapping(what: str, value: Any) -> Any:
    """Return `value` if it is a mapping. Raises `ValueError`, which says what should be one."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is described by a mapping, not by {value!r}")  # noqa: TRY004 - of JSON, not of code
    return value


def checked_list(name: str, value: Any) -> Any:
    """Return `value` if it is a list or a tuple, an empty tuple for nothing. Raises `ValueError`."""
    if not value:
        return ()
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{name!r} has to be a list, not {value!r}")  # noqa: TRY004 - as for all that is malformed
    return value


def _taken(d: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = d[name]
    if not isinstance(value, kind):
        wanted = f"{name!r} of a {d['type']} part has to be a {kind.__name__}"
        raise ValueError(f"{wanted}, not {value!r}")  # noqa: TRY004 - as for all that is malformed
    return value


_READERS: dict[str, Callable[[Mapping[str, Any]], Part]] = {
    "text": TextPart._read,
    "reasoning": ReasoningPart._read,
    "tool_call": ToolCallPart._read,
    "tool_result": ToolResultPart._read,
    "attachment": AttachmentPart._read,
}


def normalize_parts(items: Iterable[Any]) -> list[Part]:
    """Return parts for `items`: strings, attachments and parts, and lists or tuples of these at any depth.

    Raises `TypeError` for anything else.
    """
    found: list[Part] = []
    for item in items:
        if isinstance(item, str):
            found.append(TextPart(text=item))
        elif isinstance(item, Attachment):
            found.append(AttachmentPart(attachment=item))
        elif isinstance(item, Part):
            found.append(item)
        elif isinstance(item, (list, tuple)):
            found.extend(normalize_parts(item))
        else:
            raise TypeError(f"A message is made of str, Attachment and Part, not {type(item).__name__}")
    return found


normalize_parts.__module__ = "llm.parts"
