"""Every exception of the package, in one tree.

Exception
├── ModelError                      a model or its provider failed; the text is for the user
│   └── NeedsKeyException           no API key where the model needs one
├── UserError                       something the user can mend; the text says what and how
│   ├── SettingsError               a settings file is damaged, or the user directory is out of reach
│   ├── LogStoreError               the log database cannot be opened, read or written
│   └── MissingExtraError           an optional part of the installation is not there
├── ProviderError                   a request to a model API failed; what is raised is also of a class of OpenAI's SDK
│   │                               or a ModelError; `str()` is the provider's message, `next_step` what helps
│   ├── AuthenticationFailed        the key is wrong, or there is none
│   ├── PermissionRefused           the key is right, but not allowed to do this
│   ├── UnknownToProvider           no such model, or nothing at this address
│   ├── RateLimited                 too many requests in too short a time
│   │   └── QuotaExhausted          the account has nothing left
│   ├── RequestRefused              the provider does not take the request as it is
│   │   └── ContextTooLong          more text than the model can take
│   ├── ProviderOverloaded          the provider has trouble of its own
│   ├── ProviderTimedOut            no answer in time
│   ├── ProviderUnreachable         no connection
│   └── BrokenStream                the answer broke off
├── ConversationNotSupported        (ValueError) earlier turns given to a single-turn model
├── UnknownModelError               (KeyError) a look-up by id or alias failed
├── CancelToolCall                  raised by a hook: refuse this tool call
├── PauseChain                      raised by a tool: stop the chain here, to be resumed
└── InternalError                   a defect of this package, never a user's mistake
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm.core.tools import ToolCall, ToolResult


class ModelError(Exception):
    """A model could not answer. Plugins raise it; commands show its text as `Error: ...`."""

    __module__ = "llm.errors"


class NeedsKeyException(ModelError):
    """A model needs an API key and none was found."""

    __module__ = "llm.errors"


class ProviderError(Exception):
    """A request to a model API failed. `str()` is what the provider said, `next_step` what the user can do."""

    next_step: str = ""


class AuthenticationFailed(ProviderError):
    """The key is wrong, or there is none."""


class PermissionRefused(ProviderError):
    """The key is right, but not allowed to do this."""


class UnknownToProvider(ProviderError):
    """The provider has no such model, or nothing at this address."""


class RateLimited(ProviderError):
    """Too many requests in too short a time."""


class QuotaExhausted(RateLimited):
    """The account has nothing left to spend."""


class RequestRefused(ProviderError):
    """The provider does not take the request as it is."""


class ContextTooLong(RequestRefused):
    """The request holds more than the model can take in."""


class ProviderOverloaded(ProviderError):
    """The provider has trouble of its own."""


class ProviderTimedOut(ProviderError):
    """The provider did not answer in time."""


class ProviderUnreachable(ProviderError):
    """There is no connection to the provider."""


class BrokenStream(ProviderError):
    """The answer broke off before its end."""


class ConversationNotSupported(ValueError):
    """The chain holds assistant or tool messages, but the model handles one turn only."""

    __module__ = "llm.errors"


class UnknownModelError(KeyError):
    """No model has this id or alias. `args[0]` is the message (`str()` of a KeyError shows it quoted)."""

    __module__ = "llm"


class CancelToolCall(Exception):
    """Raised by a `before_call` hook to refuse a tool call; the model is told the message."""

    __module__ = "llm.models"


class PauseChain(Exception):
    """Raised inside a tool to stop a chain, which can be resumed from the messages so far.

    When it leaves the chain, `tool_call` is the call that paused and `tool_results` are the results of the calls of
    the same batch that did complete, in call order.
    """

    __module__ = "llm.models"

    # Class attributes, not set in __init__: subclasses have constructors of their own that do not call this one.
    tool_call: ToolCall | None = None
    tool_results: list[ToolResult] = []  # noqa: RUF012 - assigned, never changed in place


class UserError(Exception):
    """Something the user can mend. The message says what went wrong, with what, and the next step."""


class SettingsError(UserError):
    """A settings file is damaged, or the user directory cannot be read or written."""


class LogStoreError(UserError):
    """The log database cannot be opened, read or written."""


class MissingExtraError(UserError):
    """An optional part of the installation is needed and missing; the message names the install command."""


class InternalError(Exception):
    """A defect of this package."""
