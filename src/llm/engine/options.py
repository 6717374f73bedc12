"""Options of a prompt: how a model's options class is found, and how what the caller gave becomes an instance of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm.engine.base_options import Options
    from llm.engine.worlds import AnyModel


class lazy_options:  # noqa: N801 - used like a decorator or `property`
    """A class attribute `Options` whose Pydantic class is made when somebody looks.

    `factory` returns the class; all its fields must default to None, so that a prompt without options can run without
    the class. The same class comes back on every access, from the class and from instances; assigning `Options` on an
    instance or defining it in a subclass takes precedence.
    """

    def __init__(self, factory: Callable[[], type[Options]]) -> None:
        self._factory = factory
        self._made: type[Options] | None = None

    def __get__(self, instance: object, owner: type | None = None) -> type[Options]:
        if self._made is None:
            self._made = self._factory()
        return self._made


def base_options() -> type[Options]:
    """Return `llm.Options` itself: what a model without options of its own accepts, which is nothing."""
    from llm.engine.base_options import Options

    return Options


def merged(options: Mapping[str, Any] | None, loose: Mapping[str, Any]) -> dict[str, Any]:
    """Join the `options=` dictionary with loose keyword options.

    Raises `TypeError` naming the options that were given both ways.
    """
    together = dict(options or {})
    twice = sorted(together.keys() & loose.keys())
    if twice:
        raise TypeError(f"Options given both in options= and as keyword arguments: {', '.join(twice)}")
    together.update(loose)
    return together


def validated(model: AnyModel, given: Mapping[str, Any]) -> Options | None:
    """Return the model's options object for what was given, or None while nobody needs it.

    Raises `pydantic.ValidationError` for what the options class refuses.
    """
    if not given and is_lazy(model):
        return None
    options: Options = model.Options(**given)
    return options


def is_lazy(model: object) -> bool:
    """Tell whether the model's options class has not been asked for and has only None as defaults."""
    if "Options" in getattr(model, "__dict__", ()):
        return False
    for base in type(model).__mro__:
        if "Options" in base.__dict__:
            return isinstance(base.__dict__["Options"], lazy_options)
    return False
