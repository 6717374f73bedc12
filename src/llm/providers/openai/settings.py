"""What a client was made with: key, address, headers and limits, from its arguments and the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llm import _version
from llm.providers.http import errors
from llm.providers.http.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_BASE_URL = "https://api.openai.com/v1"
KEY_VARIABLE = "OPENAI_API_KEY"
BASE_URL_VARIABLE = "OPENAI_BASE_URL"

# Headers that say who pays, by the environment variables they come from.
ACCOUNT_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
CUSTOM_HEADERS_VARIABLE = "OPENAI_CUSTOM_HEADERS"

UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")


class Unset:
    """The type of `UNSET`, which is the default of an argument for which None means something."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a client. `headers` are those that stand before the ones of a call."""

    api_key: str = field(repr=False)
    base_url: str
    headers: dict[str, str] = field(repr=False)
    policy: Policy

    @classmethod
    def resolve(
        cls,
        *,
        api_key: str | None = None,
        base_url: Any = None,
        default_headers: Mapping[str, str] | None = None,
        timeout: Any = UNSET,
        max_retries: int | None = None,
        policy: Policy | None = None,
    ) -> Settings:
        """Complete the arguments of a client from the environment.

        `policy` stands for the defaults and the environment of `llm.providers.http.policy`. Raises `openai.OpenAIError`
        without a key and `ValueError` for a header that cannot be sent.
        """
        key = os.environ.get(KEY_VARIABLE) if api_key is None else api_key
        if not key:
            raise errors.missing_key()
        policy = policy or Policy.from_environment()
        if not isinstance(timeout, Unset):
            policy = policy.with_timeout(timeout)
        if max_retries is not None:
            policy = replace(policy, max_retries=max_retries)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"llm/{_version.__version__}",
            "Authorization": sendable("API key", f"Bearer {key}"),
        }
        for more in (environment_headers(base_url), default_headers or {}):
            headers = merged(headers, more)
        address = base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        return cls(key, str(address).rstrip("/"), headers, policy)

    def shown_headers(self) -> dict[str, str]:
        """The headers without the key."""
        return {name: value for name, value in self.headers.items() if value != f"Bearer {self.api_key}"}


def environment_headers(base_url: Any) -> dict[str, str]:
    """The headers that the environment adds, for a client with this argument `base_url`.

    They belong to the user's account at OpenAI, or to the service that `OPENAI_BASE_URL` names beside them. Any other
    address that a model was configured with must not see them.
    """
    return {} if _is_foreign(base_url) else _from_environment()


def withheld_headers(base_url: Any) -> dict[str, str]:
    """The headers of the environment that a client with this argument `base_url` must not send."""
    return _from_environment() if _is_foreign(base_url) else {}


def _is_foreign(base_url: Any) -> bool:
    return bool(base_url) and not is_openai(str(base_url))


def _from_environment() -> dict[str, str]:
    headers = {header: os.environ[name] for name, header in ACCOUNT_HEADERS.items() if os.environ.get(name)}
    # A line each: name, colon, value.
    lines = os.environ.get(CUSTOM_HEADERS_VARIABLE, "").split("\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return merged(headers, {name.strip(): value.strip() for name, _, value in pairs if name.strip()})


def is_openai(url: str) -> bool:
    """Whether an address belongs to OpenAI."""
    from urllib.parse import urlsplit

    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:  # it is no address at all, which the request will show
        return False
    return host == "openai.com" or host.endswith(".openai.com")


def merged(headers: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, str]:
    """The headers with some replaced or added; names compare without regard to case.

    None, and the SDK's mark for an omitted header, take one away. Raises `ValueError` for a value that cannot be sent,
    without showing it: it may be a key.
    """
    result = dict(headers)
    for name, value in more.items():
        for old in [old for old in result if old.lower() == name.lower()]:
            del result[old]
        if value is not None and type(value).__name__ != "Omit":
            result[name] = sendable(f"header {name}", value)
    return result


def sendable(what: str, value: Any) -> str:
    """The value of a header as text. Raises `ValueError`, which names `what`, if HTTP does not allow it."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    found = UNSENDABLE.search(text)
    if found:
        raise ValueError(
            f"The {what} cannot be sent: it holds a line break or another character that is not printable ASCII "
            f"({found[0]!a})"
        )
    return text
