"""Historical import path of the plugin hook markers and specifications."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "hookimpl": "llm.registry.hookspecs",
    "hookspec": "llm.registry.hookspecs",
    "register_commands": "llm.registry.hookspecs",
    "register_embedding_models": "llm.registry.hookspecs",
    "register_fragment_loaders": "llm.registry.hookspecs",
    "register_models": "llm.registry.hookspecs",
    "register_template_loaders": "llm.registry.hookspecs",
    "register_tools": "llm.registry.hookspecs",
}

if TYPE_CHECKING:
    from llm.registry.hookspecs import hookimpl as hookimpl
    from llm.registry.hookspecs import hookspec as hookspec
    from llm.registry.hookspecs import register_commands as register_commands
    from llm.registry.hookspecs import register_embedding_models as register_embedding_models
    from llm.registry.hookspecs import register_fragment_loaders as register_fragment_loaders
    from llm.registry.hookspecs import register_models as register_models
    from llm.registry.hookspecs import register_template_loaders as register_template_loaders
    from llm.registry.hookspecs import register_tools as register_tools
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
