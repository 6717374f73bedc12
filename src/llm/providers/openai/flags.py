"""The class attribute `Options` of the models, before and after Pydantic is there.

A model's options depend on the flags it was made with, but making their class imports Pydantic, which most commands
do without. So the class is made when somebody looks, like `llm.engine.options.lazy_options`, and for the instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm.engine.options import lazy_options

if TYPE_CHECKING:
    from llm.engine.base_options import Options


class flagged_options(lazy_options):  # noqa: N801 - used like `property`, as its base is
    """A lazily made `Options` to which each instance adds the options of its own flags."""

    def __get__(self, instance: object, owner: type | None = None) -> type[Options]:
        own = super().__get__(instance, owner)
        flags: frozenset[str] = getattr(instance, "_option_flags", frozenset())
        return _extended(own, flags) if flags else own


def add_options(model: Any, flags: frozenset[str]) -> None:
    """Give a model that is being made the options of its flags."""
    model._option_flags = flags
    if not isinstance(_declared(type(model)), flagged_options):
        # A plugin's own class: Pydantic is there, and the class attribute knows nothing of flags.
        model.Options = _extended(type(model).Options, flags)


def chat_options() -> type[Options]:
    """Return the options class of Chat Completions models without flags."""
    from llm.providers.openai.options import build_options_class

    return build_options_class()


def responses_options() -> type[Options]:
    """Return the options class of Responses models without flags."""
    from llm.providers.openai.options import build_options_class

    return build_options_class(chat_completions=True)


def completion_options() -> type[Options]:
    """Return the options class of legacy completion models."""
    from llm.providers.openai.options import CompletionOptions

    return CompletionOptions


def _extended(own: type[Options], flags: frozenset[str]) -> type[Options]:
    from llm.providers.openai.options import extended_options

    return extended_options(own, flags)


def _declared(cls: type) -> object:
    return next((base.__dict__["Options"] for base in cls.__mro__ if "Options" in base.__dict__), None)
