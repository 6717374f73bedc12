"""Historical import path of the plugin manager. Importing it loads no plugin, but reads which are wanted."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "DEFAULT_PLUGINS": "llm.registry.plugins",
    "LLM_LOAD_PLUGINS": "llm.registry.plugins",
    "load_plugins": "llm.registry.plugins",
    "pm": "llm.registry.plugin_manager",
}

if TYPE_CHECKING:
    from llm.registry.plugin_manager import pm as pm
    from llm.registry.plugins import DEFAULT_PLUGINS as DEFAULT_PLUGINS
    from llm.registry.plugins import LLM_LOAD_PLUGINS as LLM_LOAD_PLUGINS
    from llm.registry.plugins import load_plugins as load_plugins
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
    __getattr__("LLM_LOAD_PLUGINS")  # read now: what happens to the environment after this import does not count
