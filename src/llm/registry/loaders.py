"""Where templates and fragments whose name begins with a prefix come from."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeAlias

from llm.registry.lookup import unused_name
from llm.registry.offers import ask_plugins
from llm.registry.plugins import load_plugins

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.core.fragments import Fragment
    from llm.features.templates import Template

TemplateLoader: TypeAlias = "Callable[[str], Template]"
FragmentLoader: TypeAlias = "Callable[[str], Fragment | Attachment | list[Fragment | Attachment]]"


def get_template_loaders() -> dict[str, TemplateLoader]:
    """Return the template loaders of all plugins by prefix; one that is taken gets the suffix `_1`, `_2`, ..."""
    load_plugins()
    return registered_loaders("template_loaders")


def get_fragment_loaders() -> dict[str, FragmentLoader]:
    """Return the fragment loaders of all plugins by prefix; one that is taken gets the suffix `_1`, `_2`, ..."""
    load_plugins()
    return registered_loaders("fragment_loaders")


def registered_loaders(
    kind: str, *, only: Collection[str] | None = None, tolerant: bool = False
) -> dict[str, Callable[[str], Any]]:
    """Return the loaders of a kind of the plugins that are loaded, or those of them that are in `only`.

    `tolerant`: a plugin that fails is reported on standard error.
    """
    loaders: dict[str, Callable[[str], Any]] = {}

    def make_register(_: str, names: list[list[str]]) -> Callable[..., None]:
        def register(prefix: str, loader: Callable[[str], Any]) -> None:
            names.append([prefix])
            loaders[unused_name(prefix, loaders)] = loader

        return register

    ask_plugins(kind, make_register, only=only, tolerant=tolerant)
    return loaders
