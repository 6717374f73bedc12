"""The plugin that registers the built-in tools."""

from typing import TYPE_CHECKING

from llm.registry.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


@hookimpl
def register_tools(register: "Callable[..., None]") -> None:
    """Register `llm_version` and `llm_time`."""
    from llm.providers.builtin import llm_time, llm_version

    register(llm_version)
    register(llm_time)
