"""Historical import path of the exceptions."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "ConversationNotSupported": "llm.core.errors",
    "ModelError": "llm.core.errors",
    "NeedsKeyException": "llm.core.errors",
}

if TYPE_CHECKING:
    from llm.core.errors import ConversationNotSupported as ConversationNotSupported
    from llm.core.errors import ModelError as ModelError
    from llm.core.errors import NeedsKeyException as NeedsKeyException
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
