"""Token counts of a response, and the clean-up that providers' usage reports need before they are stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Usage:
    """Token counts of one response; `details` holds whatever else the provider reported."""

    __module__ = "llm.models"

    input: int | None = None
    output: int | None = None
    details: dict[str, Any] | None = None


def token_usage_string(
    input_tokens: int | None, output_tokens: int | None, token_details: Mapping[str, Any] | None
) -> str:
    """Return token counts in words, such as `1,000 input, 5 output, {"cached": 3}`, without what is not known."""
    shown = []
    counts: list[tuple[Any, str]] = [(input_tokens, "input"), (output_tokens, "output")]
    for count, what in counts:  # a damaged column may hold text
        if count is not None:
            shown.append(f"{count:,} {what}" if isinstance(count, (int, float)) else f"{count} {what}")
    if token_details:
        shown.append(json.dumps(token_details))
    return ", ".join(shown)


def simplify_usage_dict(d: Any) -> Any:
    """Return a copy without what says nothing: zeros, `None` and dictionaries that are empty or become so.

    Lists and strings are kept as they are. `{}` if nothing is left, or if there was nothing (`None`) to begin with.
    """
    if not isinstance(d, dict):
        return d or {}
    simplified = {key: simplify_usage_dict(value) if isinstance(value, dict) else value for key, value in d.items()}
    return {key: value for key, value in simplified.items() if not _says_nothing(value)}


def _says_nothing(value: Any) -> bool:
    return value is None or value == {} or (isinstance(value, (int, float)) and value == 0)


def remove_dict_none_values(d: Any) -> Any:
    """Return a copy without `None` values and without dictionaries that end up empty as values.

    Dictionaries in a list are cleaned too, but stay in the list. What is no dictionary is returned unchanged.
    """
    if not isinstance(d, dict):
        return d
    cleaned = {key: _cleaned(value) for key, value in d.items() if value is not None}
    return {key: value for key, value in cleaned.items() if value != {}}


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [remove_dict_none_values(item) for item in value]
    return remove_dict_none_values(value)


for _helper in (token_usage_string, simplify_usage_dict, remove_dict_none_values):
    _helper.__module__ = "llm.utils"
