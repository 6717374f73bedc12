"""What must not be shown of a request: keys and the like, in debug output and in error messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "[...]"

# `x-ratelimit-remaining-tokens` is none, `x-auth-token` and `ocp-apim-subscription-key` are.
SECRET_HEADER = re.compile(r"authorization$|(^|[-_])(api-?key|key|token|secret|password)$", re.IGNORECASE)
COOKIE_HEADERS = frozenset({"cookie", "set-cookie"})

# A shorter text may well be an ordinary word of the message.
SHORTEST_SECRET = 8


def masked_header(name: str, value: str) -> str:
    """The value of a header as it may be shown: of cookies the names, of secrets nothing."""
    if name.lower() in COOKIE_HEADERS:
        return re.sub(r"^([^=;]+=)[^;]*|(;\s*[^=;]+=)[^;]*", _cut, value)
    return MASK if SECRET_HEADER.search(name) else value


def without_secrets(text: str, headers: Mapping[str, str]) -> str:
    """The text without the values of secret headers, which some servers and libraries repeat in their messages."""
    for name, value in headers.items():
        if SECRET_HEADER.search(name):
            secret = value.removeprefix("Bearer ")
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, MASK)
    return text


def _cut(match: re.Match[str]) -> str:
    return f"{match[1] or match[2]}..."
