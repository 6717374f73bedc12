"""Errors as users see them: `Error: ...` on stderr and an exit code, decided in this one place.

The conversion wraps the callbacks of commands rather than the whole program, because plugins invoke commands from
their own and look at what was raised.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from llm.core.errors import ModelError, ProviderError, UnknownModelError, UserError

EXPECTED = (UserError, ModelError, UnknownModelError)
#: What is wrong with a command line rather than with a run: reported also where `LLM_RAISE_ERRORS` asks for tracebacks.
ALWAYS_REPORTED = (UserError, UnknownModelError, ValueError, NotImplementedError)


def reporting_errors(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Return the callback with errors that users can act on, and those of plugins' hooks, turned into Click's."""

    def reporting(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except EXPECTED as error:
            if wants_tracebacks() and not isinstance(error, ALWAYS_REPORTED):
                raise
            # Raised while handling the original, which callers find as `__context__`.
            raise as_click_error(error)  # noqa: B904 - see above
        except Exception as error:
            plugin = _plugin_at_fault(error)
            if plugin is None or wants_tracebacks():
                raise
            raise _click_error(f"Plugin {plugin} failed: {type(error).__name__}: {error}")  # noqa: B904 - likewise

    return update_wrapper(reporting, callback)


def reporting_everything(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Like `reporting_errors`, for commands that run code of plugins and providers: any exception is reported.

    With `LLM_RAISE_ERRORS` set, what models and providers raise comes as it is, with its traceback.
    """

    def reporting(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if wants_tracebacks() and not isinstance(error, ALWAYS_REPORTED):
                raise
            raise as_click_error(error)  # noqa: B904 - likewise

    return update_wrapper(reporting, callback)


def as_click_error(error: Exception) -> click.ClickException:
    """Return the Click exception that shows `error`."""
    message = _validation_problems(error) or str(error) or type(error).__name__
    if isinstance(error, ProviderError) and error.next_step:
        message = f"{message}\n{error.next_step}"
    return _click_error(message)


def wants_tracebacks() -> bool:
    """Tell whether unexpected exceptions are to be raised (`LLM_RAISE_ERRORS`)."""
    return bool(os.environ.get("LLM_RAISE_ERRORS") or getattr(sys, "_called_from_test", False))


def _click_error(message: str) -> click.ClickException:
    """Return the Click exception with a message in which providers and plugins may have put anything."""
    from llm.core.text import escape_controls

    return click.ClickException(escape_controls(message) if _stderr_is_terminal() else message)


def _validation_problems(error: Exception) -> str | None:
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
        return None
    from llm.features.validation import render_errors

    return render_errors(error.errors())


def _plugin_at_fault(error: Exception) -> str | None:
    hook_calls = sys.modules.get("llm.registry.hook_calls")
    return hook_calls.failing_plugin(error) if hook_calls is not None else None


def _stderr_is_terminal() -> bool:
    return bool(sys.stderr and sys.stderr.isatty())
