"""The OpenAI SDK, which costs half a second and 800 modules to import: when it is used, and how.

The thin client of this package does what models need. The SDK's own client takes its place where somebody would notice
the difference, and serves the parts of the API that the thin one leaves out.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FACADE = "llm.default_plugins.openai_models"
LOG_VARIABLE = "OPENAI_LOG"
LOG_LEVELS = frozenset({"debug", "info"})  #: those that the SDK knows; with another one it logs nothing


def __getattr__(name: str) -> Any:
    """Give the module `openai`, for the façade at whose attribute programs replace its classes."""
    if name == "openai":
        import openai

        return openai
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def choose() -> Any:
    """The module whose `OpenAI` and `AsyncOpenAI` are to be used now, or None for the thin client.

    It is the attribute `openai` of `llm.default_plugins.openai_models` as it is at this moment, once somebody has read
    or replaced it. Else it is the SDK where the user wants to see its log, or where it has been imported anyway, which
    makes `isinstance` checks come out right.
    """
    facade = sys.modules.get(FACADE)
    touched = vars(facade).get("openai") if facade else None
    if touched is not None:
        return touched
    if os.environ.get(LOG_VARIABLE) in LOG_LEVELS:
        import openai

        return openai
    module = sys.modules.get("openai")
    # Another thread may be about to import it.
    return module if hasattr(module, "AsyncOpenAI") else None


def sdk_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a client, completed for the SDK by what the thin client decides in another way.

    These are the limits from `LLM_TIMEOUT` and `LLM_MAX_RETRIES`, and the account's headers from the environment, which
    only OpenAI may see. Without such variables the arguments stay as they are.
    """
    from llm.providers.http.policy import Policy
    from llm.providers.openai import settings

    result = dict(arguments)
    policy, defaults = Policy.from_environment(), Policy()
    if policy.max_retries != defaults.max_retries:
        result.setdefault("max_retries", policy.max_retries)
    if policy.phases() != defaults.phases():
        import httpx2

        result.setdefault("timeout", httpx2.Timeout(**policy.phases()))
    withheld = settings.withheld_headers(arguments.get("base_url"))
    if withheld:
        result["default_headers"] = {
            **_omissions(withheld, arguments.get("api_key")),
            **(arguments.get("default_headers") or {}),
        }
    return result


def _omissions(withheld: Iterable[str], key: str | None) -> dict[str, Any]:
    from openai import Omit

    # To leave out `Authorization` would take the key away too.
    own = {"authorization": f"Bearer {key or os.environ.get('OPENAI_API_KEY')}"}
    return {name: own.get(name.lower(), Omit()) for name in withheld}


def delegate(arguments: dict[str, Any], *, async_: bool) -> Any:
    """An SDK client of these arguments."""
    import openai

    from llm.providers.http.redirects import guard

    kind = openai.AsyncOpenAI if async_ else openai.OpenAI
    return guard(kind(**sdk_arguments(arguments)))
