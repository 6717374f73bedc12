"""Which of our keyword arguments a function of somebody else's takes.

Plugins define `execute` with fewer parameters than we offer; tools may or may not want the call itself. `execute` gets
replaced on instances and classes at run time, so what is found belongs to the function and not to its class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, MethodType
from typing import Any

from llm.core.signatures import underlying

_TAKES_KEYWORDS = 0x08  # inspect.CO_VARKEYWORDS
_ANOTHER_SIGNATURE = {"__wrapped__", "__signature__"}  # attributes of functions that stand for others


def accepted(function: Callable[..., Any], names: Iterable[str]) -> list[str]:
    """Return those of `names` that `function` takes as keywords: all if it has `**kwargs` or cannot be looked into."""
    plain = function.__func__ if isinstance(function, MethodType) else function
    if isinstance(plain, FunctionType) and not plain.__dict__.keys() & _ANOTHER_SIGNATURE:
        code = plain.__code__
        if code.co_flags & _TAKES_KEYWORDS:
            return list(names)
        taken = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
        return [name for name in names if name in taken]
    return _accepted_by_signature(function, names)


def _accepted_by_signature(function: Callable[..., Any], names: Iterable[str]) -> list[str]:
    import inspect

    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return list(names)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return list(names)
    taken = {name for name, one in parameters.items() if one.kind is not one.POSITIONAL_ONLY}
    return [name for name in names if name in taken]


def is_coroutine_function(function: Callable[..., Any] | None) -> bool:
    """Tell whether calling `function` gives a coroutine: an `async def`, also behind methods, partials and objects."""
    import inspect

    inner: object = underlying(function) if function is not None else None
    called = getattr(type(inner), "__call__", None)  # noqa: B004 - the function itself, to look at it
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(called)
