"""Messages, and the four functions that build one in a line."""

from dataclasses import dataclass, field
from typing import Any

from llm.core.parts import Part, checked_list, checked_mapping, normalize_parts
from llm.core.wire import MessageDict


@dataclass
class Message:
    """One message of a chain; `role` is `user`, `assistant`, `system` or `tool`."""

    __module__ = "llm.parts"

    role: str
    parts: list[Part] = field(default_factory=list)
    provider_metadata: dict[str, Any] | None = None

    def to_dict(self) -> MessageDict:
        """Return the JSON form."""
        found: MessageDict = {"role": self.role, "parts": [part.to_dict() for part in self.parts]}
        if self.provider_metadata:
            found["provider_metadata"] = self.provider_metadata
        return found

    @staticmethod
    def from_dict(d: MessageDict) -> "Message":
        """Return the message that `to_dict` described. Raises `KeyError` or `ValueError` if it is malformed."""
        role = checked_mapping("A message", d)["role"]
        if not isinstance(role, str):
            raise ValueError(f"'role' of a message has to be text, not {role!r}")  # noqa: TRY004 - of JSON, not of code
        return Message(
            role=role,
            parts=[Part.from_dict(part) for part in checked_list("parts", d.get("parts"))],
            provider_metadata=d.get("provider_metadata"),
        )


def user(*items: Any, provider_metadata: dict[str, Any] | None = None) -> Message:
    """Return a message of the user; for `items` see `normalize_parts`."""
    return Message("user", normalize_parts(items), provider_metadata)


def assistant(*items: Any, provider_metadata: dict[str, Any] | None = None) -> Message:
    """Return a message of the model; for `items` see `normalize_parts`."""
    return Message("assistant", normalize_parts(items), provider_metadata)


def system(*items: Any, provider_metadata: dict[str, Any] | None = None) -> Message:
    """Return a system message; for `items` see `normalize_parts`."""
    return Message("system", normalize_parts(items), provider_metadata)


def tool_message(*items: Any, provider_metadata: dict[str, Any] | None = None) -> Message:
    """Return a message with tool results, role `tool`; for `items` see `normalize_parts`."""
    return Message("tool", normalize_parts(items), provider_metadata)


for _builder in (user, assistant, system, tool_message):
    _builder.__module__ = "llm.parts"
