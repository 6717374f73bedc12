"""Models of a server that is named by its address, as commands see them.

The provider that makes them is found by its name, as built-in plugins are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm.engine.model import Model

_PROVIDER = "llm.providers.openai.endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that speaks OpenAI's API, and what it is to be sent with every request."""

    url: str  #: the base address, such as http://localhost:8080/v1
    key: str | None = None  #: a key, or the name of a stored one; without it no key is sent
    headers: Mapping[str, str] = field(default_factory=dict)
    responses: bool = False  #: speak the Responses API instead of Chat Completions

    def model(self, model_id: str) -> Model:
        """Return the model that the server knows by this id. Nothing is asked yet."""
        provider: Any = import_module(_PROVIDER)
        made: Model = provider.endpoint_model(
            self.url, model_id, key=self.key, headers=self.headers, responses=self.responses
        )
        return made

    def model_ids(self) -> list[str]:
        """Ask the server which models it has. Raises `ModelError` and what requests raise."""
        provider: Any = import_module(_PROVIDER)
        found: list[str] = provider.endpoint_model_ids(self.url, key=self.key, headers=self.headers)
        return found
