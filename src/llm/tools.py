"""Historical import path of the built-in tools."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "llm_time": "llm.providers.builtin",
    "llm_version": "llm.providers.builtin",
}

if TYPE_CHECKING:
    from llm.providers.builtin import llm_time as llm_time
    from llm.providers.builtin import llm_version as llm_version
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
