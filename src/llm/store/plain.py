"""Values as JSON and SQLite can hold them.

Plugins put what they like into options, metadata and payloads, and models emit halves of surrogate pairs. None of that
may cost a turn that was paid for, so whatever cannot be written is written as something close to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from enum import Enum
from typing import Any

from llm.core.attachments import Attachment
from llm.core.messages import Message
from llm.core.parts import Part
from llm.core.text import plain_text

_BEYOND_STORAGE = 2**63  # SQLite's whole numbers have 64 bits


def plain_value(value: Any) -> Any:
    """Return `value` made of what JSON knows: an enum member becomes its value, any other stranger its `str()`."""
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, str):
        return plain_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    return plain_text(str(value))


def plain_count(value: Any) -> Any:
    """Return a number that a provider or plugin reported, None if it has no form in a column."""
    if isinstance(value, int):
        return value if -_BEYOND_STORAGE <= value < _BEYOND_STORAGE else None
    return plain_text(value) if isinstance(value, str) else value if isinstance(value, float) else None


def json_text(value: Any) -> str:
    """Return `value` as JSON text, in the form of `json.dumps`; strangers as in `plain_value`.

    Raises `ValueError` or `RecursionError` for a value that contains itself.
    """
    try:
        return json.dumps(value, default=plain_value)
    except TypeError:  # a key that is no key in JSON
        return json.dumps(plain_value(value))


def plain_message(message: Message) -> Message:
    """Return a copy of `message` that can be hashed and stored."""
    return Message(
        plain_text(message.role), [_plain_part(part) for part in message.parts], plain_value(message.provider_metadata)
    )


def _plain_part(part: Part) -> Part:
    plain = copy(part)
    for name, value in vars(part).items():
        if not _is_attached(value):
            setattr(plain, name, plain_value(value))
    return plain


def _is_attached(value: Any) -> bool:
    return isinstance(value, Attachment) or (
        isinstance(value, list) and any(isinstance(item, Attachment) for item in value)
    )
