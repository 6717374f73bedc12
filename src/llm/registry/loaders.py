"""Where templates and fragments whose name begins with a prefix come from."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from llm.registry.lookup import unused_name
from llm.registry.plugins import load_plugins, pm

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.core.fragments import Fragment
    from llm.features.templates import Template

TemplateLoader: TypeAlias = "Callable[[str], Template]"
FragmentLoader: TypeAlias = "Callable[[str], Fragment | Attachment | list[Fragment | Attachment]]"


def get_template_loaders() -> dict[str, TemplateLoader]:
    """Return the template loaders of all plugins by prefix; one that is taken gets the suffix `_1`, `_2`, ..."""
    return _collected("register_template_loaders")


def get_fragment_loaders() -> dict[str, FragmentLoader]:
    """Return the fragment loaders of all plugins by prefix; one that is taken gets the suffix `_1`, `_2`, ..."""
    return _collected("register_fragment_loaders")


def _collected(hook: str) -> dict[str, Any]:
    load_plugins()
    loaders: dict[str, Any] = {}

    def register(prefix: str, loader: Any) -> None:
        loaders[unused_name(prefix, loaders)] = loader

    getattr(pm.hook, hook)(register=register)
    return loaders
