"""What Pydantic has against a value, in the two lines a problem that users see everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def render_errors(errors: Iterable[ErrorDetails]) -> str:
    """Return Pydantic's error dictionaries as text: per problem a line with the place and one with the message."""
    lines: list[str] = []
    for error in errors:
        lines.append(", ".join(str(place) for place in error["loc"]))
        lines.append(f"  {error['msg']}")
    return "\n".join(lines)
