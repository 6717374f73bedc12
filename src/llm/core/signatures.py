"""What signatures tell: the input schema of a tool function, and the arguments an object was constructed with.

Both need `inspect`, and the schema needs Pydantic; neither is imported before a tool is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any

from llm.core.schemas import without_titles

if TYPE_CHECKING:
    from inspect import Parameter, Signature

    from typing_extensions import Self

#: Parameters that the caller of a tool fills in, not the model.
NOT_FROM_THE_MODEL = frozenset({"self", "llm_tool_call"})


def underlying(function: Callable[..., Any]) -> Any:
    """Return what stands behind bound methods and `functools.partial`: it has the name, docstring and annotations."""
    inner: Any = function
    while isinstance(inner, (partial, MethodType)):
        inner = inner.func if isinstance(inner, partial) else inner.__func__
    return inner


def input_schema_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the JSON schema of the arguments that a model may pass to `function`, without titles.

    Raises `NameError` for an annotation that names nothing, and Pydantic's errors for a type it cannot describe.
    """
    import inspect

    from pydantic import create_model

    hints = _annotations(function)
    parameters = [p for p in inspect.signature(function).parameters.values() if _is_offered(p)]
    # Field names are made up and the parameter's name is an alias: Pydantic refuses names such as `_path` or
    # `model_config` and warns about others (`schema`, `copy`). The spaces in the title cannot clash with a class.
    fields: dict[str, Any] = {f"argument_{i}": _field(p, hints.get(p.name, str)) for i, p in enumerate(parameters)}
    return without_titles(create_model("arguments of a tool", **fields).model_json_schema())


def wants_tool_call(function: Callable[..., Any]) -> bool:
    """Return whether `function` has a parameter explicitly named `llm_tool_call`."""
    import inspect

    try:
        parameter = inspect.signature(function).parameters.get("llm_tool_call")
    except (TypeError, ValueError):  # some builtins have no signature
        return False
    return parameter is not None and not _is_catch_all(parameter)


def bound_arguments(signature: Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by parameter name, defaults included and catch-alls left out.

    Arguments that do not fit give an empty result: the call itself raises, and with the better message.
    """
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:
        return {}
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if not _is_catch_all(signature.parameters[name])}


class _ConstructorSignature:
    """`inspect.signature(SomeToolbox)` shows `SomeToolbox.__init__`, although `Configured` has a `__new__`."""

    def __get__(self, instance: object, owner: type[Configured]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return _constructor_signature(owner)


class Configured:
    """An object that remembers its constructor's arguments, so that the log can name it and restore it.

    `__new__` sees the arguments of the outermost constructor, once, before any constructor body runs, however the
    subclass is built (inheritance, mixins, dataclasses).
    """

    _config: dict[str, Any] = {}  # noqa: RUF012  # what a class answers; instances get one of their own

    #: Names of constructor arguments that must not be written to the log, such as keys.
    secret_arguments: Collection[str] = ()

    __signature__: _ConstructorSignature = _ConstructorSignature()

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        if (args or kwargs) and _constructor(cls) is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments")
        instance = super().__new__(cls)
        instance._config = bound_arguments(_constructor_signature(cls), args, kwargs)
        return instance


def loggable_config(instance: Any) -> dict[str, Any]:
    """Return the constructor arguments in the `_config` of an object, without those its class calls secret."""
    secret = getattr(instance, "secret_arguments", ())
    return {name: value for name, value in instance._config.items() if name not in secret}


def _constructor(cls: type) -> Callable[..., None]:
    constructor: Callable[..., None] = cls.__init__  # type: ignore[misc]  # any subclass's, whatever it takes
    return constructor


def _constructor_signature(cls: type) -> Signature:
    import inspect

    constructor = _constructor(cls)
    if constructor is object.__init__:
        return inspect.Signature()
    return inspect.signature(MethodType(constructor, cls))


def _is_catch_all(parameter: Parameter) -> bool:
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _is_offered(parameter: Parameter) -> bool:
    return parameter.name not in NOT_FROM_THE_MODEL and not _is_catch_all(parameter)


def _field(parameter: Parameter, annotation: Any) -> tuple[Any, Any]:
    from typing import Annotated

    from pydantic import Field

    default = ... if parameter.default is parameter.empty else parameter.default
    return Annotated[annotation, Field(alias=parameter.name)], default


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the resolved annotations of a function, a method, a class or a callable object."""
    from inspect import isroutine
    from typing import get_type_hints

    inner = underlying(function)
    if isinstance(inner, type):
        return {**get_type_hints(_constructor(inner)), **get_type_hints(inner)}
    if isroutine(inner):
        return get_type_hints(inner)
    return _annotations(getattr(inner, "__wrapped__", None) or type(inner).__call__)
